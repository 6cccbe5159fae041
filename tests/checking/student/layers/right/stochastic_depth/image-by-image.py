"""A loop over the images, each with its own draw."""

import numpy as np

from minivit.ops.chance import uniform


def stochastic_depth_forward(x, *, drop):
    numbers = [uniform(drop.seed, np.array([drop.first_image + b]))[0] for b in range(len(x))]
    kept = [number >= drop.rate for number in numbers]
    y = np.array([x[b] / (1 - drop.rate) if kept[b] else 0 * x[b] for b in range(len(x))])
    return y, {"kept": kept, "scale": 1 / (1 - drop.rate)}


def stochastic_depth_backward(dy, cache):
    dx = dy * cache["scale"]
    for b, keep in enumerate(cache["kept"]):
        if not keep:
            dx[b] = 0
    return dx
