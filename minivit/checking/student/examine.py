"""One op of a student's file: tried at all points, its faults gathered, named, and made small."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from minivit.checking.calls import calls
from minivit.checking.sizes import SMALL
from minivit.checking.student.derived import denied, follow_from_y
from minivit.checking.student.findings import Finding, findings_of, of_a_failure, of_slopes, size
from minivit.checking.student.isolation.answers import Failed
from minivit.checking.student.isolation.process import Defined
from minivit.checking.student.naming import results
from minivit.checking.student.plans import Plan, made, plans
from minivit.checking.student.point import DRAWS, input_names, option_names
from minivit.checking.student.search import first_failing, smallest_like
from minivit.checking.student.trial import Functions, Trial, asked, is_wrong, tried

EXAMPLES = 12  # points that Hypothesis draws, where the list has found no fault
PATIENCE = 30.0  # seconds, after which no more points are tried: the functions are slow
VERDICTS = {  # on y, and on each gradient
    "right": "it is right at every point",
    "wrong": "it is wrong at some point",
    "as y": "it is the derivative of a y that is wrong",
    "after y": "y is wrong, and then it can't be judged",
    "raises": "an exception came in its place at some points",
    "not seen": "nothing came that could be looked at",
}


class Examined(NamedTuple):
    """The verdict on one op: "right", "wrong", or "not written" for a stub."""

    op: str
    ways: tuple[str, ...]
    points: int  # at which it was tried
    parts: Mapping[str, str]  # {"y": "right", "dx": "wrong"}: each is one of VERDICTS
    findings: tuple[Finding, ...]
    left_out: tuple[str, ...]  # ways to call the op that the functions do not take
    seconds: float
    is_slow: bool = False  # some points were not tried
    printed: str = ""  # the first lines that the functions printed

    @property
    def verdict(self) -> str:
        kinds = {finding.kind for finding in self.findings}
        return "not written" if kinds == {"not implemented"} else "wrong" if kinds else "right"


class Trials:
    """Tries an op at one point after the other, while there is time, and keeps what came."""

    def __init__(self, functions: Functions, op: str, found: Defined):
        self.functions, self.op, self.found = functions, op, found
        self.began, self.all, self.is_slow = time.perf_counter(), [], False

    def __call__(self, plan: Plan, again: bool = False, draws: int = DRAWS) -> Trial | None:
        """None where the op, or the student's functions, do not take such a point."""
        point = made(plan)
        how = point and asked(point.call, self.found)
        self.is_slow |= self.seconds > PATIENCE
        if how is None or self.is_slow:
            return None
        self.all.append(tried(self.functions, point, how, again, draws))
        return self.all[-1]

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.began


def examine(
    functions: Functions, op: str, found: Defined, examples: int = EXAMPLES, small: bool = True
) -> Examined:
    """Try the functions that a file defines of an op at all points of its list; and, where all are
    right, at as many `examples` as Hypothesis draws. `small`: look for the smallest that fails."""
    at, follow = Trials(functions, op, found), set()
    try:
        planned = {plan: at(plan, is_plain(plan), DRAWS if is_plain(plan) else 1)
                   for plan in plans(op)}  # fmt: skip
        if not any(trial.faults for trial in at.all):
            draw(at, examples)
        follow = follow_from_y(functions, found, at.all)
        findings = findings_of(op, at.all)
        if at.is_slow and not findings:
            findings = [too_slow(op, len(at.all))]
        if denying := denied(functions, found, at.all):
            findings.append(of_slopes(denying))
        tried_at = len(at.all)
        if not at.all:
            findings = [not_callable(op)]
        elif small and findings and findings[0].kind not in ("not implemented", "slope", "slow"):
            findings[0] = made_small(findings[0], planned, at)
    except Failed as failed:
        findings, tried_at = [of_a_failure(failed), *findings_of(op, at.all)], len(at.all)
    left_out = tuple(call.words or "plainly" for call in calls(op) if not asked(call, found))
    parts = verdicts(op, found, at.all, findings, follow)
    return Examined(op, found.ways, tried_at, parts, tuple(findings), left_out, at.seconds,
                    at.is_slow)  # fmt: skip


def not_callable(op: str) -> Finding:
    """What is said of a forward that no call of the op fits."""
    options = [f"{name}=..." for name in sorted(option_names(op))]
    takes = ", ".join([*input_names(op), *["*"] * bool(options), *options])
    said = f"{op}_forward can't be called as the op is: expected {op}_forward({takes})"
    return Finding(("forward",), "form", said, 0, None)


def too_slow(op: str, points: int) -> Finding:
    """What is said of functions that could not be tried at all points: nothing else is known."""
    said = f"{op} is slow: in {PATIENCE:g} s it was tried at {points} points only"
    return Finding(("forward",), "slow", said, 0, None)


def is_plain(plan: Plan) -> bool:
    """Where it is enough to look for what is kept from one call to the next, and to draw dy twice,
    which tells a factor from a dy that is ignored."""
    return plan.sizes is SMALL and not plan.special and plan.dtype == "float64"


def draw(at: Trials, examples: int) -> None:
    """Try what Hypothesis draws; it makes the first failure small by itself."""
    ways = [i for i, call in enumerate(calls(at.op)) if asked(call, at.found)]
    if ways and examples:
        first_failing(
            at.op, ways, lambda plan: bool((trial := at(plan, draws=1)) and trial.faults), examples
        )


def made_small(finding: Finding, planned: Mapping[Plan, Trial | None], at: Callable) -> Finding:
    """The finding with the smallest input that Hypothesis finds, called as the simplest one is."""

    def shows(trial: Trial | None) -> bool:
        return trial is not None and shown(trial) != ""

    def shown(trial: Trial) -> str:
        """The sentence of the fault there; "" where there is none."""
        kind, part = finding.kind, finding.parts[0]
        faults = [fault for fault in trial.faults if (fault.part, fault.kind) == (part, kind)]
        return faults[0].sentence if faults else ""

    failing = {plan: trial for plan, trial in planned.items() if shows(trial)}
    if not failing:  # Hypothesis has found it, and made it small
        trial = min(filter(shows, at.all), key=size)
    else:
        simplest = min(
            failing, key=lambda plan: (plan.special != "", plan.way, size(failing[plan]))
        )
        again = finding.kind in ("state", "repeated")
        smaller = smallest_like(simplest, lambda plan: shows(at(plan, again)))
        trial = (smaller and at(smaller, again)) or min(failing.values(), key=size)
    return finding._replace(smallest=trial, sentence=shown(trial))


def verdicts(
    op: str, found: Defined, trials: list[Trial], findings: list[Finding], follow: set[str]
) -> dict[str, str]:
    """One of VERDICTS for y, if there is a forward, and for each gradient of a backward."""
    parts = ["y"] if "forward" in found.ways else []
    if "backward" in found.ways:
        parts += [f"d{name}" for name in input_names(op)]
    wrong = {part for finding in findings for part in finding.parts}
    raising = {finding.parts[0] for finding in findings if finding.kind in ("raised", "form")}
    told = {}
    for part in parts:
        way = "forward" if part == "y" else "backward"
        if part in wrong:
            told[part] = "wrong"
        elif not any(results(trial, part) for trial in trials):
            told[part] = "not seen"
        elif way in raising:
            told[part] = "raises"
        elif any(is_wrong(trial, part) for trial in trials):
            told[part] = "as y" if part in follow else "after y"
        else:
            told[part] = "right"
    return told
