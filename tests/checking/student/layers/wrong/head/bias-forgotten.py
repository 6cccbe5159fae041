"""The bias is not added; a lone forward.

Spoils: y
Cause: linear-bias-forgotten
"""


def head_forward(x, w, b, *, pool="cls", has_cls=False):
    first = 1 if has_cls else 0
    if pool is None:
        v = x
    elif pool == "cls":
        v = x[:, 0]
    elif pool == "mean":
        v = x[:, first:].sum(axis=1) / (x.shape[1] - first)
    else:
        v = x.reshape(len(x), -1)
    y = v @ w
    return y, None
