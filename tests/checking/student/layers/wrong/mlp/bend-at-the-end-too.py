"""There is a second bend, behind the second map.

Spoils: y
Cause: mlp-bend-at-the-end-too
"""

from minivit.ops import gelu_forward, linear_forward


def mlp_forward(x, w1, b1, w2, b2, *, gelu="erf"):
    z, _ = linear_forward(x, w1, b1)
    h, _ = gelu_forward(z, form=gelu)
    out, _ = linear_forward(h, w2, b2)
    out, _ = gelu_forward(out, form=gelu)
    return out, (x, z, h)
