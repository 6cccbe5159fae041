"""The product is divided by sqrt(D).

Spoils: y
Cause: linear-product-divided-by-the-root
"""


def linear_forward(x, w, b):
    y = x @ w / x.shape[-1] ** 0.5
    return y if b is None else y + b, (x, w, b)
