"""The backward returns the slope and forgets to multiply it with dy.

Spoils: dx
Cause: upstream-ignored
"""


def relu_forward(x):
    mask = x > 0
    return x * mask, mask


def relu_backward(dy, mask):
    return mask.astype(dy.dtype)
