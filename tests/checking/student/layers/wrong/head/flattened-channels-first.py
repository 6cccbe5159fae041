"""The numbers are flattened column by column instead of token by token; a lone forward.

Spoils: y
Cause: head-flattened-channels-first
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
        v = x.transpose(0, 2, 1).reshape(len(x), -1)
    y = v @ w
    if b is not None:
        y = y + b
    return y, None
