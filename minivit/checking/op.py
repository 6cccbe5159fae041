"""Check one op: does its backward obey the law, and is it the derivative of its forward?"""

import functools
from collections.abc import Callable, Mapping

import numpy as np

from minivit import backend
from minivit.checking.bounds import ROUNDING, TRUE_ZERO, Bounds
from minivit.checking.diagnosis.kinds import of_exception
from minivit.checking.diagnosis.named import Named
from minivit.checking.differences import complex_gradient, data_scale
from minivit.checking.law import UnlawfulError, named_inputs
from minivit.checking.report import RIGHT, Report, Row
from minivit.checking.trial import OpError, Trial
from minivit.checking.truth import true_gradient
from minivit.checking.verdict import row
from minivit.errors import InputError

COMPLEX_TOLERANCE = 1e-8
COARSE = 1e-9  # rounding relative to y: that of float64 is far below, that of float32 above


@backend.unrounded
def gradcheck(
    forward: Callable,
    backward: Callable,
    *inputs,
    options: Mapping | None = None,
    seed: int = 0,
    tolerance: float = RIGHT,
    complex_step: bool = False,
) -> Report:
    """Compare every gradient of an op with central differences, in float64, without rounding.

        report = gradcheck(my_forward, my_backward, x, w)
        print(report)
        assert report.ok

    forward(*inputs, **options) -> y, cache;  backward(dy, cache) -> one gradient per input, None
    for an input that is None. dy is drawn from `seed`: with ones many a wrong backward would pass,
    since the rows of a softmax always sum to 1 and those of a LayerNorm to 0. A call on other
    inputs shows whether the op keeps anything from one call to the next.

    With `complex_step` the comparison is with complex steps, to 1e-8; the forward must then take
    complex numbers.

    Products are checked as they are even where bf16 was chosen: a rounded one has no derivative.

    Raises InputError when the forward can't be called with these inputs, or when one of them
    isn't an array of finite numbers. A NotImplementedError of the op's comes through: what isn't
    written yet is neither right nor wrong.
    """
    name = getattr(forward, "__name__", "op").removesuffix("_forward")
    report = Report(f"gradient check of {name}")
    trial = Trial(forward, backward, named_inputs(forward, inputs, options or {}), options)
    try:
        y, dys, gradients = trial.gradients(seed, report.problems)
    except UnlawfulError as error:
        report.problems.append(str(error))
        return report
    except OpError as error:
        cause = of_exception(str(error))
        report.rows.append(Row(error.direction, None, np.inf, np.inf, "wrong", str(error), cause))
        return report
    inquire = inquiry(forward, trial.inputs, options or {}, y, dys)
    measure, y, dys = by_differences, y.reshape(-1), dys.reshape(2, -1)
    if complex_step:
        measure, tolerance = by_complex_steps, min(tolerance, COMPLEX_TOLERANCE)
    bounds = {
        name: measure(trial, name, y, dys, gradient, tolerance)
        for name, (gradient, _) in gradients.items()
        if name in trial.present
    }
    report.rows = [row(name, *gradients[name], bounds, tolerance, inquire) for name in trial.inputs]
    coarse = max(found.coarse for found in bounds.values())
    if coarse > COARSE:
        report.remarks.append(coarse_sentence(coarse))
    return report


def inquiry(forward: Callable, inputs: Mapping, options: Mapping, y, dys) -> Callable:
    """A function that asks for the likely cause of a wrong gradient; nothing is done before."""

    @functools.cache
    def begun():
        from minivit.checking.diagnosis.inquiry import Inquiry

        return Inquiry(forward, inputs, options, y, dys)

    def likely(name: str, given: np.ndarray, bounds: Mapping[str, Bounds]) -> Named | None:
        return begun().likely(name, given, bounds)

    return likely


def by_differences(trial: Trial, name: str, y, dys, given, tolerance: float) -> Bounds:
    """Bounds on the gradient of sum(dy y) with respect to one input, for both dys."""
    return true_gradient(
        lambda x: trial.output_near(name, x, y.size),
        trial.inputs[name],
        dys,
        y,
        given,
        tolerance,
    )


def by_complex_steps(trial: Trial, name: str, y, dys, given, tolerance: float) -> Bounds:
    """The same by complex steps; InputError when the forward loses the imaginary part."""
    wide = {n: x if x is None else x.astype(np.complex128) for n, x in trial.inputs.items()}

    def output(moved: np.ndarray) -> np.ndarray:
        try:
            y = trial.output({**wide, name: moved})
        except OpError as error:
            raise no_complex(error) from error
        if y.dtype.kind != "c":
            raise no_complex(f"it returned dtype {y.dtype}")
        return y.reshape(-1)

    true = np.array([complex_gradient(output, trial.inputs[name], dy) for dy in dys])
    natural = np.abs(dys) @ np.abs(y) / data_scale(trial.inputs[name])
    doubt = np.zeros(true.shape)
    doubt += 1e-10 * np.abs(true).max(initial=0.0) + ROUNDING * natural.max(initial=0.0)
    doubt += TRUE_ZERO * np.abs(dys).max(initial=0.0)
    return Bounds(true - doubt, true + doubt, doubt, {}, 0.0)


def coarse_sentence(coarse: float) -> str:
    return (
        f"The forward rounds to {coarse:.0e} of its output, though its inputs are float64: it "
        "seems to calculate in float32 inside. Differences are no more exact than that, and a "
        "gradient counts as right wherever they can't tell; calculate in the dtype of the inputs."
    )


def no_complex(reason) -> InputError:
    return InputError(
        f"the forward does not take complex numbers ({reason}): check it without complex_step"
    )
