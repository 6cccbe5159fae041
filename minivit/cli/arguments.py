"""Arguments that several verbs share, and the types that refuse a bad value in a sentence."""

import argparse
import math
import re
from collections.abc import Callable, Collection
from pathlib import Path

from minivit.nearest import nearest


def add_threads(parser: argparse.ArgumentParser) -> None:
    """--threads N; the command line sets them before NumPy starts its own."""
    parser.add_argument(
        "--threads",
        type=whole_number(1),
        metavar="N",
        help="processor threads for the linear algebra (default: MINIVIT_NUM_THREADS if it is "
        "set, else every processor this process may use)",
    )


def add_data(parser, help: str) -> None:
    """--data NAME|PATH. There is no default in words: a run knows its data."""
    parser.add_argument("--data", metavar="NAME|PATH", default=None, help=help)


def add_images(parser, otherwise: str) -> None:
    """IMAGE ..., of which there may be none; `otherwise` tells what is shown then."""
    parser.add_argument(
        "images", metavar="IMAGE", nargs="*", default=[],
        help=f"picture files, or folders of them (default: {otherwise})",
    )  # fmt: skip


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


def positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    """An argument type: a number of this kind above 0, and not infinity."""

    def parse(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = 0
        if not 0 < number < math.inf:
            raise argparse.ArgumentTypeError(f"{text!r}: expected a number above 0")
        return number

    return parse


def one_of(names: Collection[str]) -> Callable[[str], str]:
    """An argument type: one of these names."""

    def parse(text: str) -> str:
        if text not in names:
            near = nearest(text, names)
            raise argparse.ArgumentTypeError(f"{text!r}: expected {' or '.join(names)}{near}")
        return text

    return parse


def numbers(text: str) -> tuple[int, ...]:
    """An argument type: whole numbers from 0, typed as 0,5,11."""
    if not re.fullmatch(r"\d{1,6}(,\d{1,6})*", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r}: expected whole numbers from 0, as 0,5,11")
    return tuple(map(int, text.split(",")))


def duration(text: str) -> int:
    """An argument type: a time in seconds, typed as 90s, 10min or 1h30min."""
    found = re.fullmatch(r"(?:(\d{1,4})h)?(?:(\d{1,6})min)?(?:(\d{1,8})s)?", text, re.ASCII)
    hours, minutes, seconds = (int(part or 0) for part in (found.groups() if found else "000"))
    whole = 3600 * hours + 60 * minutes + seconds
    if not whole:
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected hours, minutes and seconds such as 90s, 10min or 1h30min"
        )
    return whole


def folder_name(text: str) -> Path:
    """An argument type: a folder, by its name; "" as a path would be the current one."""
    if not text:
        raise argparse.ArgumentTypeError('"" is no name of a folder; the current one is called .')
    return Path(text)
