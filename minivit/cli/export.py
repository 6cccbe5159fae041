"""Write a model in somebody else's layout: Hugging Face's, timm's, or Google's.

What the layout can't express is refused by name. The folder is new: nothing is overwritten.
"""

import argparse
from pathlib import Path

from minivit.cli.arguments import folder_name, one_of
from minivit.cli.opening import add_checkpoint, load_model, warnings_as_sentences
from minivit.cli.printing import one_line

HELP = "take a model along: write it for transformers, timm, or Google's code"
READERS = {
    "hf": "transformers.ViTForImageClassification.from_pretrained({folder!r})",
    "timm": 'timm.create_model("local-dir:" + {folder!r}, pretrained=True)',
    "google": "numpy.load({file!r})",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)
    parser.add_argument(
        "--to", required=True, type=one_of(tuple(READERS)), metavar="|".join(READERS),
        help="the layout: of Hugging Face (with config.json and preprocessor_config.json), of timm "
        "(with config.json), or of Google (.npz)",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=folder_name, metavar="DIR",
        help="the folder to make (default: RUN-hf, RUN-timm or RUN-google beside the run)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    from minivit.checkpoints import export

    model = load_model(arguments.run, arguments)
    folder = arguments.out or beside(Path(arguments.run), arguments.to)
    with warnings_as_sentences():
        paths = export(model, arguments.to, folder)
    for path in paths:
        print(f"{one_line(str(path))}  {path.stat().st_size:,} bytes")
    reader = READERS[arguments.to].format(folder=str(folder), file=str(path))
    print(f"\nTo read it, in Python:\n  {one_line(reader)}")
    return 0


def beside(run: Path, layout: str) -> Path:
    """The folder for a run's or a file's export."""
    run = run.resolve()
    return run.with_name(f"{run.stem if run.is_file() else run.name}-{layout}")
