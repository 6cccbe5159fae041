"""y = x + MLP(LN(x)), the twin of `minivit.ops.mlp_branch`.

The skip connection, LayerNorm's output and what is left out are handled as in attention_branch.py.
A narrow model's branch is done some rows at a time (by_rows/).
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.chance import ALL_KEPT

from .by_rows.choice import mlp_by_rows
from .by_rows.mlp import mlp_backward_by_rows, mlp_forward_by_rows
from .inputs import like, need_shape, reals
from .layernorm import (
    LayerNormCache,
    _layernorm_again,
    _layernorm_backward_plus,
    layernorm_forward,
)
from .left_out import NOTHING, LeftOut, add_result, left_out, result_gradient, rows_of
from .mlp import MlpSaved, _mlp_backward_of, _mlp_plus
from .stochastic_depth import add_kept


class MlpBranchCache(NamedTuple):
    norm: LayerNormCache  # of the images that do not skip the branch
    beta: np.ndarray  # (D,)
    mlp: MlpSaved
    left: LeftOut


def mlp_branch_forward(x, gamma, beta, w1, b1, w2, b2, *, gelu="erf", drop=ALL_KEPT, eps=1e-6):
    """x (B, T, D), gamma, beta (D,), w1 (D, M), w2 (M, D) -> y (B, T, D)."""
    x, w1 = reals(x=x, w1=w1)
    left = left_out(drop, len(x), x.dtype)
    if left is NOTHING and mlp_by_rows(x, w1):
        y, norm, mlp = mlp_forward_by_rows(x, gamma, beta, w1, b1, w2, b2, gelu, eps)
        return y, MlpBranchCache(norm, *like(norm.x, beta), mlp, left)
    normed, norm = layernorm_forward(rows_of(x, left), gamma, beta, eps=eps)
    residual = None if left.of_result else x
    y, mlp = _mlp_plus(normed, w1, b1, w2, b2, residual, gelu, left.inside)
    if left.of_result:
        y = add_result(x, y, left)
    return y, MlpBranchCache(norm, *like(norm.x, beta), mlp, left)


def mlp_branch_backward(dy, cache):
    """dy (B, T, D) -> dx (B, T, D), dgamma, dbeta, dw1 (D, M), db1, dw2 (M, D), db2."""
    norm, beta, mlp, left = cache.norm, cache.beta, [cache.mlp], cache.left
    del cache  # handing mlp on empties its list, so that the callee can free its parts
    (dy,) = like(norm.x, dy)
    kept = left.kept
    need_shape("dy", dy, norm.x.shape if kept is None else (kept.batch, *norm.x.shape[1:]))
    if left is NOTHING and mlp_by_rows(norm.x, mlp[0].w1):
        return mlp_backward_by_rows(dy, norm, beta, mlp[0])
    dout = result_gradient(dy, left)
    dnormed, *dweights = _mlp_backward_of(dout, _layernorm_again(norm, beta), mlp.pop())
    dx, dgamma, dbeta = _layernorm_backward_plus(dnormed, norm, dy if kept is None else None)
    if kept is not None:
        dx = add_kept(dy, dx, kept.images)
    return dx, dgamma, dbeta, *dweights
