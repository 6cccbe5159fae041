"""Mistakes in patchify: pixels that come to other places than they should.

Where the pixels go is told by numbering them: what comes out of numbers is where each was.
"""

import numpy as np

from minivit.checking.student.causes.cause import Cause

Y = "patches[b, n] = images[b, rows of patch n, columns of patch n, :].flatten()"
DIMAGES = "dimages = A^T dpatches, where A copies pixels to patches"
NUMBERS = "Number the pixels of a small image with np.arange, and print its patches."


def windows(at):
    """The pixels' numbers: (grid rows, grid columns, P, P, channels)."""
    _, (P, Q), (down, across), _ = at.cache
    image = np.arange(at.images[0].size).reshape(at.images.shape[1:])
    cut = np.lib.stride_tricks.sliding_window_view(image, (P, Q), axis=(0, 1))
    return cut[::down, ::across].transpose(0, 1, 3, 4, 2)


def moved(at, where):
    """y and dimages, where pixel where[n, i] comes to place i of patch n."""
    where = where.reshape(at.output.shape[1:])
    images = at.images.reshape(len(at.images), -1)
    dimages = np.zeros(images.shape)
    np.add.at(dimages, (slice(None), where), at.dy)
    return {"y": images[:, where], "dimages": dimages.reshape(at.images.shape)}


def in_order(at, *axes):
    """The axes (grid rows, grid columns, P, P, channels) in another order."""
    return moved(at, windows(at).transpose(axes))


def overlaps(at):
    _, patch, stride, _ = at.cache
    return patch != stride


def reshaped(at):
    return None if overlaps(at) else moved(at, np.arange(at.images[0].size))


def spread_out(at):
    """A patch is the pixels (r, r + rows, ...) of the columns (c, c + columns, ...)."""
    rows, columns, P, Q, channels = windows(at).shape
    image = np.arange(at.images[0].size).reshape(P, rows, Q, columns, channels)
    return moved(at, image.transpose(1, 3, 0, 2, 4))


def assigned(at):
    """The last patch that holds a pixel gives its gradient."""
    where = windows(at).reshape(at.output.shape[1:])
    dimages = np.zeros((len(at.images), at.images[0].size))
    for n, patch in enumerate(where):
        dimages[:, patch] = at.dy[:, n]
    return {"dimages": dimages.reshape(at.images.shape)} if overlaps(at) else None


def averaged(at):
    counts = np.bincount(windows(at).ravel()).reshape(at.images.shape[1:])
    return {"dimages": at.right["dimages"] / counts} if overlaps(at) else None


PATCHIFY = [
    Cause("patchify-reshape-alone",
          "the pixels are reshaped, not transposed: a patch is a strip of pixels", NUMBERS, Y,
          reshaped),
    Cause("patchify-columns-of-patches-first",
          "the patches come down the columns of the grid, not along its rows", NUMBERS, Y,
          lambda at: in_order(at, 1, 0, 2, 3, 4)),
    Cause("patchify-channels-before-pixels",
          "inside a patch the order is (channel, row, column), not (row, column, channel)", NUMBERS,
          Y, lambda at: in_order(at, 0, 1, 4, 2, 3)),
    Cause("patchify-columns-before-rows",
          "inside a patch the order is (column, row, channel), not (row, column, channel)", NUMBERS,
          Y, lambda at: in_order(at, 0, 1, 3, 2, 4)),
    Cause("patchify-channels-first-and-columns-before-rows",
          "inside a patch the order is (channel, column, row), not (row, column, channel)", NUMBERS,
          Y, lambda at: in_order(at, 0, 1, 4, 3, 2)),
    Cause("patchify-images-on-their-side", "the rows of the images are taken for their columns",
          NUMBERS, Y, lambda at: in_order(at, 1, 0, 3, 2, 4)),
    Cause("patchify-grid-and-patch-exchanged",
          "a patch takes pixels that lie far apart: the grid's axes stand in the place of its own",
          NUMBERS, Y, lambda at: None if overlaps(at) else spread_out(at)),
    Cause("patchify-overlaps-overwritten",
          "a pixel that is in several patches gets the gradient of the last one alone",
          "A pixel that is in two patches acts on the loss twice. What is its gradient?", DIMAGES,
          assigned),
    Cause("patchify-overlaps-averaged",
          "a pixel that is in several patches gets the mean of their gradients",
          "A pixel that is in two patches acts on the loss twice. What is its gradient?", DIMAGES,
          averaged),
]  # fmt: skip
