"""Adam: each parameter steps by its mean gradient, divided by the gradient's typical size.

    m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2
    p = p - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

(Kingma and Ba 2015, algorithm 1. Decoupled weight decay, p = p - lr wd p before the step, makes
it AdamW: Loshchilov and Hutter 2019, algorithm 2.)
"""

import math

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import REALS, upstream


def adam_step(
    parameters: np.ndarray,
    gradients: np.ndarray,
    first_moment: np.ndarray,
    second_moment: np.ndarray,
    *,
    step: int,
    learning_rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decayed: int = 0,
    scale: float = 1.0,
) -> None:
    """One step, in place, on four flat vectors (n,): parameters and both moments change.

    `step` counts from 1. Weight decay applies to the first `decayed` parameters. `scale`
    multiplies the gradients first (what clipping by the global norm asks for).

    Raises InputError for vectors of unlike shapes or dtypes, or that can't be changed in place.
    """
    gradients = checked_gradients(parameters, gradients, first_moment, second_moment)
    chunk = 1 << 16  # the temporaries of one chunk stay in the cache
    decay = 1 - learning_rate * weight_decay
    parameters[:decayed] *= decay
    rate = learning_rate / (1 - beta1**step)
    root_correction = 1 / math.sqrt(1 - beta2**step)
    for start in range(0, parameters.size, chunk):
        part = slice(start, start + chunk)
        g, m, v = gradients[part] * scale, first_moment[part], second_moment[part]
        m += (g - m) * (1 - beta1)
        v += (g * g - v) * (1 - beta2)
        parameters[part] -= rate * m / (np.sqrt(v) * root_correction + eps)


def checked_gradients(parameters, gradients, first_moment, second_moment) -> np.ndarray:
    """The gradients in the parameters' dtype; InputError for what Adam can't change in place."""
    changed = {"parameters": parameters, "first_moment": first_moment}
    changed |= {"second_moment": second_moment}
    for name, vector in changed.items():
        if not (
            isinstance(vector, np.ndarray)
            and vector.dtype.type in REALS
            and vector.dtype == parameters.dtype
            and vector.shape == (parameters.size,)
            and vector.flags.carray
        ):
            raise InputError(
                f"{name} must be a flat vector of float32 or float64, contiguous, writeable and as "
                "long as the others, of the parameters' dtype: Adam changes it in place"
            )
    gradients = upstream(gradients, parameters.dtype)
    if gradients.shape != parameters.shape:
        raise InputError(
            f"gradients have the shape {gradients.shape}, and {parameters.shape} is needed here"
        )
    return gradients
