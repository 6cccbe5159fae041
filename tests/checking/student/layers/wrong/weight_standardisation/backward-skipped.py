"""The gradient of w_hat is taken for that of w; a lone backward.

Spoils: dw
Cause: weight-standardisation-backward-skipped
"""


def weight_standardisation_backward(dy, cache):
    return dy.copy()
