"""Each place of the result looks at its own part of the map, without any padding."""

import numpy as np


def part(n, k, s, padding, i):
    """The part of the map that stop i sees, and the part of the window that lies on the map."""
    before = 0
    if padding == "same":
        before = max((-(-n // s) - 1) * s + k - n, 0) // 2
    first = i * s - before
    return slice(max(first, 0), min(first + k, n)), slice(max(-first, 0), min(k, n - first))


def depthwise_convolution_forward(x, w, b=None, *, stride=1, padding="same"):
    s = (stride, stride) if isinstance(stride, int) else stride
    n, k = x.shape[1:3], w.shape[:2]
    if padding == "same":
        h, v = (-(-n[a] // s[a]) for a in (0, 1))
    else:
        h, v = ((n[a] - k[a]) // s[a] + 1 for a in (0, 1))
    y = np.zeros((len(x), h, v, x.shape[3]), x.dtype)
    for i in range(h):
        for j in range(v):
            on_x, in_w = zip(
                part(n[0], k[0], s[0], padding, i), part(n[1], k[1], s[1], padding, j), strict=True
            )
            y[:, i, j] = (x[(slice(None), *on_x)] * w[in_w]).sum(axis=(1, 2))
    if b is not None:
        y += b
    return y, (x, w, b, s, padding)


def depthwise_convolution_backward(dy, cache):
    x, w, b, s, padding = cache
    n, k = x.shape[1:3], w.shape[:2]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            on_x, in_w = zip(
                part(n[0], k[0], s[0], padding, i), part(n[1], k[1], s[1], padding, j), strict=True
            )
            d = dy[:, i, j][:, None, None]
            dx[(slice(None), *on_x)] += d * w[in_w]
            dw[in_w] += (d * x[(slice(None), *on_x)]).sum(axis=0)
    return dx, dw, None if b is None else dy.sum(axis=(0, 1, 2))
