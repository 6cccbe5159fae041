"""y tells where x is positive, not how large it is there; a lone forward.

Spoils: y
Cause: relu-step
"""


def relu_forward(x):
    return (x > 0).astype(x.dtype), None
