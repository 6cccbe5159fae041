"""The verdicts in words: a table, then of each wrong op what came, and the likely cause."""

import textwrap
from collections.abc import Iterator

import numpy as np

from minivit.checking.report import shape_text
from minivit.checking.student.checked import Checked
from minivit.checking.student.examine import Examined
from minivit.checking.student.findings import Finding
from minivit.checking.student.naming import results, results_due
from minivit.checking.student.told import draw_of
from minivit.checking.student.trial import Trial

MOST = 24  # numbers of an array that is shown whole
LABEL, HEADING = 9, 14  # letters for the name of an array, and of a line
WIDTH = 100


def row(examined: Examined) -> tuple[str, ...]:
    """A line of the table: op, inputs, verdict, y, gradients. "follows y" is the derivative of a y
    that is wrong."""
    parts = dict(examined.parts)
    y = parts.pop("y", "-")
    gradients = ", ".join(f"{name} {said(verdict)}" for name, verdict in parts.items())
    if parts and set(parts.values()) == {"right"}:
        gradients = f"{', '.join(parts)} right"
    return examined.op, str(examined.points), verdict_of(examined), said(y), gradients or "-"


HEADS = ("op", "inputs", "verdict", "y", "gradients")


def said(verdict: str) -> str:
    return {"as y": "follows y", "not seen": "-"}.get(verdict, verdict)


def verdict_of(examined: Examined) -> str:
    """The verdict, and what is first to be mended: "wrong: CAUSE and 2 more"."""
    if examined.verdict != "wrong":
        return examined.verdict
    first = examined.findings[0]
    more = f" and {len(examined.findings) - 1} more" if len(examined.findings) > 1 else ""
    return f"wrong: {first.cause.name if first.cause else first.kind}{more}"


def explained(examined: Examined) -> Iterator[str]:
    """The lines on what is wrong with an op, and on what was not asked of it."""
    for finding in examined.findings:
        yield f"{examined.op}: {headline(finding, examined)}"
        if finding.smallest:
            yield from shown(finding.smallest, finding)
        if finding.cause:
            yield from wrapped("Likely cause", f"{finding.cause.sentence} [{finding.cause.name}]")
            yield from wrapped("It breaks", finding.cause.line)
            yield from wrapped("Hint", finding.cause.hint)
        yield ""
    if examined.left_out:
        yield (
            f"{examined.op}: not asked, since the functions do not take it: "
            f"{'; '.join(examined.left_out)}."
        )
        yield ""
    waiting = [part for part, verdict in examined.parts.items() if verdict == "after y"]
    if waiting:
        yield f"{examined.op}: {', '.join(waiting)} can't be judged until y is right."
        yield ""
    if examined.printed:
        yield f"{examined.op} printed:"
        yield from (f"  {line}" for line in examined.printed.splitlines())
        yield ""


def wrapped(label: str, text: str) -> list[str]:
    """A label and a text beside it, in lines of WIDTH."""
    first = f"  {label + ':':<{HEADING}}"
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def headline(finding: Finding, examined: Examined) -> str:
    """What is wrong, and how often."""
    asked_seldom = finding.kind in ("not implemented", "repeated", "state")
    often = finding.wrong > 1 and not asked_seldom
    where = f" At {finding.wrong} of {examined.points} inputs." if often else ""
    others = [part for part in finding.parts[1:] if part not in ("forward", "backward")]
    also = f" The same holds for {', '.join(others)}." if others else ""
    return f"{finding.sentence.rstrip('.')}.{also}{where}"


def shown(trial: Trial, finding: Finding) -> Iterator[str]:
    """The smallest input; and, where numbers are wrong, what came of it and what should have."""
    point, part, draw = trial.point, finding.parts[0], draw_of(trial, finding.parts[0])
    special = ", ".join(word for word in (point.call.words, point.special) if word)
    yield f"  The smallest input found ({point.dtype}{', ' + special if special else ''}):"
    for name, x in point.inputs.items():
        yield from array(name, x)
    for name, value in point.call.options.items():
        is_array = isinstance(value, np.ndarray)
        yield from array(name, value) if is_array else [f"    {name} = {value!r}"]
    if part not in ("y", "forward"):
        yield from array("dy", point.dys[draw])
    came, right = results(trial, part), results_due(trial, part)
    if finding.kind in ("values", "shape") and draw < len(came):
        digits = 6 if text(came[draw], 6) != text(right[draw], 6) else 12
        yield "  What came:"
        yield from array(part, came[draw], digits)
        yield "  What should have come:"
        yield from array(part, right[draw], digits)


def array(name: str, x: np.ndarray | None, digits: int = 6) -> Iterator[str]:
    """An array by its name, its rows below each other; a large one by its shape alone."""
    if x is None:
        yield f"    {name:<{LABEL}} None"
    elif x.size > MOST:
        yield f"    {name:<{LABEL}} {shape_text(x.shape)} numbers"
    else:
        for i, line in enumerate(text(x, digits).splitlines()):
            yield f"    {name if i == 0 else '':<{LABEL}} {line}"


def text(x: np.ndarray, digits: int) -> str:
    return np.array2string(x + 0, precision=digits, separator=", ", max_line_width=WIDTH)


def closing(checked: Checked) -> str:
    """One sentence on the whole file."""
    if checked.failed:
        return f"Nothing was checked: {checked.failed}."
    if not checked.ops and checked.only:
        return f"Nothing was checked: the file does not define {checked.only}."
    if not checked.ops:
        return (
            "Nothing was checked: the file defines no op. Define functions such as "
            "layernorm_forward and layernorm_backward."
        )
    counts = {
        verdict: sum(op.verdict == verdict for op in checked.ops)
        for verdict in ("right", "wrong", "not written")
    }
    if counts["right"] == len(checked.ops):
        return (
            "The op is right." if len(checked.ops) == 1 else f"All {counts['right']} ops are right."
        )
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    return f"{len(checked.ops)} op{'s' * (len(checked.ops) > 1)}: {told}."


def in_words(checked: Checked) -> str:
    """All that is wrong with a file, and a closing sentence: for the message of an assert."""
    return "\n".join([*(line for op in checked.ops for line in explained(op)), closing(checked)])
