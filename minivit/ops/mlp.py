"""The MLP of a block: widen, bend, narrow, token by token.

    y = residual + gelu(x w1 + b1) w2 + b2

(ViT paper, equation 3; M is usually 4 D.)
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.gelu import GeluCache, gelu_backward, gelu_forward
from minivit.ops.linear import LinearCache, linear_backward, linear_forward


class MlpCache(NamedTuple):
    hidden: LinearCache  # x (..., D) -> z (..., M)
    gelu: GeluCache  # z (..., M) -> h (..., M)
    out: LinearCache  # h (..., M) -> (..., D)
    has_residual: bool


def mlp_forward(
    x: np.ndarray,
    w1: np.ndarray,
    b1: np.ndarray | None,
    w2: np.ndarray,
    b2: np.ndarray | None,
    residual: np.ndarray | None = None,
    *,
    gelu: str = "erf",
) -> tuple[np.ndarray, MlpCache]:
    """Two linear maps with a GELU between them: y = residual + gelu(x w1 + b1) w2 + b2.

    x (..., D), w1 (D, M), b1 (M,) or None, w2 (M, D), b2 (D,) or None, residual (..., D) or None
    -> y (..., D). `gelu` is "erf" or "tanh".
    """
    z, hidden_cache = linear_forward(x, w1, b1)
    h, gelu_cache = gelu_forward(z, form=gelu)
    y, out_cache = linear_forward(h, w2, b2)
    if residual is not None:
        y += residual
    return y, MlpCache(hidden_cache, gelu_cache, out_cache, residual is not None)


def mlp_backward(dy: np.ndarray, cache: MlpCache, *, want_dresidual: bool = True) -> tuple:
    """Gradients of y = residual + gelu(x w1 + b1) w2 + b2: the chain rule, last step first.

    dy (..., D) -> dx (..., D), dw1 (D, M), db1, dw2 (M, D), db2, dresidual.
        dh = dy w2^T,   dz = dh gelu'(z),   dx = dz w1^T,   dresidual = dy
    """
    dh, dw2, db2 = linear_backward(dy, cache.out)
    dz = gelu_backward(dh, cache.gelu)
    dx, dw1, db1 = linear_backward(dz, cache.hidden)
    dresidual = dy.copy() if cache.has_residual and want_dresidual else None
    return dx, dw1, db1, dw2, db2, dresidual
