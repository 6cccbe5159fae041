"""Finite differences of a student's own forward: are its gradients those of the y that it gives?

    d loss / d t of x + t u  =  sum(dy (forward(x + h u) - forward(x - h u))) / 2h  =  sum(dx u)

for a random direction u and a random dy. Every gradient is asked so once; and where y is wrong, so
that the op's gradients are none to compare with: a wrong forward with a backward that is its true
derivative has one fault, not two.
"""

from collections.abc import Callable

import numpy as np

from minivit.checking.differences import central_slope, data_scale
from minivit.checking.report import RIGHT
from minivit.checking.student.isolation.answers import Failed
from minivit.checking.student.point import Point, rightly
from minivit.checking.student.trial import Asked, Functions, Trial

STEP = 1e-5  # times the spread of an input
DIRECTIONS = 2


def consistent(functions: Functions, trial: Trial, how: Asked) -> dict[str, bool]:
    """Of each gradient that came, in float64: whether differences of y agree.

    y is the student's; for a backward that stands alone it is the op's.
    """
    forward = student_s(functions, how) if "forward" in how.ways else the_op_s
    found = {}
    for name, gradient in (trial.gradients[0] if trial.gradients else {}).items():
        x = trial.point.inputs[name[1:]]
        if x is not None and gradient is not None:
            found[name] = gradient.shape == x.shape and agrees(
                forward, trial.point, name[1:], gradient
            )
    return found


def student_s(functions: Functions, how: Asked) -> Callable:
    def forward(at: Point, inputs: dict) -> np.ndarray:
        given = tuple(inputs.values())[: how.taken]
        return functions.forward(at.op, given, at.call.options).values[0].array

    return forward


def the_op_s(at: Point, inputs: dict) -> np.ndarray:
    return rightly(at.op, inputs, at.call.options)[0]


def agrees(forward: Callable, at: Point, name: str, gradient: np.ndarray) -> bool:
    """Whether the gradient of an input is the slope of y, along some directions."""
    x, rng = at.inputs[name], np.random.default_rng(1)
    for _ in range(DIRECTIONS):
        u = rng.choice([-1.0, 1.0], x.shape)
        try:
            slope = central_slope(lambda moved: forward(at, {**at.inputs, name: moved}), x,
                                  at.dys[0], STEP * data_scale(x), u)  # fmt: skip
        except (Failed, TypeError, ValueError):  # no y that could be compared
            return False
        size = np.abs(gradient).sum() + 1e-3 * np.abs(at.dys[0]).sum()
        if not abs(slope - (gradient * u).sum()) <= RIGHT * size:
            return False
    return True
