"""y = x + MLP(LN(x)), the twin of `minivit.ops.mlp_branch`.

The skip connection, LayerNorm's output and stochastic depth are handled as in attention_branch.py.
"""

from typing import NamedTuple

import numpy as np

from .inputs import like, need_shape, reals
from .layernorm import (
    LayerNormCache,
    _layernorm_again,
    _layernorm_backward_plus,
    layernorm_forward,
)
from .mlp import MlpSaved, _mlp_backward_of, _mlp_plus
from .stochastic_depth import Kept, add_kept, kept_of


class MlpBranchCache(NamedTuple):
    norm: LayerNormCache  # of the images that are not dropped
    beta: np.ndarray  # (D,)
    mlp: MlpSaved
    kept: Kept | None  # None: all images


def mlp_branch_forward(x, gamma, beta, w1, b1, w2, b2, *, gelu="erf", drop=None, eps=1e-6):
    """x (B, T, D), gamma, beta (D,), w1 (D, M), w2 (M, D) -> y (B, T, D)."""
    (x,) = reals(x=x)
    kept = kept_of(len(x), drop)
    rows = x if kept is None else x[kept.images]
    normed, norm = layernorm_forward(rows, gamma, beta, eps=eps)
    y, mlp = _mlp_plus(normed, w1, b1, w2, b2, rows if kept is None else None, gelu)
    if kept is not None:
        y = add_kept(x, y, kept.images, kept.factor)
    return y, MlpBranchCache(norm, *like(norm.x, beta), mlp, kept)


def mlp_branch_backward(dy, cache):
    """dy (B, T, D) -> dx (B, T, D), dgamma, dbeta, dw1 (D, M), db1, dw2 (M, D), db2."""
    norm, beta, mlp, kept = cache.norm, cache.beta, [cache.mlp], cache.kept
    del cache  # handing mlp on empties its list, so that the callee can free its parts
    (dy,) = like(norm.x, dy)
    need_shape("dy", dy, norm.x.shape if kept is None else (kept.batch, *norm.x.shape[1:]))
    dout = dy if kept is None else dy[kept.images] * dy.dtype.type(kept.factor)
    dnormed, *dweights = _mlp_backward_of(dout, _layernorm_again(norm, beta), mlp.pop())
    dx, dgamma, dbeta = _layernorm_backward_plus(dnormed, norm, dy if kept is None else None)
    if kept is not None:
        dx = add_kept(dy, dx, kept.images)
    return dx, dgamma, dbeta, *dweights
