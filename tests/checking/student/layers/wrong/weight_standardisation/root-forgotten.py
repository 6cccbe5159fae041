"""w - mean is divided by the variance: the root is missing; a lone forward.

Spoils: y
Cause: weight-standardisation-root-forgotten
"""


def weight_standardisation_forward(w, *, eps=1e-10, floor=0.0):
    c = w - w.mean(axis=(0, 1, 2), keepdims=True)
    var = (c * c).mean(axis=(0, 1, 2), keepdims=True) + eps
    hat = c / (var + floor)
    return hat, None
