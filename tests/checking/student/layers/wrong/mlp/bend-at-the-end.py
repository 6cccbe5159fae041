"""The bend stands behind the second map, not between the two.

Spoils: y
Cause: mlp-bend-at-the-end
"""

from minivit.ops import gelu_forward, linear_forward


def mlp_forward(x, w1, b1, w2, b2, *, gelu="erf"):
    z, _ = linear_forward(x, w1, b1)
    out, _ = linear_forward(z, w2, b2)
    out, _ = gelu_forward(out, form=gelu)
    return out, (x, z)
