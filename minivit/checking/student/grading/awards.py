"""What a file earns: for each op, or each of its parts, the points, and what took them."""

from collections.abc import Iterator
from typing import NamedTuple

from minivit.checking.student import faults
from minivit.checking.student.checked import Checked
from minivit.checking.student.examine import Examined
from minivit.checking.student.findings import Finding
from minivit.checking.student.grading.points import LAW, WHOLE, Points, Worth, one_each

OF_THE_LAW = ("dtype", "written", "overwritten", "shared", "repeated", "state")
EARNED = ("right", "as y")  # verdicts on a part


class Award(NamedTuple):
    """The points of an op, or of a part of it: all of them, or none."""

    op: str
    part: str  # WHOLE, "y", "dx", LAW
    most: float
    earned: bool
    visibility: str
    findings: tuple[Finding, ...]  # that took the points
    examined: Examined | None  # None of an op that the file lacks

    @property
    def name(self) -> str:
        return f"{self.op}: {self.part}" if self.part else self.op

    @property
    def score(self) -> float:
        return self.most if self.earned else 0


def points_of(checked: Checked, points: Points | None) -> Points:
    """The points that are given, those of `only` one op, or one for each op of the file."""
    if points is None:
        return one_each({examined.op: examined.ways for examined in checked.ops})
    return {op: worth for op, worth in points.items() if checked.only in (None, op)}


def awards(checked: Checked, points: Points | None = None) -> list[Award]:
    """What a file earns, in the order of the points."""
    found = {examined.op: examined for examined in checked.ops}
    return [
        award
        for op, worth in points_of(checked, points).items()
        for award in of_an_op(op, worth, found.get(op))
    ]


def of_an_op(op: str, worth: Worth, examined: Examined | None) -> Iterator[Award]:
    for part, most in worth.parts.items():
        costs, earned = (), False
        if examined is not None:
            costs = tuple(one for one in examined.findings if takes(one, part, worth))
            earned = not costs and is_there(part, worth, examined)
        yield Award(op, part, most, earned, worth.visibility, costs, examined)


def is_there(part: str, worth: Worth, examined: Examined) -> bool:
    """Whether something came for the part, of all that is asked for."""
    if part in (WHOLE, LAW):
        seen = examined.points > 0 and "not seen" not in examined.parts.values()
        return seen and set(worth.ways) <= set(examined.ways)
    return examined.parts.get(part) in EARNED


def takes(finding: Finding, part: str, worth: Worth) -> bool:
    """Whether a finding costs the points of a part."""
    if part == WHOLE or ends_all(finding):
        return True
    if breaks_the_law(finding) and LAW in worth.parts:
        return part == LAW
    if part == LAW:
        return False
    shows = "forward" if part == "y" else "backward"
    return part in finding.parts or shows in finding.parts


def breaks_the_law(finding: Finding) -> bool:
    return finding.kind in OF_THE_LAW


def ends_all(finding: Finding) -> bool:
    """Whether the op could not be tried to its end, or was not tried honestly."""
    return finding.kind not in (*faults.KINDS, "raised", "not implemented")


def score_of(given: list[Award]) -> tuple[float, float]:
    """The points of all, and how many there are."""
    return sum(award.score for award in given), sum(award.most for award in given)


def as_values(given: list[Award]) -> dict:
    """For JSON: {"score": 7, "max_score": 10, "parts": [{"op": "layernorm", "part": "dx",
    "score": 0, "max_score": 4, "visibility": "visible"}, ...]}; the part "" is the whole op."""
    score, most = score_of(given)
    parts = [
        {"op": award.op, "part": award.part, "score": award.score, "max_score": award.most,
         "visibility": award.visibility}
        for award in given
    ]  # fmt: skip
    return {"score": score, "max_score": most, "parts": parts}


def number(points: float) -> str:
    """2 for 2.0, and else two digits: 2.33."""
    return f"{points:.2f}".rstrip("0").rstrip(".")
