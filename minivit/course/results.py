"""What a command of the benchmarks measured for a lesson, because it takes longer than a lesson."""

import csv
from pathlib import Path
from typing import NamedTuple

from minivit.course.finding import lesson_folder
from minivit.errors import InputError


class Result(NamedTuple):
    made: str  # by which command, on which machine
    rows: list[dict[str, str | float]]  # a number where the table has one


class Read(NamedTuple):
    made: list[str]  # the lines in front of a table, each without its mark
    rows: list[dict[str, str | float]]


def read_result(name: str) -> Result:
    """The table lessons/results/NAME, e.g. "15_pooling.csv".

    Raises InputError when it did not come with this installation.
    """
    path = lesson_folder() / "results" / name
    if not path.is_file():
        raise InputError(
            f"the table {name} did not come with this installation; install minivit from its "
            "wheel, or take the folder lessons from the checkout"
        )
    found = read_table(path)
    return Result(" ".join(found.made), found.rows)


def read_table(path: Path) -> Read:
    """A CSV file with lines in front, marked with #, that say how it was made."""
    lines = path.read_text("utf-8").splitlines()
    made = [line.removeprefix("# ") for line in lines if line.startswith("#")]
    table = csv.DictReader(line for line in lines if not line.startswith("#"))
    return Read(made, [{n: number_or_text(v) for n, v in row.items()} for row in table])


def number_or_text(value: str | None) -> str | float | None:
    try:
        return float(value)
    except (ValueError, TypeError):
        return value
