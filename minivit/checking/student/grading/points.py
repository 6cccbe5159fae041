"""A file of points, in TOML: what each op is worth, or each of its parts, and who sees it when.

    visibility = "visible"           # of each test whose op names no other

    [softmax]
    points = 5                       # all or nothing, for the pair

    [gelu]
    points = 2
    ways = ["backward"]              # the forward is not asked for

    [layernorm]                      # each part by itself
    y = 2
    dx = 4
    dgamma = 1
    dbeta = 1
    law = 2                          # purity, dtype, memory and state
    visibility = "after_published"

What is missing from the file that is graded gets none of its points; an op that is not named here
is checked, and gets none either. A `visibility` is one of Gradescope's: "visible", "hidden",
"after_due_date", "after_published". Where `law` has no points of its own, what breaks the law costs
the part in which it shows. A gradient that follows rightly from a wrong y gets its points.
"""

import math
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from minivit.checking.calls import OPS
from minivit.checking.student.point import input_names
from minivit.errors import InputError
from minivit.nearest import nearest

VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")
WAYS = ("forward", "backward")
WHOLE, LAW = "", "law"  # what has points: the whole op; beside "y", "dx", ...
LONGEST = 1 << 20  # bytes of a file


class Worth(NamedTuple):
    """What an op is worth."""

    parts: Mapping[str, float]  # {WHOLE: 5}, or {"y": 2, "dx": 4, "law": 1}
    ways: tuple[str, ...]  # that are asked for
    visibility: str = VISIBILITIES[0]


Points = Mapping[str, Worth]  # by op, in the order of the file


def one_each(ways: Mapping[str, tuple[str, ...]]) -> Points:
    """One point for each op, in the ways that are defined of it: where no file says more."""
    return {op: Worth({WHOLE: 1}, defined) for op, defined in ways.items()}


def total(points: Points) -> float:
    """Of all ops; infinity where it is too large for a float."""
    try:
        return float(sum(sum(worth.parts.values()) for worth in points.values()))
    except OverflowError:  # a whole number of any length
        return math.inf


def read_points(path: str | Path) -> Points:
    """The points of a file; InputError for one that is no such file, OSError for none."""
    with open(path, "rb") as file:
        source = file.read(LONGEST + 1)
    if len(source) > LONGEST:
        raise InputError(f"{path} has more than {LONGEST:,} bytes: it is no file of points")
    try:
        tables = tomllib.loads(source.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path} is no TOML: {error}") from error
    usual = visibility(tables.pop("visibility", VISIBILITIES[0]), str(path))
    if not tables:
        raise InputError(f"{path} names no op: write a table such as [layernorm] with points = 5")
    for op, table in tables.items():
        known(op, ("visibility", *OPS), str(path))
        if not isinstance(table, dict):
            raise InputError(f"{path}: {op} = {table!r}: expected a table, [{op}], with points = 5")
    points = {op: worth(op, table, usual, f"{path}: [{op}]") for op, table in tables.items()}
    if not total(points) < math.inf:
        raise InputError(f"{path}: the points of all ops are too many to be added: give fewer")
    return points


def worth(op: str, table: dict, usual: str, where: str) -> Worth:
    """What the table of an op says."""
    split = ["y", *(f"d{name}" for name in input_names(op)), LAW]
    for key in table:
        known(key, ("points", *split, "ways", "visibility"), where)
    parts = {key: number(table[key], key, where) for key in ("points", *split) if key in table}
    if not parts:
        raise InputError(
            f"{where} has no points: expected points = 5, or {' = 1, '.join(split)} = 1"
        )
    if "points" in parts and len(parts) > 1:
        raise InputError(f"{where} has points for the whole and for parts: keep one of them")
    ways = asked(table.get("ways"), parts, where)
    seen = visibility(table.get("visibility", usual), where)
    return Worth({WHOLE if key == "points" else key: n for key, n in parts.items()}, ways, seen)


def asked(given, parts: Mapping[str, float], where: str) -> tuple[str, ...]:
    """The ways of an op that are asked for: as the file says, else those that its points need."""
    needed = {"forward" if part == "y" else "backward" for part in parts if part[0] in "yd"}
    if given is None:
        return tuple(way for way in WAYS if way in needed) or WAYS
    if not isinstance(given, list) or not given or any(way not in WAYS for way in given):
        raise InputError(f"{where}: ways = {given!r}: expected a list of {' and '.join(WAYS)}")
    if missing := needed - set(given):
        raise InputError(
            f"{where}: its points are for the {missing.pop()} too, which ways leaves out"
        )
    return tuple(way for way in WAYS if way in given)


def known(key: str, keys: Collection[str], where: str) -> None:
    if key not in keys:
        raise InputError(
            f"{where}: there is no {key!r}{nearest(key, keys)}: expected {', '.join(keys)}"
        )


def number(value, key: str, where: str) -> float:
    """Points: a number from 0 on."""
    if type(value) not in (int, float) or not 0 <= value < math.inf:
        raise InputError(f"{where}: {key} = {value!r}: expected a number of points, 0 or more")
    return value


def visibility(value, where: str) -> str:
    if value not in VISIBILITIES:
        raise InputError(
            f"{where}: visibility = {value!r}: expected one of {', '.join(VISIBILITIES)}"
        )
    return value
