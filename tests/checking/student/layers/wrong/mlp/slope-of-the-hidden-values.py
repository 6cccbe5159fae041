"""gelu's slope is taken at h = gelu(z), where it belongs to z.

Spoils: dx, dw1, db1
Cause: gelu-slope-at-y
"""

from minivit.ops import gelu_backward, gelu_forward, linear_backward, linear_forward


def mlp_forward(x, w1, b1, w2, b2):
    z, first = linear_forward(x, w1, b1)
    h, _ = gelu_forward(z)
    out, second = linear_forward(h, w2, b2)
    return out, (first, h, second)


def mlp_backward(dout, cache):
    first, h, second = cache
    dh, dw2, db2 = linear_backward(dout, second)
    _, bend = gelu_forward(h)
    dz = gelu_backward(dh, bend)
    dx, dw1, db1 = linear_backward(dz, first)
    return dx, dw1, db1, dw2, db2
