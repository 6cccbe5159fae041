"""One op of a student's file: tried at all points, its faults gathered, named, and made small."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from minivit.checking.calls import calls
from minivit.checking.sizes import SMALL
from minivit.checking.student.derived import follow_from_y
from minivit.checking.student.isolation.answers import Failed
from minivit.checking.student.isolation.process import Defined
from minivit.checking.student.naming import Group, named, of_failure, results
from minivit.checking.student.patterns import Named
from minivit.checking.student.plans import Plan, made, plans
from minivit.checking.student.point import input_names
from minivit.checking.student.trial import Functions, Trial, asked, tried

PARTS = ("forward", "y", "backward")  # before the gradients: in this order a student mends them
KINDS = ("raised", "form", "dtype", "shape", "written", "memory", "state", "values")
EXAMPLES = 20  # points that Hypothesis draws, where the list has found no fault


class Finding(NamedTuple):
    """One thing that is wrong, where it shows, and why."""

    parts: tuple[str, ...]  # "y", "dx", ...; "forward" or "backward" of a whole call
    kind: str  # of Fault
    sentence: str
    wrong: int  # points at which it is wrong
    cause: Named | None
    line: int | None = None  # of the student's file, where one is known
    smallest: Trial | None = None  # the smallest input that Hypothesis finds for it


class Examined(NamedTuple):
    """The verdict on one op: "right", "wrong", or "not written" for a stub."""

    op: str
    ways: tuple[str, ...]
    points: int  # at which it was tried
    parts: Mapping[str, str]  # {"y": "right", "dx": "wrong"}: each is one of VERDICTS
    findings: tuple[Finding, ...]
    left_out: tuple[str, ...]  # ways to call the op that the functions do not take
    seconds: float

    @property
    def verdict(self) -> str:
        kinds = {finding.kind for finding in self.findings}
        return "not written" if kinds == {"not implemented"} else "wrong" if kinds else "right"


VERDICTS = {
    "right": "it is right at every point",
    "wrong": "it is wrong at some point",
    "as y": "it is the derivative of a y that is wrong",
    "not seen": "nothing came that could be looked at",
}


def examine(functions: Functions, op: str, found: Defined, examples: int = EXAMPLES) -> Examined:
    """Try the functions that a file defines of an op at all points of its list; and, where all are
    right, at as many `examples` as Hypothesis draws."""
    began = time.perf_counter()
    trials: list[Trial] = []

    def at(plan: Plan, again: bool = False) -> Trial | None:
        point = made(plan)
        how = point and asked(point.call, found)
        if how is None:
            return None
        trials.append(tried(functions, point, how, again))
        return trials[-1]

    follow: set[str] = set()
    try:
        planned = {plan: at(plan, again=is_plain(plan)) for plan in plans(op)}
        if not any(trial.faults for trial in trials):
            draw(op, found, at, examples)
        follow = follow_from_y(functions, found, trials)
        findings = findings_of(op, groups(trials, follow), trials)
        if findings:
            findings[0] = made_small(findings[0], planned, at)
    except Failed as failed:
        findings = [of_a_failure(failed), *findings_of(op, groups(trials, set()), trials)]
    left_out = tuple(call.words or "plainly" for call in calls(op) if not asked(call, found))
    parts = verdicts(op, found, trials, findings, follow)
    return Examined(op, found.ways, len(trials), parts, tuple(findings), left_out,
                    time.perf_counter() - began)  # fmt: skip


def is_plain(plan: Plan) -> bool:
    """Where it is enough to look for what is kept from one call to the next."""
    return plan.sizes is SMALL and not plan.special and plan.dtype == "float64"


def draw(op: str, found: Defined, at: Callable, examples: int) -> None:
    """Try what Hypothesis draws; it makes the first failure small by itself."""
    from minivit.checking.student.search import first_failing

    ways = [i for i, call in enumerate(calls(op)) if asked(call, found)]
    if ways and examples:
        first_failing(op, ways, lambda plan: bool((trial := at(plan)) and trial.faults), examples)


def groups(trials: list[Trial], follow: set[str]) -> list[Group]:
    """Faults of one part and kind together, in the order in which a student should mend them."""
    found: dict[tuple[str, str], Group] = {}
    for trial in trials:
        for fault in trial.faults:
            if fault.part in follow and fault.kind == "values" and "y" in trial.parts:
                continue
            group = found.setdefault((fault.part, fault.kind), Group(fault.part, fault.kind, []))
            group.wrong.append((trial, fault))
    return sorted(found.values(), key=order)


def order(group: Group) -> tuple[int, int]:
    """y before gradients, since these depend on it; exceptions before numbers."""
    part = PARTS.index(group.part) if group.part in PARTS else len(PARTS)
    return part, KINDS.index(group.kind)


def findings_of(op: str, found: list[Group], trials: list[Trial]) -> list[Finding]:
    """One finding for each group; those of one cause and kind are one.

    Numbers that are wrong without a known cause are left out where they come of another fault.
    """
    findings: dict[tuple, Finding] = {}
    for group in found:
        cause = named(op, group, trials)
        if cause is None and group.kind == "values" and any(covers(one, group) for one in found):
            continue
        key = (group.kind, cause.name) if cause else (group.kind, group.part)
        if key in findings:
            old = findings[key]
            parts, wrong = (*old.parts, group.part), max(old.wrong, group.count)
            findings[key] = old._replace(parts=parts, wrong=wrong)
        else:
            fault = min(group.wrong, key=lambda one: size(one[0]))[1]
            findings[key] = Finding(
                (group.part,), group.kind, fault.sentence, group.count, cause, fault.line
            )
    return list(findings.values())


def covers(one: Group, other: Group) -> bool:
    """Whether the wrong numbers of a part come of another fault of it: of what it keeps between
    calls, or of a dtype that it has wherever the numbers are wrong."""
    if one.part != other.part or one.kind not in ("dtype", "state"):
        return False
    held = {id(trial) for trial in one.trials}
    return one.kind == "state" or all(id(trial) in held for trial in other.trials)


def of_a_failure(failed: Failed) -> Finding:
    """What ended the trials."""
    way = "backward" if "_backward" in str(failed) else "forward"
    return Finding((way,), failed.kind, str(failed), 1, of_failure(failed.kind), failed.line)


def made_small(finding: Finding, planned: Mapping[Plan, Trial | None], at: Callable) -> Finding:
    """The finding with the smallest input that Hypothesis finds, called as the simplest one is."""
    from minivit.checking.student.search import smallest_like

    def shows(trial: Trial | None) -> bool:
        return trial is not None and any(
            fault.part == finding.parts[0] and fault.kind == finding.kind for fault in trial.faults
        )

    failing = {plan: trial for plan, trial in planned.items() if shows(trial)}
    if not failing:  # Hypothesis has found it
        return finding
    simplest = min(failing, key=lambda plan: (plan.special != "", plan.way, size(failing[plan])))
    again = finding.kind == "state"
    smaller = smallest_like(simplest, lambda plan: shows(at(plan, again)))
    trial = at(smaller, again) if smaller else min(failing.values(), key=size)
    sentence = next(f.sentence for f in trial.faults
                    if f.part == finding.parts[0] and f.kind == finding.kind)  # fmt: skip
    return finding._replace(smallest=trial, sentence=sentence)


def size(trial: Trial) -> int:
    """How many numbers a trial has."""
    return sum(x.size for x in trial.point.inputs.values() if x is not None)


def verdicts(
    op: str, found: Defined, trials: list[Trial], findings: list[Finding], follow: set[str]
) -> dict[str, str]:
    """One of VERDICTS for y, if there is a forward, and for each gradient of a backward."""
    parts = ["y"] if "forward" in found.ways else []
    if "backward" in found.ways:
        parts += [f"d{name}" for name in input_names(op)]
    wrong = {part for finding in findings for part in finding.parts}
    told = {}
    for part in parts:
        if part in wrong:
            told[part] = "wrong"
        elif not any(results(trial, part) for trial in trials):
            told[part] = "not seen"
        else:
            told[part] = "as y" if part in follow else "right"
    return told
