"""Fetch somebody else's model from Hugging Face's hub: `minivit fetch hf:OWNER/MODEL`.

It comes into the cache of the package huggingface_hub, which goes on where it was interrupted.
"""

import argparse

HELP = "fetch a model from Hugging Face's hub, with the extra `hub`"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="hf:OWNER/MODEL",
                        help="for example hf:google/vit-base-patch16-224")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    from minivit.checkpoints import fetch
    from minivit.files import typed

    folder = typed(fetch(arguments.name))
    print(f"{folder}\n\nTo use it:\n  minivit info {folder}\n  minivit predict {folder} PICTURE")
    return 0
