"""There is no tanh: y is x w + b; a lone forward.

Spoils: y
Cause: pre-logits-tanh-forgotten
"""


def pre_logits_forward(x, w, b=None):
    z = x @ w
    if b is not None:
        z = z + b
    y = z
    return y, None
