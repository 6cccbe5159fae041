"""Small files of students', for tests of the checker: a right one, and what is changed in it."""

LAYERNORM = """
import numpy as np

def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    centred = x - x.mean(axis=-1, keepdims=True)
    centred = centred - centred.mean(axis=-1, keepdims=True)
    rstd = 1 / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + eps)
    return centred * rstd * gamma + beta, (centred * rstd, rstd, gamma)

def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    g = dy * gamma
    dx = rstd * (g - g.mean(axis=-1, keepdims=True)
                 - x_hat * (g * x_hat).mean(axis=-1, keepdims=True))
    rows = tuple(range(dy.ndim - 1))
    return dx, (dy * x_hat).sum(axis=rows), dy.sum(axis=rows)
"""
RELU = """
import numpy as np

def relu_forward(x):
    return np.maximum(x, 0), x

def relu_backward(dy, x):
    return dy * (x > 0)
"""


def changed(source: str, old: str, new: str) -> str:
    """The source with one place changed, which must be there."""
    assert source.count(old) == 1, f"{old!r} stands there {source.count(old)} times"
    return source.replace(old, new)
