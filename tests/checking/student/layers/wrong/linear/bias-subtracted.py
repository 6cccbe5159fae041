"""The bias is taken off.

Spoils: y
Cause: linear-bias-subtracted
"""


def linear_forward(x, w, b):
    y = x @ w
    return y if b is None else y - b, (x, w, b)
