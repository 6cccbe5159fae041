"""SGD with momentum: each parameter follows a sum of its gradients, in which older ones fade.

    g = gradient + wd p                              (weight decay as a part of the gradient)
    v = mu v + g                                     (momentum; v begins at 0)
    p = p - lr v,   or   p = p - lr (g + mu v)       (the latter with Nesterov's look ahead)

(Polyak 1964; Nesterov's in the form of Sutskever et al. 2013, rewritten as PyTorch has it. The ViT
paper fine-tunes with mu = 0.9 and no decay: appendix B.1.1.)
"""

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import changed_in_place


def sgd_step(
    parameters: np.ndarray,
    gradients: np.ndarray,
    velocity: np.ndarray | None = None,
    *,
    learning_rate: float,
    momentum: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    decayed: int = 0,
    scale: float = 1.0,
) -> None:
    """One step, in place, on flat vectors (n,): parameters and velocity change.

    Weight decay applies to the first `decayed` parameters, as in PyTorch's SGD: it is added to the
    gradient, so that momentum takes it along. `scale` multiplies the gradients first (what clipping
    by the global norm asks for). Without momentum no velocity is needed.

    Raises InputError for vectors of unlike shapes or dtypes, or that can't be changed in place, and
    for momentum without a velocity.
    """
    gradients = checked(parameters, gradients, velocity, momentum)
    chunk = 1 << 16  # the temporaries of one chunk stay in the cache
    for start in range(0, parameters.size, chunk):
        part = slice(start, start + chunk)
        p, g = parameters[part], gradients[part] * scale
        if weight_decay and start < decayed:
            g[: decayed - start] += weight_decay * p[: decayed - start]
        if velocity is not None:
            v = velocity[part]
            v *= momentum
            v += g
            g = g + momentum * v if nesterov else v
        p -= learning_rate * g


def checked(parameters, gradients, velocity, momentum: float) -> np.ndarray:
    """The gradients in the parameters' dtype; InputError for what SGD can't change in place."""
    if velocity is None:
        if momentum:
            raise InputError(
                f"momentum is {momentum} and there is no velocity: hand in a vector of zeros, "
                "which the steps fill, or take momentum 0"
            )
        return changed_in_place(gradients, parameters=parameters)
    return changed_in_place(gradients, parameters=parameters, velocity=velocity)
