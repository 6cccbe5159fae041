"""The MLP of a block: widen, bend, narrow, token by token.

    out = gelu(x w1 + b1) w2 + b2

(ViT paper, equation 3; M is usually 4 D. In training h = gelu(...) may lose values: dropout.py.)
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.chance import Drop
from minivit.ops.dropout import DropoutCache, dropout_backward, dropout_forward
from minivit.ops.gelu import GeluCache, gelu_backward, gelu_forward
from minivit.ops.inputs import reals
from minivit.ops.linear import LinearCache, linear_backward, linear_flops, linear_forward
from minivit.ops.notes import unseen


class MlpCache(NamedTuple):
    hidden: LinearCache  # x (..., D) -> z (..., M)
    gelu: GeluCache  # z (..., M) -> h (..., M)
    kept: DropoutCache | None  # h -> h_kept (..., M)
    w2: np.ndarray  # (M, D)
    has_b2: bool


def mlp_forward(
    x: np.ndarray,
    w1: np.ndarray,
    b1: np.ndarray | None,
    w2: np.ndarray,
    b2: np.ndarray | None,
    *,
    gelu: str = "erf",
    drop: Drop | None = None,
    note=unseen,
) -> tuple[np.ndarray, MlpCache]:
    """Two linear maps with a GELU between them: out = gelu(x w1 + b1) w2 + b2.

    x (..., D), w1 (D, M), b1 (M,) or None, w2 (M, D), b2 (D,) or None -> out (..., D).
    `gelu` is "erf" or "tanh". With `drop` some values of h, between the two maps, become 0; then
    x is (B, ..., D).
    """
    x, w2 = reals(x=x, w2=w2)
    z, hidden = linear_forward(x, w1, b1)  # (..., M)
    h, bend = gelu_forward(z, form=gelu)
    note(z=z, h=h)
    kept = None
    if drop is not None:
        h, kept = dropout_forward(h, drop=drop)
        note(h_kept=h)
    out, _ = linear_forward(h, w2, b2)
    note(out=out)
    return out, MlpCache(hidden, bend, kept, w2, b2 is not None)


def mlp_backward(dout: np.ndarray, cache: MlpCache, *, note=unseen) -> tuple:
    """Gradients of out = gelu(x w1 + b1) w2 + b2: the chain rule, last step first.

    dout (..., D) -> dx (..., D), dw1 (D, M), db1, dw2 (M, D), db2.
        dh = dout w2^T,   dz = dh gelu'(z),   dx = dz w1^T
    With `drop` the second map saw h_kept = factor h, and dh = factor dh_kept.
    """
    hidden, bend, kept, w2, has_b2 = cache
    h = bend.x * bend.cdf  # made again: z and Phi(z) are kept anyway, and h would be as large
    if kept is not None:
        h = dropout_backward(h, kept)  # the same factors each way
    dh, dw2, db2 = linear_backward(dout, LinearCache(h, w2, has_b2))
    if kept is not None:
        note(h_kept=dh)
        dh = dropout_backward(dh, kept)
    dz = gelu_backward(dh, bend)
    dx, dw1, db1 = linear_backward(dz, hidden)
    note(z=dz, h=dh, out=dout)
    return dx, dw1, db1, dw2, db2


def mlp_flops(x, w1, b1, w2, b2, *, gelu: str = "erf", drop: Drop | None = None) -> int:
    """FLOPs of one item of the first axis: those of the two linear maps."""
    return linear_flops(x, w1) + linear_flops(x, w2)
