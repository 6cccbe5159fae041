"""max(x, 0) = (x + |x|) / 2, and the slope (1 + sign) / 2, floored at 0."""

import numpy as np


def relu_forward(x):
    return (x + np.abs(x)) / 2, np.sign(x)


def relu_backward(dy, sign):
    return dy * np.floor((1 + sign) / 2)
