"""Dropout acts on the result, not on what lies between the two maps.

Spoils: y
Cause: mlp-dropout-of-the-result
"""

from minivit.ops import dropout_forward, gelu_forward, linear_forward


def mlp_forward(x, w1, b1, w2, b2, *, drop=None):
    h, _ = linear_forward(x, w1, b1)
    h, _ = gelu_forward(h)
    h, _ = linear_forward(h, w2, b2)
    if drop is not None:
        h, _ = dropout_forward(h, drop=drop)
    return h, (x, w1, w2)
