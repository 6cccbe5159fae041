"""The table of a class: a CSV file with a row for each submission.

    submission,file,verdict,score,max_score,layernorm,softmax,causes,failed,content,checked_by

`verdict` is right, wrong, incomplete (what is there is right, and something that has points is not
there) or not checked (then `failed` says why). An op is right, wrong or, as a stub, not written;
there is nothing for an op that is not there. `causes` holds an identifier for each
finding, or its kind where the cause is not known: "layernorm: raised; softmax: upstream-ignored".
`content` stands for what was handed in, and `checked_by` for the checker, the points and the
options: a row in which both are as before is kept.

Names are the students' own: a cell that a spreadsheet would take for a formula begins with an
apostrophe.
"""

import csv
from collections.abc import Collection, Mapping
from pathlib import Path

from minivit.checking.calls import OPS
from minivit.errors import InputError
from minivit.files import replacing

FIRST = ("submission", "file", "verdict", "score", "max_score")
LAST = ("causes", "failed", "content", "checked_by")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

Row = dict[str, str]


def read(path: Path) -> dict[str, Row]:
    """The rows of a table by their submissions, none where there is no file.

    InputError for a file that is no such table, so that none is overwritten that is not ours.
    """
    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise no_table(path) from error
    if not lines or not is_heading(lines[0]) or any(len(line) != len(lines[0]) for line in lines):
        raise no_table(path)
    rows = [dict(zip(lines[0], map(unescaped, line), strict=True)) for line in lines[1:]]
    return {row["submission"]: row for row in rows}


def is_heading(cells: list[str]) -> bool:
    ops = cells[len(FIRST) : -len(LAST)]
    return tuple(cells) == (*FIRST, *ops, *LAST) and set(ops) <= set(OPS)


def no_table(path: Path) -> InputError:
    return InputError(
        f"{path} is no table of `minivit check --all`, or damaged: move it away, or choose another "
        "--csv"
    )


def write(path: Path, rows: Mapping[str, Row], asked: Collection[str] = ()) -> None:
    """Replace the table; it has a column for each op that is in a row or that is asked for."""
    ops = [op for op in OPS if op in asked or any(row.get(op) for row in rows.values())]
    columns = [*FIRST, *ops, *LAST]
    with replacing(path) as partial, partial.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows.values():
            writer.writerow([escaped(row.get(column, "")) for column in columns])


def written(name: str) -> str:
    """A file's name as it stands in the table: bytes that are no UTF-8 are spelled."""
    return name.encode("utf-8", "backslashreplace").decode()


def labelled(kind: str) -> str:
    """The kind of a finding as it stands among the causes."""
    return kind.replace(" ", "-")


def escaped(cell: str) -> str:
    """Kept from being a formula; `unescaped` gives it back."""
    return f"'{cell}" if cell.lstrip("'").lstrip(" ").startswith(FORMULA) else cell


def unescaped(cell: str) -> str:
    is_escaped = cell.startswith("'") and cell.lstrip("'").lstrip(" ").startswith(FORMULA)
    return cell[1:] if is_escaped else cell
