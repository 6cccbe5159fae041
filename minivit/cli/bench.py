"""How fast this machine is, and how fast minivit is on it, beside NumPy's BLAS and PyTorch."""

import argparse
import importlib
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import minivit
from minivit.errors import InputError

HELP = "time products, ops and training steps, side by side with PyTorch"
PLACES = ("minivit.benchmarks", "benchmarks")  # once installed; in the checkout


def add_arguments(parser: argparse.ArgumentParser) -> None:
    command().add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    return command().run(arguments)


def command() -> ModuleType:
    """The benchmarks' own command; InputError when they are not here.

    Those of another minivit are passed over: an editable installation shows them to every checkout.
    """
    package = Path(minivit.__file__).resolve().parent
    for place in PLACES:
        spec = find_spec(place)
        home = spec and spec.origin and Path(spec.origin).resolve().parent
        if home in (package / "benchmarks", package.parent / "benchmarks"):
            return importlib.import_module(f"{place}.command")
    raise InputError(
        "the benchmarks did not come with this installation; install minivit from its wheel, or "
        "run `python -m benchmarks` in the checkout"
    )
