"""The MLP branch some rows at a time, on all threads."""

import numpy as np

from minivit.chosen import keeps_caches
from minivit.ops.gelu import check_form

from ..inputs import like, need_shape, reals
from ..layernorm import LayerNormCache
from ..mlp import MlpSaved
from ..product.endings import IN_PLACE, SLOPES, VALUES
from ..product.matmul import check
from ..product.tiled import _stack
from ..simd import ROWS
from .cut import AT_ONCE_BACKWARD, AT_ONCE_FORWARD, cut
from .mlp_shares import mlp_backward_share, mlp_forward_share
from .space import addresses, packs_before, weight, workspace_for
from .sums import summed


def mlp_forward_by_rows(x, gamma, beta, w1, b1, w2, b2, gelu, eps):
    """x (B, T, D) -> y (B, T, D), and what the backward needs of LayerNorm and the MLP."""
    check_form(gelu)
    x, w1, w2 = reals(x=x, w1=w1, w2=w2)
    x, gamma, beta, b1, b2 = like(x, x, gamma, beta, b1, b2)
    y, rows = np.empty_like(x), x.reshape(-1, x.shape[-1])
    need(rows, gamma, beta, w1, b1, w2, b2)
    mean, rstd = np.empty((2, len(rows)), x.dtype)
    z = np.empty((len(rows), w1.shape[1]), x.dtype) if keeps_caches() else None
    sizes = _sizes(rows, w1, AT_ONCE_FORWARD)
    shares, workspace = workspace_for(sizes, sizes.unit, x.dtype)
    of_rows = _stack(rows), _stack(y.reshape(rows.shape)), _stack(rows if z is None else z)
    modes = (IN_PLACE if z is None else VALUES)[gelu], int(b1 is not None), int(b2 is not None)
    packed = packs_before(w1)
    weights = (
        weight(w1, packed), gamma if b1 is None else b1,
        weight(w2, packed), gamma if b2 is None else b2,
    )  # fmt: skip
    arguments = (
        (*of_rows, z is not None), (gamma, beta, mean, rstd, x.dtype.type(eps)), weights, modes,
        tuple(sizes), workspace, addresses(x.dtype, packed=packed),
    )  # fmt: skip
    mlp_forward_share(x.dtype, shares, *arguments)
    saved = MlpSaved(w1, w2, z, gelu, None, b1 is not None, b2 is not None)
    return y, LayerNormCache(x, gamma, mean, rstd), saved


def mlp_backward_by_rows(dy, norm, beta, saved):
    """dy (B, T, D) -> dx (B, T, D), dgamma, dbeta, dw1 (D, M), db1, dw2 (M, D), db2."""
    (x, gamma, mean, rstd), (w1, w2, z, form, _, has_b1, has_b2) = norm, saved
    dx, (D, M) = np.empty_like(x), w1.shape
    of_rows = [_stack(one.reshape(-1, one.shape[-1])) for one in (dy, dx, x, z)]
    sizes = _sizes(x.reshape(-1, D), w1, AT_ONCE_BACKWARD)
    shares, workspace = workspace_for(sizes, sizes.piece, x.dtype)
    sums = np.empty((-(-sizes.rows // sizes.piece), _numbers(D, M)), x.dtype)
    mlp_backward_share(
        x.dtype, shares, tuple(of_rows), (gamma, beta, mean, rstd, x.dtype.type(0)),
        (_stack(w1.T), _stack(w2.T)), sums, SLOPES[form], tuple(sizes), workspace,
        addresses(x.dtype, backward=True),
    )  # fmt: skip
    dw1, dw2, rest = summed(sums, w1, w2)
    db1, db2 = rest[:M] if has_b1 else None, rest[M : M + D] if has_b2 else None
    return dx, rest[M + D : -D], rest[-D:], dw1, db1, dw2, db2


def _sizes(rows, w1, at_once):
    D, M = w1.shape
    return cut(len(rows), D, M, ROWS, _numbers(D, M), at_once)


def _numbers(D, M):
    """How many numbers have a gradient: dw1, dw2, then db1, db2, dgamma and dbeta."""
    return 2 * D * M + M + 3 * D


def need(rows, gamma, beta, w1, b1, w2, b2):
    """InputError where the arrays don't fit one another."""
    need_shape("gamma", gamma, rows.shape[1:])
    need_shape("beta", beta, rows.shape[1:])
    check(rows, rows, w1)
    check(rows, w1, w2)
    need_shape("b1", b1, w1.shape[1:])
    need_shape("w2", w2, w1.shape[::-1])
    need_shape("b2", b2, w2.shape[1:])
