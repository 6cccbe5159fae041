"""Mistakes that any op may have."""

from collections.abc import Mapping

import numpy as np

from minivit.checking.diagnosis.named import CHAIN
from minivit.checking.diagnosis.shapes import TRANSPOSED
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.point import defaults, input_names


def anywhere(op: str) -> list[Cause]:
    """The causes for the inputs and options that the op has."""
    return of_inputs(input_names(op), defaults(op))


def of_inputs(inputs: list[str], options: Mapping) -> list[Cause]:
    """The causes for inputs and options of these names; `options` has the defaults."""
    names = [f"d{name}" for name in inputs]
    pairs = [(one, other) for one in names for other in names if one != other]
    return [
        *OF_THE_GRADIENT,
        *(exchanged(one, other) for one, other in pairs),
        *OF_DY,
        *(ignored(option, default) for option, default in options.items()),
        *map(unused, inputs),
    ]


def each(at, change) -> dict:
    """A change made to every gradient that there is."""
    return {name: change(right) for name, right in gradients(at.right).items()}


def gradients(results: dict) -> dict:
    return {name: array for name, array in results.items() if name != "y" and array is not None}


def of_images(at, chosen: slice) -> dict | None:
    """The gradients that only some images of the batch give."""
    if at.dy.ndim < 2 or len(at.dy) < 2:
        return None
    dy = np.zeros_like(at.dy)
    dy[chosen] = at.dy[chosen]
    return gradients(at.again(dy))


OF_THE_GRADIENT = [  # they show in the right gradient alone
    Cause(
        "wrong-sign",
        "the gradient has the wrong sign",
        "Follow the sign of each factor from dy to this gradient.",
        CHAIN,
        lambda at: each(at, np.negative),
    ),
    Cause(
        "all-zero",
        "the gradient is 0 everywhere",
        "Is the array of zeros, made for the gradient, ever written to?",
        CHAIN,
        lambda at: each(at, np.zeros_like),
    ),
    Cause(
        *TRANSPOSED[:4],
        lambda at: {n: right.T for n, right in gradients(at.right).items() if right.ndim == 2},
    ),
]
OF_DY = [
    Cause(
        "dy-alone",
        "the gradient is dy as it came: the derivative of the op is left out",
        "By what does y change, when this input changes a little?",
        CHAIN,
        lambda at: {n: at.dy for n, right in gradients(at.right).items()
                    if right.shape == at.dy.shape},
    ),
    Cause(
        "first-image-only",
        "only the first image of the batch counts in the gradient",
        "Every image of the batch uses the parameter: what follows for its gradient?",
        "dw = sum over images of (dw of one image)",
        lambda at: of_images(at, slice(0, 1)),
    ),
    Cause(
        "last-image-only",
        "only the last image of the batch counts in the gradient",
        "Is the gradient of one image added to those before, or put in their place?",
        "dw = sum over images of (dw of one image)",
        lambda at: of_images(at, slice(-1, None)),
    ),
]  # fmt: skip


def exchanged(one: str, other: str) -> Cause:
    """The gradient of another input comes in the place of this one's."""
    return Cause(
        "other-inputs-gradient",
        f"what comes as {one} is the gradient of {other[1:]}",
        "In which order do the inputs stand in the forward?",
        "one gradient per input, in the order of the inputs",
        lambda at: None if at.right[other] is None else {one: at.right[other]},
    )


def ignored(option: str, default) -> Cause:
    """The op runs as if an option had its default."""

    def mistake(at) -> dict | None:
        if getattr(at, option) is default:
            return None
        try:
            return at.again(at.dy, **{option: default})
        except ValueError:  # the inputs are none for that default: nobody can ignore it here
            return None

    return Cause(
        "option-ignored",
        f"the option {option} changes nothing: this is what comes without it",
        f"Where does {option} stand in the formula, and where in your function?",
        "the options are part of the op: see its docstring",
        mistake,
    )


def unused(name: str) -> Cause:
    """An input that may be absent is taken for absent where it is there."""

    def mistake(at) -> dict | None:
        if getattr(at, name) is None:
            return None
        try:
            return at.again(at.dy, **{name: None})
        except (ValueError, TypeError, AttributeError):  # the op can't be without it
            return None

    return Cause(
        "input-ignored",
        f"the input {name} changes nothing: this is what comes without it",
        f"Where does {name} stand in the formula, and where in your function?",
        "every input is part of the op: see its docstring",
        mistake,
    )
