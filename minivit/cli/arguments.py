"""Arguments that several verbs share, and the types that refuse a bad value in a sentence."""

import argparse
from collections.abc import Callable


def add_threads(parser: argparse.ArgumentParser) -> None:
    """--threads N; the command line sets them before NumPy starts its own."""
    parser.add_argument(
        "--threads",
        type=whole_number(1),
        metavar="N",
        help="processor threads for the linear algebra (default: MINIVIT_NUM_THREADS if it is "
        "set, else every processor this process may use)",
    )


def whole_number(least: int) -> Callable[[str], int]:
    """An argument type: a whole number from `least` on."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from {least}")
        return number

    return parse
