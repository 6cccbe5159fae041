"""The MLP of a block: y = residual + gelu(x w1 + b1) w2 + b2, the twin of `minivit.ops.mlp`.

Two products forward and four backward. GELU costs no pass over memory: forward it is applied to
each part of z = x w1 + b1 while that part is in the cache; backward dz = (dy w2^T) gelu'(z) is
finished in the same way, and h = gelu(z), to rounding, which dw2 = h^T dy needs, comes out of the
same exponential. So the cache keeps z alone: rows x M numbers less than if it kept h too.
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.gelu import check_form

from .inputs import like
from .linear import weight_gradients
from .product.matmul import _matmul_into, matmul, matmul_gelu, matmul_gelu_backward


class MlpCache(NamedTuple):
    x: np.ndarray  # (..., D)
    w1: np.ndarray  # (D, M)
    w2: np.ndarray  # (M, D)
    z: np.ndarray  # (rows, M), x w1 + b1
    form: str  # of the GELU, "erf" or "tanh"
    has_b1: bool
    has_b2: bool
    has_residual: bool


def mlp_forward(x, w1, b1, w2, b2, residual=None, *, gelu="erf"):
    """x (..., D), w1 (D, M), b1 (M,), w2 (M, D), b2 (D,), residual (..., D) -> y (..., D)."""
    check_form(gelu)
    rows = x.reshape(-1, w1.shape[0])
    # y first and h last: what is freed again leaves no hole in memory between what is kept.
    y = np.empty((*x.shape[:-1], w2.shape[1]), x.dtype)
    z, h = matmul_gelu(rows, w1, b1, form=gelu)
    along = None if residual is None else residual.reshape(-1, w2.shape[1])
    _matmul_into(y.reshape(-1, w2.shape[1]), h, w2, bias=b2, residual=along)
    has = (b1 is not None, b2 is not None, residual is not None)
    return y, MlpCache(x, w1, w2, z, gelu, *has)


def mlp_backward(dy, cache, *, want_dresidual=True):
    """dz = (dy w2^T) gelu'(z), dx = dz w1^T, dw2 = h^T dy, dw1 = x^T dz, dresidual = dy.

    dy (..., D) -> dx (..., D), dw1 (D, M), db1, dw2 (M, D), db2, dresidual.
    """
    x, w1, w2, z, form, has_b1, has_b2, has_residual = cache
    del cache  # and below each part when it has been used: if the caller let go of it, it is free
    (dy,) = like(x, dy)
    dy_rows = dy.reshape(-1, w2.shape[1])
    dz, h = matmul_gelu_backward(dy_rows, w2.T, z, form=form)
    del z
    dw2, db2 = weight_gradients(h, dy_rows, has_b2)
    del h
    dw1, db1 = weight_gradients(x.reshape(-1, w1.shape[0]), dz, has_b1)
    del x
    dx = matmul(dz, w1.T).reshape(*dy.shape[:-1], w1.shape[0])
    return dx, dw1, db1, dw2, db2, dy.copy() if has_residual and want_dresidual else None
