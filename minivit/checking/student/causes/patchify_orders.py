"""More mistakes in patchify: other patches than are asked for, and pixels in any other order."""

import itertools

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.patchify import (
    DIMAGES,
    NUMBERS,
    PATCHIFY,
    Y,
    in_order,
    moved,
    overlaps,
    windows,
)

SIDES = "patches of (height, width), every stride of (down, across) pixels"
AXES = "rows of patches", "columns of patches", "rows", "columns", "channels"
TOLD = [(0, 1, 2, 3, 4), (1, 0, 2, 3, 4), (0, 1, 4, 2, 3), (0, 1, 3, 2, 4), (0, 1, 4, 3, 2),
        (1, 0, 3, 2, 4), (0, 2, 1, 3, 4)]  # fmt: skip
# (rows of patches, rows, columns of patches, columns) is the reshape alone, which has its cause.


def cut(at, patch, stride):
    """y of other patches, as many as fit; None where none does, or where nothing differs."""
    _, right, right_stride, _ = at.cache
    fits = all(p <= side for p, side in zip(patch, at.images.shape[1:3], strict=True))
    if not fits or (patch, stride) == (right, right_stride):
        return None
    cuts = np.lib.stride_tricks.sliding_window_view(at.images, patch, axis=(1, 2))
    cuts = cuts[:, :: stride[0], :: stride[1]].transpose(0, 1, 2, 4, 5, 3)
    return {"y": cuts.reshape(len(at.images), cuts.shape[1] * cuts.shape[2], -1)}


def sides_exchanged(at):
    _, patch, stride, _ = at.cache
    return cut(at, patch[::-1], stride if overlaps(at) else patch[::-1])


def strides_exchanged(at):
    return cut(at, at.cache.patch, at.cache.stride[::-1])


def stride_of_the_patch(at):
    return cut(at, at.cache.patch, at.cache.patch)


def one_side(at, which):
    _, patch, stride, _ = at.cache
    square = (patch[which],) * 2
    return cut(at, square, stride if overlaps(at) else square)


def one_stride(at, which):
    return cut(at, at.cache.patch, (at.cache.stride[which],) * 2)


def mirrored(at, *axes):
    return moved(at, np.flip(windows(at), axes))


def first_image(at):
    return {"y": np.broadcast_to(at.output[:1], at.output.shape)}


def first_assigned(at):
    """The first patch that holds a pixel gives its gradient."""
    where = windows(at).reshape(at.output.shape[1:])
    dimages = np.zeros((len(at.images), at.images[0].size))
    for n in reversed(range(len(where))):
        dimages[:, where[n]] = at.dy[:, n]
    return {"dimages": dimages.reshape(at.images.shape)} if overlaps(at) else None


def side_by_side(at):
    """dimages as if the patches did not overlap."""
    rows, columns, P, Q, channels = windows(at).shape
    beside = at.dy.reshape(-1, rows, columns, P, Q, channels).transpose(0, 1, 3, 2, 4, 5)
    beside = beside.reshape(len(at.dy), rows * P, columns * Q, channels)
    _, height, width, _ = at.images.shape
    return {"dimages": beside[:, :height, :width]} if overlaps(at) else None


def in_other_order(order):
    words = ", ".join(AXES[axis] for axis in order)
    return Cause("patchify-axes-in-another-order",
                 f"from the slowest to the fastest the axes are: {words}", NUMBERS, Y,
                 lambda at: in_order(at, *order))  # fmt: skip


WHERE = "Which of the two numbers belongs to the height? Try an oblong patch, and an oblong image."
ORIGIN = "At which corner of the image are its first patch, and the first pixel of a patch?"
OTHER = [
    Cause("patchify-patches-from-below", "the rows of patches come from below", ORIGIN, Y,
          lambda at: mirrored(at, 0)),
    Cause("patchify-patches-from-the-right", "the patches of a row come from the right", ORIGIN, Y,
          lambda at: mirrored(at, 1)),
    Cause("patchify-patches-from-the-last", "the patches come from the last to the first", ORIGIN,
          Y, lambda at: mirrored(at, 0, 1)),
    Cause("patchify-patches-upside-down", "the rows inside a patch come from below", ORIGIN, Y,
          lambda at: mirrored(at, 2)),
    Cause("patchify-patches-mirrored", "the columns inside a patch come from the right", ORIGIN, Y,
          lambda at: mirrored(at, 3)),
    Cause("patchify-pixels-from-the-last", "the pixels of a patch come from the last to the first",
          ORIGIN, Y, lambda at: mirrored(at, 2, 3)),
    Cause("patchify-channels-reversed", "the channels come in the reverse order",
          "Red, green, blue: which of them is number 0 in the images, and in a patch?", Y,
          lambda at: mirrored(at, 4)),
    Cause("patchify-pixels-and-channels-reversed",
          "the numbers of a patch come from the last to the first", ORIGIN, Y,
          lambda at: mirrored(at, 2, 3, 4)),
    Cause("patchify-sides-exchanged", "the height of a patch is taken for its width", WHERE, SIDES,
          sides_exchanged),
    Cause("patchify-stride-exchanged", "the stride down is taken across, and the one across down",
          WHERE, SIDES, strides_exchanged),
    Cause("patchify-stride-ignored", "the patches lie side by side, whatever stride says",
          "How far is it from one patch to the next?", SIDES, stride_of_the_patch),
    Cause("patchify-one-side-for-both", "the first side of a patch is taken for both", WHERE, SIDES,
          lambda at: one_side(at, 0)),
    Cause("patchify-one-side-for-both", "the second side of a patch is taken for both", WHERE,
          SIDES, lambda at: one_side(at, 1)),
    Cause("patchify-one-stride-for-both", "the stride down is taken across, too", WHERE, SIDES,
          lambda at: one_stride(at, 0)),
    Cause("patchify-one-stride-for-both", "the stride across is taken down, too", WHERE, SIDES,
          lambda at: one_stride(at, 1)),
    Cause("patchify-first-image-for-all", "every image gets the patches of the first",
          "Which image of the batch does your loop read?", Y, first_image),
    Cause("patchify-divided-by-255", "the pixels are divided by 255",
          "Patchify moves pixels. Who scales them, and where?", Y,
          lambda at: {"y": at.output / 255}),
    Cause("patchify-first-of-the-overlaps",
          "a pixel that is in several patches gets the gradient of the first one alone",
          "A pixel that is in two patches acts on the loss twice. What is its gradient?", DIMAGES,
          first_assigned),
    Cause("patchify-stride-forgotten-in-the-backward",
          "the gradients are put side by side, as if the patches did not overlap",
          "Where in the image does patch 1 begin?", DIMAGES, side_by_side),
    *(in_other_order(order) for order in itertools.permutations(range(5)) if order not in TOLD),
]  # fmt: skip
CAUSES = {"patchify": PATCHIFY + OTHER}
