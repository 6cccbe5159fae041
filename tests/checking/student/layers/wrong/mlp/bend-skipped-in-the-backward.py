"""The backward goes from h to x without gelu's slope.

Spoils: dx, dw1, db1
Cause: gelu-slope-forgotten
"""

from minivit.ops import gelu_forward, linear_backward, linear_forward


def mlp_forward(x, w1, b1, w2, b2, *, gelu="erf"):
    z, c1 = linear_forward(x, w1, b1)
    h, _ = gelu_forward(z, form=gelu)
    out, c2 = linear_forward(h, w2, b2)
    return out, [c1, c2]


def mlp_backward(dout, cache):
    c1, c2 = cache
    dh, dw2, db2 = linear_backward(dout, c2)
    dx, dw1, db1 = linear_backward(dh, c1)
    return dx, dw1, db1, dw2, db2
