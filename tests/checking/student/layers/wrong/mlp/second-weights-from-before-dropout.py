"""dw2 is made with h from before dropout.

Spoils: dw2
Cause: mlp-second-weights-from-before-dropout
"""

from minivit.ops import dropout_backward, gelu_backward, linear_backward


def mlp_backward(dout, cache):
    h = cache.gelu.x * cache.gelu.cdf
    rows = dout.reshape(-1, dout.shape[-1])
    dw2 = h.reshape(-1, h.shape[-1]).T @ rows
    db2 = rows.sum(axis=0) if cache.has_b2 else None
    dh = dout @ cache.w2.T
    if cache.kept is not None:
        dh = dropout_backward(dh, cache.kept)
    dx, dw1, db1 = linear_backward(gelu_backward(dh, cache.gelu), cache.hidden)
    return dx, dw1, db1, dw2, db2
