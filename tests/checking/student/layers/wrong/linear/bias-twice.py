"""The bias is added twice.

Spoils: y
Cause: linear-bias-twice
"""


def linear_forward(x, w, b):
    y = x @ w
    return y if b is None else y + b + b, (x, w, b)
