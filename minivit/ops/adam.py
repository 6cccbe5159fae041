"""Adam: each parameter steps by its mean gradient, divided by the gradient's typical size.

    m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2
    p = p - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

(Kingma and Ba 2015, algorithm 1. Decoupled weight decay, p = p - lr wd p before the step, makes
it AdamW: Loshchilov and Hutter 2019, algorithm 2. Coupled, as in plain Adam, it is a part of the
gradient, g = g + wd p, so that the division by sqrt(v) weakens it where gradients are large.)
"""

import math

import numpy as np

from minivit.ops.inputs import changed_in_place


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
    decoupled: bool = True,
    scale: float = 1.0,
) -> None:
    """One step, in place, on four flat vectors (n,): parameters and both moments change.

    `step` counts from 1. Weight decay applies to the first `decayed` parameters: AdamW's, or,
    with `decoupled=False`, that of PyTorch's Adam. `scale` multiplies the gradients first (what
    clipping by the global norm asks for).

    Raises InputError for vectors of unlike shapes or dtypes, or that can't be changed in place.
    """
    gradients = changed_in_place(
        gradients, parameters=parameters, first_moment=first_moment, second_moment=second_moment
    )
    chunk = 1 << 16  # the temporaries of one chunk stay in the cache
    if decoupled:
        parameters[:decayed] *= 1 - learning_rate * weight_decay
    rate = learning_rate / (1 - beta1**step)
    root_correction = 1 / math.sqrt(1 - beta2**step)
    for start in range(0, parameters.size, chunk):
        part = slice(start, start + chunk)
        g, m, v = gradients[part] * scale, first_moment[part], second_moment[part]
        if not decoupled and start < decayed:
            g[: decayed - start] += weight_decay * parameters[part][: decayed - start]
        m += (g - m) * (1 - beta1)
        v += (g * g - v) * (1 - beta2)
        parameters[part] -= rate * m / (np.sqrt(v) * root_correction + eps)
