"""How verbs open a checkpoint of any layout: what its files don't tell is typed."""

import argparse
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from minivit.cli.arguments import one_of, whole_number
from minivit.cli.printing import complain
from minivit.files import typed


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

    with warnings_as_sentences():
        return load(path, averaged=arguments.averaged, heads=arguments.heads, pool=arguments.pool)


@contextmanager
def warnings_as_sentences() -> Iterator[None]:
    """Print what is warned of as one sentence each, when it is done."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        complain(str(warning.message))


def as_typed(path: str, arguments: argparse.Namespace) -> str:
    """A checkpoint and what was typed of it, as a shell takes them."""
    from minivit.checkpoints import Asked

    words = [typed(path)]
    words += ["--averaged"] * arguments.averaged
    for name in Asked._fields:
        value = getattr(arguments, name)
        words += [f"--{name} {value}"] * (value is not None)
    return " ".join(words)


def asked_of(changes: dict):
    """What was typed among a variant's changes that means something else of a checkpoint.

    Takes it out of `changes`.
    """
    from minivit.checkpoints import Asked

    return Asked(**{name: changes.pop(name, None) for name in Asked._fields})
