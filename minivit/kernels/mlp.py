"""The MLP of a block: out = gelu(x w1 + b1) w2 + b2, the twin of `minivit.ops.mlp`.

Two products forward and four backward. GELU costs no pass over memory: forward it is applied to
each part of z = x w1 + b1 while that part is in the cache; backward, dz = (dout w2^T) gelu'(z) is
finished in the same way. The same exponential gives h = gelu(z) again (to rounding), which
dw2 = h^T dout needs. So the op's cache holds z, but not the rows x M numbers of h. Dropout of h is
a pass of its own, in place; backward there are two, over h and dz.
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.gelu import check_form

from .dropout import Mask, dropped_into, mask_of
from .inputs import like, reals
from .linear import weight_gradients
from .product.matmul import _matmul_into, matmul, matmul_gelu, matmul_gelu_backward


class MlpSaved(NamedTuple):
    """What the backward needs beside x."""

    w1: np.ndarray  # (D, M)
    w2: np.ndarray  # (M, D)
    z: np.ndarray | None  # (rows, M), x w1 + b1; None where no backward follows
    form: str  # of the GELU, "erf" or "tanh"
    mask: Mask | None  # which values of h are kept; None: all of them
    has_b1: bool
    has_b2: bool


class MlpCache(NamedTuple):
    x: np.ndarray  # (..., D)
    saved: MlpSaved


def mlp_forward(x, w1, b1, w2, b2, *, gelu="erf", drop=None):
    """x (..., D), w1 (D, M), b1 (M,), w2 (M, D), b2 (D,) -> out (..., D)."""
    (x,) = reals(x=x)
    mask = mask_of(drop, np.arange(len(x)), x.dtype)
    out, saved = _mlp_plus(x, w1, b1, w2, b2, None, gelu, mask)
    return out, MlpCache(x, saved)


def mlp_backward(dout, cache):
    """dz = (dout w2^T) gelu'(z), dx = dz w1^T, dw2 = h^T dout, dw1 = x^T dz.

    dout (..., D) -> dx (..., D), dw1 (D, M), db1, dw2 (M, D), db2.
    """
    return _mlp_backward_of(dout, *cache)


def _mlp_plus(x, w1, b1, w2, b2, residual, gelu, mask):
    """residual + MLP(x), where the last product's sums begin at the residual; and what the backward
    needs beside x."""
    check_form(gelu)
    x, w1, w2 = reals(x=x, w1=w1, w2=w2)
    rows = x.reshape(-1, w1.shape[0])
    # y first and h last: h is freed, and leaves no hole in memory between what is kept.
    y = np.empty((*x.shape[:-1], w2.shape[1]), x.dtype)
    z, h = matmul_gelu(rows, w1, b1, form=gelu)
    if mask is not None:
        dropped_into(h, h, mask)
    along = None if residual is None else residual.reshape(-1, w2.shape[1])
    _matmul_into(y.reshape(-1, w2.shape[1]), h, w2, bias=b2, residual=along, weights=True)
    return y, MlpSaved(w1, w2, z, gelu, mask, b1 is not None, b2 is not None)


def _mlp_backward_of(dout, x, saved):
    """See `mlp_backward`; frees each array as soon as it has been used."""
    w1, w2, z, form, mask, has_b1, has_b2 = saved
    del saved  # frees its arrays one by one below, unless the caller still holds it
    (dout,) = like(x, dout)
    dout_rows = dout.reshape(-1, w2.shape[1])
    dz, h = matmul_gelu_backward(dout_rows, w2.T, z, form=form)
    del z
    if mask is not None:
        dropped_into(h, h, mask)
        dropped_into(dz, dz, mask)
    dw2, db2 = weight_gradients(h, dout_rows, w2, has_b2)
    del h
    dw1, db1 = weight_gradients(x.reshape(-1, w1.shape[0]), dz, w1, has_b1)
    del x
    dx = matmul(dz, w1.T).reshape(*dout.shape[:-1], w1.shape[0])
    return dx, dw1, db1, dw2, db2
