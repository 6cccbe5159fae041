"""What is positive becomes 0, or gets no gradient, instead of what is negative.

Spoils: y, dx
Cause: relu-positives-removed
"""


def relu_forward(x):
    return x * (x < 0), x < 0


def relu_backward(dy, mask):
    return dy * mask
