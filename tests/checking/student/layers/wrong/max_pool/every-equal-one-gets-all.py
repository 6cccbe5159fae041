"""Of equal largest numbers each gets the whole gradient, where the first alone should.

Spoils: dx
Cause: max-pool-every-equal-one-gets-all
"""

import numpy as np


def max_pool_forward(x, *, side=3, stride=2):
    pads = []
    for n in x.shape[1:3]:
        total = max((-(-n // stride) - 1) * stride + side - n, 0)
        pads.append((total // 2, total - total // 2))
    xp = np.pad(x, ((0, 0), *pads, (0, 0)), constant_values=-np.inf)
    h, v = (-(-n // stride) for n in x.shape[1:3])
    parts = [xp[:, r::stride, s::stride][:, :h, :v] for r in range(side) for s in range(side)]
    y = np.max(parts, axis=0)
    return y, (xp, y, side, stride, pads, x.shape)


def max_pool_backward(dy, cache):
    xp, y, side, stride, pads, shape = cache
    dxp = np.zeros_like(xp)
    h, v = dy.shape[1:3]
    for r in range(side):
        for s in range(side):
            same = xp[:, r::stride, s::stride][:, :h, :v] == y
            dxp[:, r::stride, s::stride][:, :h, :v] += same * dy
    (top, _), (left, _) = pads
    return dxp[:, top : top + shape[1], left : left + shape[2]].copy()
