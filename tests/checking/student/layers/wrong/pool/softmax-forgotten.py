"""The scores themselves are the weights, without a softmax; a lone forward.

Spoils: y
Cause: pool-softmax-forgotten
"""

import numpy as np


def pool_forward(x, w=None, b=None, *, pool="cls", has_cls=False):
    p, first = None, int(has_cls)
    if pool == "cls":
        y = x[:, 0].copy()
    elif pool == "mean":
        y = x[:, first:].sum(axis=1) / (x.shape[1] - first)
    elif pool == "flatten":
        y = x.reshape(len(x), -1).copy()
    else:
        s = (x @ w)[:, :, 0]
        if b is not None:
            s = s + b
        p = s
        y = np.einsum("bt,btd->bd", p, x)
    return y, None
