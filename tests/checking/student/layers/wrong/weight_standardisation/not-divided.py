"""The mean is taken off, but nothing is divided; a lone forward.

Spoils: y
Cause: weight-standardisation-not-divided
"""


def weight_standardisation_forward(w, *, eps=1e-10, floor=0.0):
    c = w - w.mean(axis=(0, 1, 2), keepdims=True)
    return c, None
