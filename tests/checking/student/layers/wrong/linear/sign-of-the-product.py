"""The product has a minus.

Spoils: y
Cause: linear-sign-of-the-product
"""


def linear_forward(x, w, b):
    y = -(x @ w)
    return y if b is None else y + b, (x, w, b)
