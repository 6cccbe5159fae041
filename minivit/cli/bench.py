"""How fast this machine is, and how fast minivit is on it, beside NumPy's BLAS and PyTorch."""

import argparse
import importlib
from types import ModuleType

from minivit.errors import InputError

HELP = "time products, ops and training steps, side by side with PyTorch"
PLACES = ("minivit.benchmarks", "benchmarks")  # once installed; in the checkout


def add_arguments(parser: argparse.ArgumentParser) -> None:
    command().add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    return command().run(arguments)


def command() -> ModuleType:
    """The benchmarks' own command; InputError when they are not here."""
    for place in PLACES:
        try:
            return importlib.import_module(f"{place}.command")
        except ModuleNotFoundError as error:
            if error.name not in (place, f"{place}.command"):
                raise
    raise InputError(
        "the benchmarks did not come with this installation; install minivit from its wheel, or "
        "run `python -m benchmarks` in the checkout"
    )
