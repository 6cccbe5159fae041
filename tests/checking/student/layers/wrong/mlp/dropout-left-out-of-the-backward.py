"""With dropout the backward lets the gradient through where hidden values were dropped.

Spoils: dx, dw1, db1
Cause: dropout-skipped-in-the-backward
"""

from minivit.ops import (
    dropout_forward,
    gelu_backward,
    gelu_forward,
    linear_backward,
    linear_forward,
)


def mlp_forward(x, w1, b1, w2, b2, *, drop=None):
    z, c1 = linear_forward(x, w1, b1)
    h, c2 = gelu_forward(z)
    if drop is not None:
        h, _ = dropout_forward(h, drop=drop)
    out, c3 = linear_forward(h, w2, b2)
    return out, (c1, c2, c3)


def mlp_backward(dout, cache):
    c1, c2, c3 = cache
    dh, dw2, db2 = linear_backward(dout, c3)
    dx, dw1, db1 = linear_backward(gelu_backward(dh, c2), c1)
    return dx, dw1, db1, dw2, db2
