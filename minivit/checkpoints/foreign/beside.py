"""The JSON files beside the weights: config.json and preprocessor_config.json, if they are there.

Their values are checked before they are used: another type is refused in a sentence.
"""

import math
from collections.abc import Mapping
from pathlib import Path

from minivit.checkpoints.header import shortened
from minivit.checkpoints.tensors import LONGEST_HEADER, parse
from minivit.errors import InputError
from minivit.fields import is_whole_number

WEIGHTS = "model.safetensors"  # what the others call a file of weights in a folder
CONFIG, PREPROCESSOR = FILES = ("config.json", "preprocessor_config.json")  # and those beside it
EMPTY = {dict: {}, list: [], str: ""}


def beside(file: Path) -> dict[str, dict]:
    """The JSON files in the folder of a file, by name. Raises InputError for a damaged one."""
    found = {}
    for name in FILES:
        path = file.parent / name
        if not path.is_file():
            continue
        if path.stat().st_size > LONGEST_HEADER:
            raise InputError(f"{path} has more than {LONGEST_HEADER:,} bytes: it is no {name}")
        try:
            found[name] = parse(path.read_bytes().decode())
        except ValueError as error:
            raise InputError(f"{path} is damaged ({error}): mend it, or remove it") from error
    return found


def part(values: dict, name: str, kind: type, about: str):
    """An entry of this type, or an empty one if it isn't there; InputError for another type."""
    value = values.get(name)
    if value is None:
        return EMPTY[kind]
    if not isinstance(value, kind):
        raise InputError(f"{about} has {name!r} as {shortened(value)}: mend it, or remove it")
    return value


def whole(values: dict, name: str, about: str) -> int | None:
    """A whole number from 1, or None if it isn't there."""
    value = values.get(name)
    if value is not None and (not is_whole_number(value) or value < 1):
        raise InputError(f"{about} has {name!r} as {shortened(value)}: expected a whole number")
    return value


def number(values: dict, name: str, about: str) -> float | None:
    """A number, or None if it isn't there."""
    value = values.get(name)
    if value is not None and not is_number(value):
        raise InputError(f"{about} has {name!r} as {shortened(value)}: expected a number")
    return value


def numbers(values: dict, name: str, about: str) -> list[float] | None:
    """A list of numbers, or None if it isn't there."""
    value = values.get(name)
    if value is not None and not (isinstance(value, list) and value and all(map(is_number, value))):
        raise InputError(f"{about} has {name!r} as {shortened(value)}: expected numbers")
    return value


def flag(values: dict, name: str, usual: bool, about: str) -> bool:
    """Yes or no, or what is usual if it isn't there."""
    value = values.get(name)
    if value is not None and not isinstance(value, bool):
        raise InputError(f"{about} has {name!r} as {shortened(value)}: expected true or false")
    return usual if value is None else value


def check_told(told: dict, found: Mapping[str, object], about: str) -> None:
    """InputError with all entries of a JSON file that the arrays contradict.

    `found`: what the arrays tell, under the names of the entries. Two sides (rows, columns) may be
    told as one number where they are the same.
    """
    wrong = [
        f"{name} is {shortened(told[name])} and the arrays tell {is_so}"
        for name, is_so in found.items()
        if told.get(name) is not None and not are_same(told[name], is_so)
    ]
    if wrong:
        raise InputError(
            f"{about} is of another model: {'; '.join(wrong)}. Put the one of this file beside it"
        )


def are_same(told, found) -> bool:
    """Whether a told value is the one that was found; one number stands for two equal sides."""
    if isinstance(found, tuple):
        return (told if isinstance(told, list) else [told] * len(found)) == list(found)
    return told == found


def side_or_sides(sides: tuple[int, int]) -> int | list[int]:
    """16 for (16, 16): not all that reads such files knows pairs."""
    return sides[0] if sides[0] == sides[1] else list(sides)


def word_for(ours: str, words: Mapping):
    """The first of their words for ours; `words`: theirs and ours."""
    return next(theirs for theirs, same in words.items() if same == ours)


def is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def sides_of(value, about: str) -> tuple[int, int] | None:
    """A size such as 224 or [224, 192] (height, width); None if there is none."""
    pair = [value, value] if is_whole_number(value) else value
    if pair is None:
        return None
    if not (isinstance(pair, list) and len(pair) == 2 and all(map(is_whole_number, pair))
            and min(pair) > 0):  # fmt: skip
        raise InputError(f"{about} has an image of {shortened(value)}: expected its sides")
    return pair[0], pair[1]
