"""The faults of all trials, gathered: one finding for each thing that is wrong, with its cause."""

from typing import NamedTuple

from minivit.checking.diagnosis.named import Named
from minivit.checking.student.isolation.answers import Failed
from minivit.checking.student.naming import Group, named
from minivit.checking.student.trial import Trial, is_wrong

PARTS = ("forward", "y", "backward")
ORDER = ("raised", "form", "dtype", "shape", "written", "overwritten", "shared",
         "repeated", "state", "values", "slope", "not implemented")  # fmt: skip


class Finding(NamedTuple):
    """One thing that is wrong, where it shows, and why."""

    parts: tuple[str, ...]  # "y", "dx", ...; "forward" or "backward" of a whole call
    kind: str  # of Fault
    sentence: str
    wrong: int  # points at which it is wrong
    cause: Named | None
    line: int | None = None  # of the student's file, where one is known
    is_plain: bool = True  # it shows in the plain call, and not only with options or without inputs
    smallest: Trial | None = None  # the smallest input that Hypothesis finds for it


def findings_of(op: str, trials: list[Trial]) -> list[Finding]:
    """The findings in the order in which a student should mend them; those of one cause are one.

    Wrong numbers are left out where they come of another fault: those of a gradient in calls for
    which y is wrong, too.
    """
    findings: dict[tuple, Finding] = {}
    found = groups(trials)
    for group in found:
        cause = named(op, group, trials)
        if any(covers(one, group, cause) for one in found):
            continue
        key = (group.kind, cause.name if cause else group.part)
        if key in findings:
            old = findings[key]
            parts, wrong = (*old.parts, group.part), max(old.wrong, group.count)
            findings[key] = old._replace(parts=parts, wrong=wrong)
        else:
            fault = min(group.wrong, key=lambda one: size(one[0]))[1]
            findings[key] = Finding(
                (group.part,), fault.kind, fault.sentence, group.count, cause, fault.line,
                any(not trial.point.call.words for trial in group.trials),
            )  # fmt: skip
    return sorted(findings.values(), key=order)


def order(finding: Finding) -> tuple:
    """The plain call before others; the forward before the backward, which depends on it; and what
    is understood best before the rest."""
    in_backward = finding.parts[0] not in ("forward", "y")
    known = finding.cause is not None and finding.cause.is_of_op
    parts = [part in PARTS for part in finding.parts]
    return not finding.is_plain, in_backward, not known, ORDER.index(finding.kind), not any(parts)


def groups(trials: list[Trial]) -> list[Group]:
    """Faults of one part and kind together."""
    of_wrong_y = {trial.point.call.words for trial in trials
                  if is_wrong(trial, "y") and not trial.point.special}  # fmt: skip
    found: dict[tuple[str, str], Group] = {}
    for trial in trials:
        for fault in trial.faults:
            depends = fault.kind == "values" and fault.part != "y"
            if depends and (trial.point.call.words in of_wrong_y or is_wrong(trial, "y")):
                continue
            kind = "values" if fault.kind == "shape" else fault.kind  # one mistake makes both
            group = found.setdefault((fault.part, kind), Group(fault.part, kind, []))
            group.wrong.append((trial, fault))
    return list(found.values())


def covers(one: Group, other: Group, cause: Named | None) -> bool:
    """Whether wrong numbers come of another fault of the part: of a dtype that it has wherever they
    are wrong, or, where they have no known cause, of what it keeps between calls."""
    if one.part != other.part or other.kind != "values":
        return False
    if one.kind == "dtype":
        held = {id(trial) for trial in one.trials}
        return all(id(trial) in held for trial in other.trials)
    return one.kind in ("state", "repeated") and cause is None


def of_slopes(names: list[str]) -> Finding:
    """Gradients equal to the op's that differences of the student's own forward deny."""
    said = f"finite differences of the forward give another gradient than {', '.join(names)}"
    return Finding(tuple(names), "slope", said, 1, None)


def of_a_failure(failed: Failed) -> Finding:
    """What ended the trials: a stub, an endless loop, a process that is gone."""
    way = "backward" if "_backward" in str(failed) else "forward"
    return Finding((way,), failed.kind, str(failed), 1, None, failed.line)


def size(trial: Trial) -> int:
    """How many numbers a trial has."""
    return sum(x.size for x in trial.point.inputs.values() if x is not None)
