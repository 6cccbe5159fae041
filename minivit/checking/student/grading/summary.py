"""A class at a glance: how many have an op right, and which mistakes were most common."""

from collections import Counter
from typing import NamedTuple

from minivit.checking.calls import OPS
from minivit.checking.student import faults
from minivit.checking.student.grading.gradebook import Row, labelled
from minivit.checking.student.isolation import answers

VERDICTS = ("right", "wrong", "not written")
KINDS = {labelled(kind) for kind in (*faults.KINDS, *answers.KINDS)}


class OfOp(NamedTuple):
    """How many submissions have an op right, and so on; all are counted."""

    op: str
    right: int
    wrong: int
    not_written: int
    missing: int  # in a file that was checked
    not_checked: int


def of_ops(rows: list[Row]) -> list[OfOp]:
    """For each op that somebody defines."""
    checked = [row for row in rows if row["verdict"] != "not checked"]
    lost = len(rows) - len(checked)
    counts = {op: Counter(row.get(op, "") for row in checked) for op in OPS}
    return [
        OfOp(op, *(count[verdict] for verdict in VERDICTS), count[""], lost)
        for op, count in counts.items()
        if any(count[verdict] for verdict in VERDICTS)
    ]


def common_causes(rows: list[Row], most: int = 10) -> list[tuple[str, int]]:
    """("layernorm: upstream-ignored", 7): in so many submissions, the most common first."""
    return [one for one in labels(rows) if not is_kind(one[0])][:most]


def common_troubles(rows: list[Row], most: int = 10) -> list[tuple[str, int]]:
    """The same of findings whose cause is not known: ("layernorm: raised", 3)."""
    return [one for one in labels(rows) if is_kind(one[0])][:most]


def labels(rows: list[Row]) -> list[tuple[str, int]]:
    found = Counter(
        cause for row in rows for cause in set(row["causes"].split("; ")) if row["causes"]
    )
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))


def is_kind(label: str) -> bool:
    """Whether the label of a finding is its kind, since it has no cause."""
    return label.partition(": ")[2] in KINDS


def failures(rows: list[Row]) -> list[tuple[str, str]]:
    """The submissions that were not checked, and why."""
    return [(row["submission"], row["failed"]) for row in rows if row["failed"]]


def verdicts(rows: list[Row]) -> str:
    """In words: "30 submissions: 18 right, 2 incomplete, 9 wrong, 1 not checked"."""
    count = Counter(row["verdict"] for row in rows)
    told = ", ".join(
        f"{count[word]} {word}"
        for word in ("right", "incomplete", "wrong", "not checked")
        if count[word]
    )
    return f"{len(rows)} submission{'s' * (len(rows) != 1)}: {told}"
