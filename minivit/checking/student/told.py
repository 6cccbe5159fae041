"""The verdicts as plain values for JSON: their form is described here, and has a version.

    {"format": "minivit check", "version": 1, "file": "student.py", "ok": false,
     "failed": null,                           or why the file could not be looked at: a fault
     "unlimited": "", "printed": "",           what could not be limited; what the code printed
     "ops": [{"op": "layernorm", "verdict": "right" | "wrong" | "not written",
              "ways": ["forward", "backward"], "points": 47, "seconds": 0.8,
              "parts": {"y": "right", "dx": "wrong"},   each is one of examine.VERDICTS
              "left_out": ["eps 0.1"],         ways to call the op that the functions don't take
              "is_slow": false,                true: for want of time not all points were tried
              "printed": "",                   the first lines that the functions printed
              "findings": [a fault with these besides:
                 {"parts": ["dx"], "points": 27, "smallest": null or
                   {"call": "layernorm", "special": "", "dtype": "float64",
                    "inputs": {"x": [[0.0, 1.0]]}, "options": {"eps": "1e-06"},
                    "dy": [[1.0, 0.0]], "part": "dx", "came": [...], "right": [...]}}]}]}

With --points there is "grade", too, as `grading.awards.as_values` describes it.

A fault is {"kind": "values", "sentence": "...", "line": null, "cause": null or {"identifier":
"layernorm-mean-correction-forgotten", "sentence": "...", "hint": "...", "derivation": "..."}}. The
kinds are those of faults.KINDS and isolation.answers.KINDS. Arrays are nested lists; a number that
JSON lacks is null. What a version holds stays; a later one may hold more.
"""

import numpy as np

from minivit.checking.diagnosis.named import Named, plain_values
from minivit.checking.student.checked import Checked
from minivit.checking.student.examine import Examined
from minivit.checking.student.findings import Finding
from minivit.checking.student.isolation.answers import Failed
from minivit.checking.student.naming import results, results_due
from minivit.checking.student.trial import Trial

FORMAT, VERSION = "minivit check", 1


def told(checked: Checked) -> dict:
    """The verdicts on a file."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "file": checked.path,
        "ok": checked.ok,
        "failed": checked.failed and failure(checked.failed),
        "unlimited": checked.unlimited,
        "printed": checked.printed,
        "ops": [op(examined) for examined in checked.ops],
    }


def op(examined: Examined) -> dict:
    return {
        "op": examined.op,
        "verdict": examined.verdict,
        "ways": list(examined.ways),
        "points": examined.points,
        "seconds": round(examined.seconds, 3),
        "parts": dict(examined.parts),
        "left_out": list(examined.left_out),
        "is_slow": examined.is_slow,
        "printed": examined.printed,
        "findings": [finding(one) for one in examined.findings],
    }


def finding(one: Finding) -> dict:
    return {
        **fault(one.kind, one.sentence, one.line, one.cause),
        "parts": list(one.parts),
        "points": one.wrong,
        "smallest": one.smallest and smallest(one.smallest, one.parts[0]),
    }


def failure(failed: Failed) -> dict:
    return fault(failed.kind, str(failed), failed.line, None)


def fault(kind: str, sentence: str, line: int | None, named: Named | None) -> dict:
    return {"kind": kind, "sentence": sentence, "line": line, "cause": plain_values(named)}


def smallest(trial: Trial, part: str) -> dict:
    """A failing input, what came of the part, and what should have come."""
    point, draw = trial.point, draw_of(trial, part)
    shows_dy = part != "y" and part != "forward"
    came, right = results(trial, part), results_due(trial, part)
    return {
        "call": point.call.name,
        "special": point.special,
        "dtype": point.dtype,
        "inputs": {name: values(x) for name, x in point.inputs.items()},
        "options": {name: option(value) for name, value in point.call.options.items()},
        "dy": values(point.dys[draw]) if shows_dy else None,
        "part": part,
        "came": values(came[draw]) if draw < len(came) else None,
        "right": values(right[draw]) if draw < len(right) else None,
    }


def draw_of(trial: Trial, part: str) -> int:
    """The first dy for which the part is wrong."""
    return next((fault.draw for fault in trial.faults if fault.part == part), 0)


def option(value):
    return values(value) if isinstance(value, np.ndarray) else repr(value)


def values(array: np.ndarray | None):
    """Nested lists of numbers; None for what JSON has no number for."""
    if array is None:
        return None
    if array.dtype.kind == "f":
        array = np.where(np.isfinite(array), array + 0.0, None)
    return array.tolist()
