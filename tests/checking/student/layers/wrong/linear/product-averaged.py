"""The product is averaged.

Spoils: y
Cause: linear-product-averaged
"""


def linear_forward(x, w, b):
    y = x @ w / x.shape[-1]
    return y if b is None else y + b, (x, w, b)
