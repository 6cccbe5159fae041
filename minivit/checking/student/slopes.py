"""Finite differences of a student's own forward: are its gradients those of the y that it gives?

    d loss / d t of x + t u  =  sum(dy (forward(x + h u) - forward(x - h u))) / 2h  =  sum(dx u)

for a random direction u. A wrong forward with a backward that is its true derivative has one fault,
not two.
"""

import numpy as np

from minivit.checking.differences import central_slope, data_scale
from minivit.checking.report import RIGHT
from minivit.checking.student.isolation.answers import Failed
from minivit.checking.student.point import Point
from minivit.checking.student.trial import Asked, Functions, Trial

STEP = 1e-5  # times the spread of an input
DIRECTIONS = 2


def consistent(functions: Functions, trial: Trial, how: Asked) -> dict[str, bool]:
    """Of each gradient that came, in float64: whether differences of the student's y agree."""
    found = {}
    for name, gradient in (trial.gradients[0] if trial.gradients else {}).items():
        x = trial.point.inputs[name[1:]]
        if x is None or gradient is None:
            continue
        found[name] = gradient.shape == x.shape and agrees(
            functions, trial.point, how, name[1:], gradient
        )
    return found


def agrees(functions: Functions, at: Point, how: Asked, name: str, gradient: np.ndarray) -> bool:
    """Whether the gradient of an input is the slope of y, along some directions."""
    x, rng = at.inputs[name], np.random.default_rng(1)

    def output(moved: np.ndarray) -> np.ndarray:
        inputs = {**at.inputs, name: moved}
        answer = functions.forward(at.op, tuple(inputs.values())[: how.taken], at.call.options)
        return answer.values[0].array

    for _ in range(DIRECTIONS):
        u = rng.choice([-1.0, 1.0], x.shape)
        try:
            slope = central_slope(output, x, at.dys[0], STEP * data_scale(x), u)
        except (Failed, TypeError, ValueError):  # no y that could be compared
            return False
        size = np.abs(gradient).sum() + 1e-3 * np.abs(at.dys[0]).sum()
        if not abs(slope - (gradient * u).sum()) <= RIGHT * size:
            return False
    return True
