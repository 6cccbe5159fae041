"""y is multiplied by the bias.

Spoils: y
Cause: linear-bias-multiplied
"""


def linear_forward(x, w, b):
    y = x @ w
    return y if b is None else y * b, (x, w, b)
