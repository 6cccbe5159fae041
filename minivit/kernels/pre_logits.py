"""The pre-logits, y = tanh(x w + b), the twin of `minivit.ops.pre_logits`: a product (linear.py).

One row an image: what lies around the product is too little to be compiled.
"""

import numpy as np

from minivit.ops.pre_logits import PreLogitsCache

from .inputs import like, need_shape
from .linear import linear_backward, linear_forward


def pre_logits_forward(x, w, b=None):
    """x (B, D), w (D, R), b (R,) or None -> y (B, R)."""
    z, linear = linear_forward(x, w, b)
    y = np.tanh(z, out=z)
    return y, PreLogitsCache(linear, y)


def pre_logits_backward(dy, cache):
    """dz = dy (1 - y^2). dy (B, R) -> dx (B, D), dw (D, R), db (R,) or None."""
    (dy,) = like(cache.y, dy)
    need_shape("dy", dy, cache.y.shape)
    return linear_backward(dy * (1 - cache.y**2), cache.linear)
