"""Plain loops over the patches, with any stride; the backward adds up."""

import numpy as np


def two(side):
    return (side, side) if isinstance(side, int) else (side[0], side[1])


def corners(shape, patch, stride):
    for top in range(0, shape[1] - patch[0] + 1, stride[0]):
        for left in range(0, shape[2] - patch[1] + 1, stride[1]):
            yield slice(top, top + patch[0]), slice(left, left + patch[1])


def patchify_forward(images, *, patch, stride=None):
    patch = two(patch)
    stride = patch if stride is None else two(stride)
    places = corners(images.shape, patch, stride)
    found = [images[:, r, c].reshape(len(images), -1) for r, c in places]
    return np.stack(found, axis=1), {"shape": images.shape, "patch": patch, "stride": stride}


def patchify_backward(dpatches, cache):
    shape, patch = cache["shape"], cache["patch"]
    dimages = np.zeros(shape, dpatches.dtype)
    for n, (r, c) in enumerate(corners(shape, patch, cache["stride"])):
        dimages[:, r, c] += dpatches[:, n].reshape(shape[0], *patch, shape[3])
    return dimages
