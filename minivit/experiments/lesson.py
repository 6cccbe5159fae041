"""What a lesson tells of an experiment: its claim, and what the table says of it.

A table may be made anew, or come later than the lesson. So a lesson writes down none of its
numbers, and the verdict is worked out from the table, as on the page of all claims.
"""

import statistics
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from minivit.experiments.claims import RESULTS, in_lines, shown
from minivit.experiments.experiment import Experiment, Row

COLUMNS = 100  # of a printed line
LABEL, NUMBERS = 48, 22  # of these, for a setting and for what was measured


def tell(name: str, experiments: Mapping[str, Experiment], results: Path = RESULTS) -> list[Row]:
    """Print the claim, the verdict and the command of an experiment; return its table's rows.

    Where no table came with minivit, or one of another version of the experiment, a sentence says
    which command makes it, and there are no rows.

    Raises InputError for a damaged table.
    """
    command = f"minivit experiment {name}"
    one = shown(experiments[name], results) if name in experiments else None
    if one is None or one.table is None:
        print(f"No table of {name!r} came with this minivit yet: `{command}` makes it.")
        return []
    if one.verdict is None:
        print(f"The table of {name!r} is of another version: `{command}` makes it anew.")
        return []
    made = f"The table was made by {one.table.command}, on {one.table.machine}."
    for said in (made, f"The claim. {one.experiment.claim}", *in_lines(one.verdict)):
        print(textwrap.fill(said.replace("**", ""), COLUMNS))
    return one.table.rows


def grouped(rows: Iterable[Row], column: str, *names: str) -> dict[tuple, list[float]]:
    """The numbers of a column by the settings in other columns, in the table's order."""
    found: dict[tuple, list[float]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row[column])
    return found


def print_means(rows: Sequence[Row], *names: str, columns: Sequence[str]) -> None:
    """Print a line for each setting: the mean of its rows in each column, the least and the most.

    `names` are the columns that tell the setting. Without rows nothing is printed.
    """
    if not rows:
        return
    found = [grouped(rows, column, *names) for column in columns]
    print(" " * LABEL, *(f"{column:>{NUMBERS}}" for column in columns), "  mean (least to most)")
    for setting in found[0]:
        label = ", ".join(value if isinstance(value, str) else f"{value:,g}" for value in setting)
        cells = (f"{statistics.fmean(v):.1f} ({min(v):.1f} to {max(v):.1f})"
                 for v in (of_column[setting] for of_column in found))  # fmt: skip
        print(f"{label:{LABEL}}", *(f"{cell:>{NUMBERS}}" for cell in cells))
