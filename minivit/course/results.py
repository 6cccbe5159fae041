"""What a command of the benchmarks measured for a lesson, because it takes longer than a lesson."""

import csv
from typing import NamedTuple

from minivit.course.finding import lesson_folder
from minivit.errors import InputError


class Result(NamedTuple):
    made: str  # by which command, on which machine
    rows: list[dict[str, str | float]]  # a number where the table has one


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
    lines = path.read_text("utf-8").splitlines()
    made = " ".join(line.removeprefix("# ") for line in lines if line.startswith("#"))
    table = csv.DictReader(line for line in lines if not line.startswith("#"))
    return Result(made, [{n: number_or_text(v) for n, v in row.items()} for row in table])


def number_or_text(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value
