"""The slope is taken at y instead of at z: 1 - tanh(y)^2.

Spoils: dx, dw, db
Cause: pre-logits-tanh-of-tanh
"""

import numpy as np


def pre_logits_forward(x, w, b=None):
    y = np.tanh(x @ w if b is None else x @ w + b)
    return y, {"x": x, "w": w, "y": y, "b": b}


def pre_logits_backward(dy, cache):
    x, w, y = cache["x"], cache["w"], cache["y"]
    dz = dy * (1 - np.tanh(y) ** 2)
    dx = np.einsum("br,dr->bd", dz, w)
    dw = np.einsum("bd,br->dr", x, dz)
    return dx, dw, dz.sum(0) if cache["b"] is not None else None
