"""The MLP branch some rows at a time, on all threads."""

import numpy as np

from minivit.chosen import keeps_caches
from minivit.destinations import gradient_like
from minivit.ops.gelu import check_form

from ..inputs import like, need_shape, reals
from ..layernorm import LayerNormCache
from ..linear import weight_gradients
from ..mlp import MlpSaved
from ..product.bf16.gradient import Operands, address_of_packing, gradient_into, operands_for
from ..product.bf16.packing import BLOCK
from ..product.endings import IN_PLACE, SLOPES, VALUES
from ..product.matmul import check
from ..product.tiled import stack_of
from ..simd import ROWS
from .choice import gradients_afterwards, packs_operands
from .cut import AT_ONCE_BACKWARD, AT_ONCE_FORWARD, MANY, PIECES, cut
from .mlp_shares import mlp_backward_share, mlp_forward_share
from .space import addresses, packs_before, weights_for, workspace_for
from .sums import norm_gradients, summed


def mlp_forward_by_rows(x, gamma, beta, w1, b1, w2, b2, gelu, eps):
    """x (B, T, D) -> y (B, T, D), and what the backward needs of LayerNorm and the MLP."""
    check_form(gelu)
    x, w1, w2 = reals(x=x, w1=w1, w2=w2)
    x, gamma, beta, b1, b2 = like(x, x, gamma, beta, b1, b2)
    y, rows = np.empty_like(x), x.reshape(-1, x.shape[-1])
    need(rows, gamma, beta, w1, b1, w2, b2)
    mean, rstd = np.empty((2, len(rows)), x.dtype)
    z = np.empty((len(rows), w1.shape[1]), x.dtype) if keeps_caches() else None
    sizes = _sizes(rows, w1, ROWS, AT_ONCE_FORWARD)
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
    dx, (D, M) = np.empty_like(x), w1.shape
    dy, dx_rows, x_rows = (one.reshape(-1, D) for one in (dy, dx, x))
    afterwards, packs = gradients_afterwards(w1), packs_operands(w1)
    written = len(dy) if afterwards and not packs else 0
    # A piece whose rows are packed begins with a whole block.
    unit, at_once = BLOCK if packs else ROWS, AT_ONCE_FORWARD if written else AT_ONCE_BACKWARD
    sizes = _sizes(x_rows, w1, unit, at_once)
    shares, workspace = workspace_for(sizes, sizes.piece, x.dtype)
    sums = np.empty((-(-sizes.rows // sizes.piece), _numbers(w1)), x.dtype)
    normed, h, dz = (np.empty((written, wide), x.dtype) for wide in (D, M, M))
    of_dw1 = operands_for(w1, len(dy)) if packs else Operands(mean, mean, 0)  # any arrays
    of_dw2 = operands_for(w2, len(dy)) if packs else of_dw1
    packing = packs, address_of_packing() if packs else 0, tuple(of_dw1), tuple(of_dw2)
    ready = packs_before(w1)
    mlp_backward_share(
        x.dtype, shares, (stack_of(dy), stack_of(dx_rows), stack_of(x_rows), stack_of(z)),
        (stack_of(normed), stack_of(h), stack_of(dz), written > 0), packing,
        (gamma, beta, mean, rstd, x.dtype.type(0)), tuple(weights_for(w1.T, w2.T, ready)), sums,
        SLOPES[form], tuple(sizes), workspace, addresses(x.dtype, ready, backward=True),
    )  # fmt: skip
    if packs:
        db1, db2, *of_norm = np.split(sums.sum(axis=0), (M, M + D, M + 2 * D))
        dw1 = gradient_into(gradient_like(w1), of_dw1, len(dy))
        dw2 = gradient_into(gradient_like(w2), of_dw2, len(dy))
        return dx, *of_norm, dw1, db1 if has_b1 else None, dw2, db2 if has_b2 else None
    if afterwards:
        dw1, db1 = weight_gradients(normed, dz, w1, has_b1)
        dw2, db2 = weight_gradients(h, dy, w2, has_b2)
        return dx, *norm_gradients(sums), dw1, db1, dw2, db2
    dw1, dw2, rest = summed(sums, w1, w2)
    db1, db2 = rest[:M] if has_b1 else None, rest[M : M + D] if has_b2 else None
    return dx, rest[M + D : -D], rest[-D:], dw1, db1, dw2, db2


def _sizes(rows, w1, unit, at_once):
    D, M = w1.shape
    return cut(len(rows), D, M, unit, _numbers(w1), at_once,
               MANY if gradients_afterwards(w1) else PIECES)  # fmt: skip


def _numbers(w1):
    """How many numbers have sums: dw1 and dw2, unless they come afterwards; db1 and db2, unless
    they come with those; dgamma and dbeta."""
    D, M = w1.shape
    if gradients_afterwards(w1):
        return 2 * D + (M + D if packs_operands(w1) else 0)
    return 2 * D + 2 * D * M + M + D


def need(rows, gamma, beta, w1, b1, w2, b2):
    """InputError where the arrays don't fit one another."""
    need_shape("gamma", gamma, rows.shape[1:])
    need_shape("beta", beta, rows.shape[1:])
    check(rows, rows, w1)
    check(rows, w1, w2)
    need_shape("b1", b1, w1.shape[1:])
    need_shape("w2", w2, w1.shape[::-1])
    need_shape("b2", b2, w2.shape[1:])
