"""The MLP branch some rows at a time, on all threads."""

import numpy as np

from minivit.chosen import keeps_caches
from minivit.ops.gelu import check_form

from ..inputs import like, need_shape, reals
from ..layernorm import LayerNormCache
from ..mlp import MlpSaved
from ..product.bf16.packing import BLOCK
from ..product.endings import IN_PLACE, SLOPES, VALUES
from ..product.matmul import check
from ..product.tiled import stack_of
from ..simd import ROWS
from .choice import way_of_gradients
from .cut import ADDED_UP, AT_ONCE_BACKWARD, AT_ONCE_FORWARD, MANY, PACKED, PIECES, WRITTEN, cut
from .gradients import gradients, numbers, room_for
from .mlp_shares import mlp_backward_share, mlp_forward_share
from .space import addresses, packs_before, weights_for, workspace_for


def mlp_forward_by_rows(x, gamma, beta, w1, b1, w2, b2, gelu, eps):
    """x (B, T, D) -> y (B, T, D), and what the backward needs of LayerNorm and the MLP."""
    check_form(gelu)
    x, w1, w2 = reals(x=x, w1=w1, w2=w2)
    x, gamma, beta, b1, b2 = like(x, x, gamma, beta, b1, b2)
    y, rows = np.empty_like(x), x.reshape(-1, x.shape[-1])
    need(rows, gamma, beta, w1, b1, w2, b2)
    mean, rstd = np.empty((2, len(rows)), x.dtype)
    z = np.empty((len(rows), w1.shape[1]), x.dtype) if keeps_caches() else None
    sizes = _sizes(rows, w1, w2, way_of_gradients(w1, BLOCK), ROWS, AT_ONCE_FORWARD)
    shares, workspace = workspace_for(sizes, sizes.unit, x.dtype)
    of_rows = stack_of(rows), stack_of(y.reshape(rows.shape)), stack_of(rows if z is None else z)
    modes = (IN_PLACE if z is None else VALUES)[gelu], int(b1 is not None), int(b2 is not None)
    ready = packs_before(w1)
    w1_here, w2_here = weights_for(w1, w2, ready)
    weights = w1_here, gamma if b1 is None else b1, w2_here, gamma if b2 is None else b2
    arguments = (
        (*of_rows, z is not None), (gamma, beta, mean, rstd, x.dtype.type(eps)), weights, modes,
        tuple(sizes), workspace, addresses(x.dtype, ready),
    )  # fmt: skip
    mlp_forward_share(x.dtype, shares, *arguments)
    saved = MlpSaved(w1, w2, z, gelu, None, b1 is not None, b2 is not None)
    return y, LayerNormCache(x, gamma, mean, rstd), saved


def mlp_backward_by_rows(dy, norm, beta, saved):
    """dy (B, T, D) -> dx (B, T, D), dgamma, dbeta, dw1 (D, M), db1, dw2 (M, D), db2."""
    (x, gamma, mean, rstd), (w1, w2, z, form, _, has_b1, has_b2) = norm, saved
    dx = np.empty_like(x)
    dy, dx_rows, x_rows = (one.reshape(-1, len(w1)) for one in (dy, dx, x))
    way = way_of_gradients(w1, BLOCK)
    at_once = AT_ONCE_FORWARD if way == WRITTEN else AT_ONCE_BACKWARD
    # Whole blocks are packed, and only the last of all may have fewer rows.
    sizes = _sizes(x_rows, w1, w2, way, BLOCK if way == PACKED else ROWS, at_once)
    shares, workspace = workspace_for(sizes, sizes.piece, x.dtype)
    sums = np.empty((-(-sizes.rows // sizes.piece), numbers(way, w1, w2)), x.dtype)
    (left, told), ready = room_for(way, w1, w2, sizes), packs_before(w1)
    mlp_backward_share(
        x.dtype, shares, (stack_of(dy), stack_of(dx_rows), stack_of(x_rows), stack_of(z)),
        *told, (gamma, beta, mean, rstd, x.dtype.type(0)),
        tuple(weights_for(w1.T, w2.T, ready)), sums, SLOPES[form], tuple(sizes), workspace,
        addresses(x.dtype, ready, backward=True),
    )  # fmt: skip
    return dx, *gradients(way, left, dy, sums, (w1, w2), (has_b1, has_b2))


def _sizes(rows, w1, w2, way, unit, at_once):
    pieces = PIECES if way == ADDED_UP else MANY
    return cut(len(rows), *w1.shape, unit, numbers(way, w1, w2), at_once, pieces)


def need(rows, gamma, beta, w1, b1, w2, b2):
    """InputError where the arrays don't fit one another."""
    need_shape("gamma", gamma, rows.shape[1:])
    need_shape("beta", beta, rows.shape[1:])
    check(rows, rows, w1)
    check(rows, w1, w2)
    need_shape("b1", b1, w1.shape[1:])
    need_shape("w2", w2, w1.shape[::-1])
    need_shape("b2", b2, w2.shape[1:])
