"""The second half of a block: the MLP looks at each token alone; its result is added.

    y = x + MLP(LN(x))

(ViT paper, equation 3.)
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.chance import ALL_KEPT, BranchDrop
from minivit.ops.dropout import DropoutCache, dropout_backward, dropout_forward
from minivit.ops.inputs import reals, upstream
from minivit.ops.layernorm import LayerNormCache, layernorm_backward, layernorm_forward
from minivit.ops.mlp import MlpCache, mlp_backward, mlp_flops, mlp_forward
from minivit.ops.notes import unseen
from minivit.ops.stochastic_depth import (
    StochasticDepthCache,
    stochastic_depth_backward,
    stochastic_depth_forward,
)


class MlpBranchCache(NamedTuple):
    norm: LayerNormCache  # x (..., D) -> normed (..., D)
    mlp: MlpCache  # normed -> out (..., D)
    kept: DropoutCache | None  # out -> out_kept (B, T, D)
    dropped: StochasticDepthCache | None  # -> scaled (B, T, D)


def mlp_branch_forward(
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    w1: np.ndarray,
    b1: np.ndarray | None,
    w2: np.ndarray,
    b2: np.ndarray | None,
    *,
    gelu: str = "erf",
    drop: BranchDrop = ALL_KEPT,
    eps: float = 1e-6,
    note=unseen,
) -> tuple[np.ndarray, MlpBranchCache]:
    """Normalise, widen, bend, narrow, add: y = x + MLP(LN(x)).

    x (B, T, D), gamma, beta (D,), w1 (D, M), b1 (M,) or None, w2 (M, D), b2 (D,) or None
    -> y (B, T, D). With `drop` some values between and after the MLP's two maps become 0, and some
    images skip the branch: y = x.
    """
    (x,) = reals(x=x)
    normed, norm = layernorm_forward(x, gamma, beta, eps=eps, note=note)
    out, mlp = mlp_forward(normed, w1, b1, w2, b2, gelu=gelu, drop=drop.inside, note=note)
    kept = dropped = None
    if drop.out is not None:
        out, kept = dropout_forward(out, drop=drop.out)
        note(out_kept=out)
    if drop.images is not None:
        out, dropped = stochastic_depth_forward(out, drop=drop.images, note=note)
    y = x + out
    note(y=y)
    return y, MlpBranchCache(norm, mlp, kept, dropped)


def mlp_branch_backward(dy: np.ndarray, cache: MlpBranchCache, *, note=unseen) -> tuple:
    """Gradients of y = x + MLP(LN(x)).

    dy (B, T, D) -> dx (B, T, D), dgamma, dbeta (D,), dw1 (D, M), db1, dw2 (M, D), db2.

    As in the attention branch, the skip connection hands dy on as it is:
        dx = dy + dx_branch
    """
    norm, mlp, kept, dropped = cache
    dy = upstream(dy, norm.x_hat.dtype)
    dout = dy if dropped is None else stochastic_depth_backward(dy, dropped, note=note)
    if kept is not None:
        note(out_kept=dout)
        dout = dropout_backward(dout, kept)
    dnormed, *dweights = mlp_backward(dout, mlp, note=note)
    dx_branch, dgamma, dbeta = layernorm_backward(dnormed, norm, note=note)
    note(y=dy)
    return dy + dx_branch, dgamma, dbeta, *dweights


def mlp_branch_flops(
    x, gamma, beta, w1, b1, w2, b2, *,
    gelu: str = "erf", drop: BranchDrop = ALL_KEPT, eps: float = 1e-6,
) -> int:  # fmt: skip
    """FLOPs of one item of the first axis."""
    return mlp_flops(x, w1, b1, w2, b2)
