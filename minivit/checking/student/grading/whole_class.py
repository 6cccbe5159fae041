"""A folder of submissions is graded into a table: one after the other, each in its own processes.

After every submission the table is written beside and renamed: whoever stops the grading, or pulls
the plug, loses the submission that was being looked at, and going on looks at those that are left.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import minivit
from minivit.checking.student.checked import SECONDS, Checked, check
from minivit.checking.student.findings import Finding
from minivit.checking.student.grading.awards import Award, awards, number, score_of
from minivit.checking.student.grading.gradebook import Row, labelled, read, write, written
from minivit.checking.student.grading.points import Points
from minivit.checking.student.grading.submissions import Submission, content, submissions_in
from minivit.checking.student.isolation.answers import Failed

HOUSES = ("ops", "checking")  # whose sources decide a verdict


def nothing(what) -> None:
    """What is told to nobody."""


class Graded(NamedTuple):
    """What came of a folder."""

    rows: list[Row]  # of the folder's submissions
    kept: int  # of them that were in the table
    others: int  # rows of submissions that are not in the folder: they stay
    left_out: list[str]  # files of the folder that are no submissions


def grade(
    folder: str | Path,
    table: str | Path,
    *,
    points: Points | None = None,
    only: str | None = None,
    seconds: float = SECONDS,
    begin: Callable[[int, int], None] = lambda count, kept: None,
    tell: Callable[[Row], None] = lambda row: None,
) -> Graded:
    """Check all submissions of a folder, and write the table.

    `begin` is called with their number and how many rows are kept, then `tell` with each new row.
    Raises InputError where there are none, and for a table that is not ours.
    """
    table, found = Path(table), submissions_in(folder)
    rows = read(table)
    checker = checked_by(points, only, seconds)
    asked = [only] if only else list(points or ())
    here = {written(one.name): one for one in found.submissions}
    todo = {
        name: one for name, one in here.items()
        if (row := rows.get(name)) is None
        or (row["content"], row["checked_by"]) != (content(one), checker)
    }  # fmt: skip
    begin(len(here), len(here) - len(todo))
    write(table, rows, asked)  # before the work: a place that can't be written shows now
    for name, one in todo.items():
        rows[name] = row_of(one, points, only, seconds) | {"checked_by": checker}
        rows = {name: rows[name] for name in sorted(rows)}
        write(table, rows, asked)
        tell(rows[name])
    kept, others = len(here) - len(todo), len(rows) - len(here)
    left_out = [name for name in found.left_out if name != table.name]
    return Graded([rows[name] for name in here], kept, others, left_out)


def row_of(one: Submission, points: Points | None, only: str | None, seconds: float) -> Row:
    """The row of a submission, but for the checker's name."""
    checked = checked_file(one, only, seconds)
    given = awards(checked, points)
    score, most = map(number, score_of(given))
    return {
        "submission": written(one.name),
        "file": written(file_of(one)),
        "verdict": verdict(checked, given),
        "score": score,
        "max_score": most,
        **{examined.op: examined.verdict for examined in checked.ops},
        "causes": "; ".join(
            f"{examined.op}: {label(finding)}"
            for examined in checked.ops
            for finding in examined.findings
        ),
        "failed": failure(checked),
        "content": content(one),
    }


def checked_file(
    one: Submission,
    only: str | None,
    seconds: float,
    *,
    begin: Callable = nothing,
    tell: Callable = nothing,
) -> Checked:
    """The verdicts on a submission; on one that has no file to be checked, too. `begin` and `tell`
    are those of `check`."""
    if one.path is None:
        return Checked(one.name, (), Failed("file", one.problem), "", "", only)
    return check(one.path, only=only, seconds=seconds, begin=begin, tell=tell)


def file_of(one: Submission) -> str:
    """The path of what was checked, in the folder."""
    if one.path is None:
        return ""
    return one.name if one.path.name == one.name else f"{one.name}/{one.path.name}"


def verdict(checked: Checked, given: list[Award]) -> str:
    """ "incomplete" where all that is there is right, and something that has points is not."""
    if checked.failed or not checked.ops:
        return "not checked"
    if not checked.ok:
        return "wrong"
    return "right" if all(award.earned for award in given) else "incomplete"


def failure(checked: Checked) -> str:
    """Why nothing was checked; "" where something was."""
    if checked.failed:
        return str(checked.failed)
    return "" if checked.ops else "it defines no op that is asked for"


def label(finding: Finding) -> str:
    return finding.cause.name if finding.cause else labelled(finding.kind)


def checked_by(points: Points | None, only: str | None, seconds: float) -> str:
    """Stands for all that decides a verdict beside the submission: "minivit 0.1.0 1a2b3c4d"."""
    root = Path(minivit.__file__).parent
    sources = sorted(path for house in HOUSES for path in (root / house).rglob("*.py"))
    told = sha256(repr((points, only, seconds)).encode())
    for path in sources:
        told.update(path.read_bytes())
    return f"minivit {minivit.__version__} {told.hexdigest()[:8]}"
