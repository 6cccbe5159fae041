"""Check one op: does its backward obey the law, and is it the derivative of its forward?"""

import copy
from collections.abc import Callable, Mapping

import numpy as np

from minivit.checking.diagnosis import row
from minivit.checking.differences import STEP, central_gradient, complex_gradient, data_scale
from minivit.checking.law import (
    UnlawfulError,
    alike,
    dy_stream,
    equal,
    gradient_fault,
    named_inputs,
    split_gradients,
    split_output,
    written_into,
)
from minivit.checking.report import RIGHT, Report, compare
from minivit.checking.state import Results, kept_state
from minivit.errors import InputError

COMPLEX_TOLERANCE = 1e-8


def gradcheck(
    forward: Callable,
    backward: Callable,
    *inputs,
    options: Mapping | None = None,
    seed: int = 0,
    tolerance: float = RIGHT,
    complex_step: bool = False,
) -> Report:
    """Compare every gradient of an op with central differences, in float64.

        report = gradcheck(my_forward, my_backward, x, w)
        print(report)
        assert report.ok

    forward(*inputs, **options) -> y, cache;  backward(dy, cache) -> one gradient per input, None
    for an input that is None. dy is drawn from `seed`, since with ones many a wrong backward
    passes: the rows of a softmax always sum to 1 and those of a LayerNorm to 0. A call on other
    inputs shows whether the op keeps anything from one call to the next.

    With `complex_step` the comparison is with complex steps, to 1e-8; the forward must then take
    complex numbers.

    Raises InputError when the forward can't be called with these inputs, or when one of them
    isn't an array of finite numbers.
    """
    name = getattr(forward, "__name__", "op").removesuffix("_forward")
    report = Report(f"gradient check of {name}")
    check = OpCheck(forward, backward, named_inputs(forward, inputs, options or {}), options)
    try:
        dy, gradients = check.gradients(seed, report.problems)
    except UnlawfulError as error:
        report.problems.append(str(error))
        return report
    if complex_step:
        tolerance = min(tolerance, COMPLEX_TOLERANCE)
        true = {name: check.by_complex_step(name, dy) for name in check.present}
    else:
        true = {
            name: check.closest(name, dy, *gradients[name], tolerance) for name in check.present
        }
    report.rows = [row(name, *gradients[name], true, tolerance) for name in check.inputs]
    return report


class OpCheck:
    """One op, and the point at which its gradients are looked at."""

    def __init__(self, forward, backward, inputs: dict, options: Mapping | None):
        self.forward, self.backward, self.inputs = forward, backward, inputs
        self.options = dict(options or {})
        self.present = [name for name, x in inputs.items() if x is not None]
        if not self.present:
            raise InputError("there is no input to check: give at least one array")

    def run(self, inputs: Mapping) -> tuple[np.ndarray, object]:
        """(y, cache). A random state among the options is copied: the same dropout mask again."""
        return split_output(self.forward(*inputs.values(), **copy.deepcopy(self.options)))

    def output(self, inputs: Mapping) -> np.ndarray:
        """A copy of y, from copies of the inputs: an op may give the same array every time."""
        return self.run(copy.deepcopy(inputs))[0].copy()

    def gradients(self, seed: int, problems: list[str]) -> tuple[np.ndarray, dict]:
        """dy, and {input: (gradient, what a look at its outside finds wrong)}.

        Adds a sentence to `problems` for whatever breaks the law; raises UnlawfulError where
        that leaves nothing to compare.
        """
        handed = copy.deepcopy(self.inputs)
        y, cache = self.run(handed)
        y_then = y.copy()
        if not np.isfinite(y).all():
            raise UnlawfulError("the forward returned NaN or infinity for finite inputs")
        written = written_into(handed, self.inputs)
        problems += [f"the forward writes into its input {name}" for name in written]
        if y.dtype != np.float64:
            problems.append(f"the forward returned dtype {y.dtype} for float64 inputs")
        if not alike(y_then, self.output(self.inputs)):
            raise UnlawfulError(
                "the forward gives another result every time: hand what is random in as an option"
            )
        rng = dy_stream(seed)
        dy = np.array(rng.standard_normal(y.shape))
        given, found = self.run_backward(dy, handed, cache, written, problems)
        if not problems:
            first = Results(y, y_then, cache, dy, given)
            problems += kept_state(self.run, self.backward, self.inputs, first, rng)
        return dy, found

    def run_backward(self, dy, handed, cache, written, problems: list[str]) -> tuple[dict, dict]:
        """{input: gradient} and {input: (its copy, its fault)}; `written` names the inputs that
        the forward spoiled."""
        upstream, again = dy.copy(), dy.copy()
        given = split_gradients(self.backward(upstream, cache), list(self.inputs))
        faults = {
            name: gradient_fault(gradient, self.inputs[name], upstream)
            for name, gradient in given.items()
        }
        found = {name: (copy.copy(gradient), faults[name]) for name, gradient in given.items()}
        if not equal(upstream, dy):
            problems.append("the backward writes into dy")
        for name in written_into(handed, self.inputs):
            if name not in written:
                problems.append(f"the backward writes into the input {name}")
        second = split_gradients(self.backward(again, cache), list(self.inputs))
        sound = [name for name in found if not faults[name]]
        if not all(alike(found[name][0], second[name]) for name in sound):
            problems.append(
                "the backward gives another result when called twice: it spoils its cache"
            )
        return given, found

    def by_differences(self, name: str, dy: np.ndarray, step: float = STEP) -> np.ndarray:
        """The gradient of sum(dy y) with respect to one input, by central differences."""
        x = self.inputs[name]
        return central_gradient(
            lambda moved: self.output({**self.inputs, name: moved}), x, dy, step * data_scale(x)
        )

    def closest(self, name: str, dy, gradient, fault: str, tolerance: float) -> np.ndarray:
        """By differences, with a shorter step as well where the first says that it is wrong.

        The step may have been too long: LayerNorm bends sharply where a row hardly varies.
        """
        true = self.by_differences(name, dy)
        if fault or compare(true, gradient)[1] <= tolerance:
            return true
        shorter = self.by_differences(name, dy, 0.1 * STEP)
        return min(true, shorter, key=lambda array: compare(array, gradient)[1])

    def by_complex_step(self, name: str, dy: np.ndarray) -> np.ndarray:
        """The same by complex steps; InputError when the forward loses the imaginary part."""
        wide = {n: x if x is None else x.astype(np.complex128) for n, x in self.inputs.items()}

        def output(moved: np.ndarray) -> np.ndarray:
            try:
                y = self.output({**wide, name: moved})
            except (TypeError, KeyError) as error:
                raise no_complex(error) from error
            if y.dtype.kind != "c":
                raise no_complex(f"it returned dtype {y.dtype}")
            return y

        return complex_gradient(output, self.inputs[name], dy)


def no_complex(reason) -> InputError:
    return InputError(
        f"the forward does not take complex numbers ({reason}): check it without complex_step"
    )
