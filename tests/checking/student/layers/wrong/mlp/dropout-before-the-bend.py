"""Dropout acts on z, before the bend.

Spoils: y
Cause: mlp-dropout-before-the-bend
"""

from minivit.ops import dropout_forward, gelu_forward, linear_forward


def mlp_forward(x, w1, b1, w2, b2, *, drop=None):
    h, _ = linear_forward(x, w1, b1)
    if drop is not None:
        h, _ = dropout_forward(h, drop=drop)
    h, _ = gelu_forward(h)
    h, _ = linear_forward(h, w2, b2)
    return h, (x, w1, w2)
