"""A loop over the images, and no cache at all."""

import numpy as np


def positions_forward(x, table):
    return np.array([image + table for image in x]), None


def positions_backward(dy, cache):
    dtable = np.zeros_like(dy[0])
    for image in dy:
        dtable += image
    return np.array(dy), dtable
