"""The pre-logits: a hidden layer between what was pooled and the head.

y = tanh(x w + b)

(ViT paper, section 3.1: in pre-training the head is an MLP with one hidden layer. Google's code
calls that layer `pre_logits`; its tanh is in the code alone.)
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.inputs import upstream
from minivit.ops.linear import LinearCache, linear_backward, linear_flops, linear_forward
from minivit.ops.notes import unseen


class PreLogitsCache(NamedTuple):
    linear: LinearCache  # x (B, D) -> z (B, R)
    y: np.ndarray  # (B, R)


def pre_logits_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None, *, note=unseen
) -> tuple[np.ndarray, PreLogitsCache]:
    """y = tanh(x w + b). x (B, D), w (D, R), b (R,) or None -> y (B, R)."""
    z, linear = linear_forward(x, w, b)
    y = np.tanh(z)
    note(z=z, y=y)
    return y, PreLogitsCache(linear, y)


def pre_logits_backward(dy: np.ndarray, cache: PreLogitsCache, *, note=unseen) -> tuple:
    """Gradients of y = tanh(z), z = x w + b.

    dy (B, R) -> dx (B, D), dw (D, R), db (R,) or None.

    d tanh(z) / dz = 1 - tanh(z)^2, which y tells already: dz = dy (1 - y^2); then linear.
    """
    dy = upstream(dy, cache.y.dtype)
    dz = dy * (1 - cache.y**2)
    note(z=dz, y=dy)
    return linear_backward(dz, cache.linear)


def pre_logits_flops(x, w, b=None) -> int:
    """FLOPs of one image."""
    return linear_flops(x, w)
