"""The second half of a block: the MLP looks at each token alone; its result is added.

    y = x + MLP(LN(x))

(ViT paper, equation 3.)
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.chance import ALL_KEPT, BranchDrop
from minivit.ops.inputs import reals, upstream
from minivit.ops.layernorm import LayerNormCache, layernorm_backward, layernorm_forward
from minivit.ops.left_out import LeftOutCache, add_result, result_gradient
from minivit.ops.mlp import MlpCache, mlp_backward, mlp_flops, mlp_forward
from minivit.ops.notes import unseen


class MlpBranchCache(NamedTuple):
    norm: LayerNormCache  # x (..., D) -> normed (..., D)
    mlp: MlpCache  # normed -> out (..., D)
    left: LeftOutCache  # out -> what is left of it, added to x


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
    y, left = add_result(x, out, drop, note=note)
    return y, MlpBranchCache(norm, mlp, left)


def mlp_branch_backward(dy: np.ndarray, cache: MlpBranchCache, *, note=unseen) -> tuple:
    """Gradients of y = x + MLP(LN(x)).

    dy (B, T, D) -> dx (B, T, D), dgamma, dbeta (D,), dw1 (D, M), db1, dw2 (M, D), db2.

    As in the attention branch, the skip connection hands dy on as it is:
        dx = dy + dx_branch
    """
    norm, mlp, left = cache
    dy = upstream(dy, norm.x_hat.dtype)
    dout = result_gradient(dy, left, note=note)
    dnormed, *dweights = mlp_backward(dout, mlp, note=note)
    dx_branch, dgamma, dbeta = layernorm_backward(dnormed, norm, note=note)
    return dy + dx_branch, dgamma, dbeta, *dweights


def mlp_branch_flops(
    x, gamma, beta, w1, b1, w2, b2, *,
    gelu: str = "erf", drop: BranchDrop = ALL_KEPT, eps: float = 1e-6,
) -> int:  # fmt: skip
    """FLOPs of one item of the first axis."""
    return mlp_flops(x, w1, b1, w2, b2)
