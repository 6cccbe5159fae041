"""What a gradient check knows, put to the known mistakes.

A mistake is looked for with what the forward gives and with slopes of that forward. So it is found
in minivit's own ops as well, where the backward that would give the right gradients is the broken
one. A forward that is wrong can't be seen: its backward is right if it is its derivative.
"""

import copy
from collections.abc import Callable, Mapping
from types import SimpleNamespace

import numpy as np

from minivit import ops
from minivit.checking.bounds import Bounds
from minivit.checking.diagnosis.likely import likely
from minivit.checking.diagnosis.named import Named
from minivit.checking.diagnosis.sight import Sight
from minivit.checking.diagnosis.slopes import Slopes
from minivit.checking.law import UnlawfulError, alike
from minivit.checking.report import RIGHT
from minivit.checking.student.causes import causes_of
from minivit.checking.student.causes.anywhere import OF_THE_GRADIENT, of_inputs
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.point import defaults, input_names
from minivit.checking.trial import OpError, Trial

CLOSE = 1e-5  # differences are seldom less exact


class Inquiry:
    """One op at one point, with the right gradients that differences found for two draws of dy."""

    def __init__(self, forward: Callable, inputs: Mapping, options: Mapping, y, dys):
        self.forward, self.options, self.dys = forward, options, dys
        self.y, self.cache = y, None
        self.op, self.inputs = "", dict(inputs)
        self.changed: dict[tuple, Slopes] = {}
        self.meet_the_op(getattr(forward, "__name__", "").removesuffix("_forward"))
        self.places = dict(zip(inputs, self.inputs, strict=False))  # {name: that in the op}

    def meet_the_op(self, op: str) -> None:
        """Take names, cache and forward from minivit, where it has an op of this name and y."""
        reference = getattr(ops, f"{op}_forward", None)
        names = input_names(op) if reference else []
        if len(names) < len(self.inputs):
            return
        inputs = dict.fromkeys(names) | dict(zip(names, self.inputs.values(), strict=False))
        try:
            y, cache = Trial(reference, None, inputs, self.options).run(copy.deepcopy(inputs))
        except (OpError, UnlawfulError, ValueError):
            return
        if alike(y, self.y):
            self.op, self.cache, self.inputs, self.forward = op, cache, inputs, reference

    def likely(self, name: str, given: np.ndarray, bounds: Mapping[str, Bounds]) -> Named | None:
        """The likely cause of a wrong gradient, from the bounds of all inputs.

        given (2, *x.shape), or (1, ...) of another shape.
        """
        true = true_gradients(name, given, bounds)
        if not np.isfinite(true[name]).all():
            return None
        part, sights = f"d{self.places[name]}", []
        for draw, (came, dy) in enumerate(zip(given, self.dys, strict=False)):
            right = {f"d{place}": None for place in self.inputs}
            right |= {f"d{self.places[n]}": gradient[draw] for n, gradient in true.items()}
            sights.append(Sight(came, right[part], self.view(dy, right), True, CLOSE))
        return likely(map(willing, self.causes()), part, sights)

    def causes(self) -> list[Cause]:
        return causes_of(self.op) if self.op else of_inputs(list(self.inputs), {})

    def view(self, dy: np.ndarray, right: Mapping) -> SimpleNamespace:
        """What a cause's formula reads: see `Point.views`. The sizes have no letters here."""
        options = (defaults(self.op) if self.op else {}) | self.options

        def again(dy, **changes) -> dict:
            slopes = self.slopes(changes, options)
            if slopes.y.shape != dy.shape:  # of other options: there is no gradient for this dy
                return {"y": slopes.y}
            return {"y": slopes.y, **slopes.gradients(dy)}

        known = {"dy": dy, "output": self.y, "right": right, "cache": self.cache, "letters": None}
        return SimpleNamespace(**{**self.inputs, **options, **known, "again": again})

    def slopes(self, changes: Mapping, options: Mapping) -> Slopes:
        """Those of the forward with other inputs or options; they are found once."""
        key = tuple((name, repr(np.asarray(value).tolist())) for name, value in changes.items())
        if key not in self.changed:
            inputs = {name: changes.get(name, x) for name, x in self.inputs.items()}
            others = {name: changes.get(name, value) for name, value in options.items()}
            self.changed[key] = Slopes(self.forward, inputs, others)
        return self.changed[key]


def willing(cause: Cause) -> Cause:
    """The cause; it foresees nothing from inputs that it is not made for."""

    def mistake(at) -> dict | None:
        try:
            return cause.mistake(at)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return None

    return cause._replace(mistake=mistake)


def true_gradients(name: str, given: np.ndarray, bounds: Mapping[str, Bounds]) -> dict:
    """{input: gradient}: what lies next to the given one, and of the other inputs the middle."""
    true = {n: (b.low + b.high) / 2 for n, b in bounds.items()}
    if given.shape == true[name].shape:
        true[name] = np.clip(given, bounds[name].low, bounds[name].high)
    return true


def of_one(given: np.ndarray, true: np.ndarray) -> Named | None:
    """The likely cause where nothing is known but one gradient, or a part of it."""
    view = SimpleNamespace(dy=np.zeros(()), right={"d": true}, output=None, letters=None)
    return likely(OF_THE_GRADIENT, "d", [Sight(given, true, view, True, RIGHT)])
