"""The table of an experiment: a CSV file whose first lines say how it was made.

# minivit experiment NAME --jobs 2
# on MACHINE
# grid 1a2b3c4d; made by minivit 0.1.0
"""

import csv
import re
from pathlib import Path
from typing import NamedTuple

from minivit.course.results import read_table
from minivit.errors import InputError
from minivit.experiments.experiment import Row
from minivit.files import replacing

GRID = re.compile(r"grid ([0-9a-f]{8}); made by minivit (.*)")


class Table(NamedTuple):
    command: str
    machine: str
    grid: str  # stands for all that was told: see Experiment.grid
    versions: str  # of minivit
    rows: list[Row]


def write(table: Table, path: Path) -> None:
    """Replace the file; numbers have six digits."""
    columns = list(dict.fromkeys(name for row in table.rows for name in row))
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {table.command}\n# on {table.machine}\n")
        file.write(f"# grid {table.grid}; made by minivit {table.versions}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in table.rows:
            values = (row.get(name, "") for name in columns)
            writer.writerow(f"{v:.6g}" if isinstance(v, float) else v for v in values)


def read(path: Path) -> Table:
    """What `write` wrote; InputError for another file, FileNotFoundError for none."""
    try:
        found = read_table(path)
    except (UnicodeDecodeError, csv.Error) as error:
        raise no_table(path) from error
    lines = found.made
    told = GRID.fullmatch(lines[2]) if len(lines) > 2 else None
    if told is None or not found.rows or any(None in row or None in row.values() for row in
                                             found.rows):  # fmt: skip
        raise no_table(path)
    grid, versions = told.groups()
    machine = lines[1].removeprefix("on ")
    return Table(lines[0], machine, grid, versions, found.rows)


def no_table(path: Path) -> InputError:
    return InputError(
        f"{path} is no table that `minivit experiment` wrote: it is damaged, or not ours; move it "
        "away, and run the experiment again"
    )
