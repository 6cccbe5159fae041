"""How verbs open a checkpoint of any layout: what its files don't tell is typed."""

import argparse
import warnings

from minivit.cli.arguments import one_of, whole_number
from minivit.cli.printing import complain
from minivit.files import typed

UNTOLD = ("heads", "pool")  # what a foreign file may not tell


def add_checkpoint(parser: argparse.ArgumentParser, called: str = "RUN") -> None:
    """RUN, --averaged, --heads N and --pool NAME: what `load_model` is told."""
    parser.add_argument(
        called.lower(), metavar=called,
        help="a run folder, or a checkpoint file: minivit's, or Google's, timm's or Hugging Face's",
    )  # fmt: skip
    parser.add_argument(
        "--averaged", action="store_true",
        help="use the averaged weights of a run that was trained with --average (default: the "
        "weights after its last step)",
    )  # fmt: skip
    parser.add_argument(
        "--heads", type=whole_number(1), metavar="N",
        help="attention heads of somebody else's checkpoint, where its files don't tell them "
        "(default: from its config.json, or by its width)",
    )  # fmt: skip
    parser.add_argument(
        "--pool", type=one_of(("cls", "mean")), metavar="cls|mean",
        help="what the head of somebody else's checkpoint reads, where its files don't tell it "
        "(default: from its config.json, or the cls token if there is one)",
    )  # fmt: skip


def load_model(path: str, arguments: argparse.Namespace):
    """The model at `path`, with what was typed of it; what `minivit.load` warns of is said."""
    from minivit.checkpoints import load

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = load(path, averaged=arguments.averaged, heads=arguments.heads, pool=arguments.pool)
    for warning in caught:
        complain(str(warning.message))
    return model


def as_typed(path: str, arguments: argparse.Namespace) -> str:
    """A checkpoint and what was typed of it, as a shell takes them."""
    words = [typed(path)]
    words += ["--averaged"] * arguments.averaged
    for name in UNTOLD:
        value = getattr(arguments, name)
        words += [f"--{name} {value}"] * (value is not None)
    return " ".join(words)


def untold(changes: dict) -> dict:
    """What was typed of UNTOLD among a variant's changes: of a checkpoint it means something else.

    Takes it out of `changes`.
    """
    return {name: changes.pop(name, None) for name in UNTOLD}
