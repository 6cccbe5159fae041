"""There is no bend between the two maps: together they are one linear map.

Spoils: y
Cause: mlp-bend-forgotten
"""

from minivit.ops import linear_forward


def mlp_forward(x, w1, b1, w2, b2):
    z, _ = linear_forward(x, w1, b1)
    out, _ = linear_forward(z, w2, b2)
    return out, (x, z)
