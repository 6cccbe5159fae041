"""Phi from erfc of the other side, and the tanh form as a sigmoid of twice the argument."""

import math

import numpy as np

ROOT = math.sqrt(2 / math.pi)


def gelu_forward(x, *, form="erf"):
    if form == "erf":
        cdf = np.array([0.5 * math.erfc(-t / math.sqrt(2)) for t in x.ravel().tolist()])
        cdf = cdf.reshape(x.shape).astype(x.dtype)
    else:
        cdf = 1 / (1 + np.exp(-2 * ROOT * (x + 0.044715 * x**3)))
    return x * cdf, {"x": x, "cdf": cdf, "form": form}


def gelu_backward(dy, cache):
    x, cdf = cache["x"], cache["cdf"]
    if cache["form"] == "erf":
        slope = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    else:
        slope = cdf * (1 - cdf) * 2 * ROOT * (1 + 3 * 0.044715 * x**2)
    return dy * cdf + dy * x * slope
