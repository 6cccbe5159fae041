"""More mistakes in the plain convolution: other edges and stops, channels, means."""

import numpy as np

from minivit.checking.student.causes import windows
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.convolution import CAUSES as FIRST
from minivit.checking.student.causes.convolution import DB, DW, Y
from minivit.checking.student.causes.convolved import slid
from minivit.ops.sliding import Sliding, seen

CORNER = "What is y in each of the four corners, if all of x is 1 and all of w is 1?"
ONES = "What is y in the middle, if all of x is 1 and all of w is 1?"
CHANNELS = "Which axis of w belongs to the channels that come in?"
TWO = "Which of the two numbers of stride belongs to the height? Try a map that is no square."
PLACES = "At how many places is one number of w used? What does each use add to the loss?"


def all_before(at) -> Sliding:
    both = zip(windows.right(at).before, windows.right(at).after, strict=True)
    return windows.right(at)._replace(before=tuple(map(sum, both)), after=(0, 0))


def always_beside(at) -> Sliding | None:
    right = windows.right(at)
    return windows.slid(at, right.side, right.stride, "same") if at.padding == "valid" else None


def stride_of(at, down, across) -> Sliding | None:
    stride = windows.right(at).stride
    return windows.slid(at, windows.right(at).side, (down(*stride), across(*stride)))


def one_stop_less(at) -> Sliding:
    right = windows.right(at)
    return right._replace(stops=tuple(max(n - 1, 1) for n in right.stops))


def other_window(at, w):
    return {"y": slid(at, windows.right(at), w).get("y")}


def flipped(at, axis):
    found = slid(at, windows.right(at), np.flip(at.w, axis))
    return found | {"dw": np.flip(found["dw"], axis)}


def square(at, formula):
    """Where as many channels come in as go out."""
    return formula(at) if at.w.shape[2] == at.w.shape[3] else None


def channels_turned(at):
    found = slid(at, windows.right(at), np.swapaxes(at.w, 2, 3))
    return found | {"dw": np.swapaxes(found["dw"], 2, 3)}


def without_bias(at):
    return at.output if at.b is None else at.output - at.b


def divided(at, number):
    return {"y": at.output - without_bias(at) * (1 - 1 / number)}


def dw_without_edges(at):
    """What lies beside the map is taken for the map's edge: repeated in dw alone."""
    right = windows.right(at)
    wide = np.pad(at.x, [(0, 0), *zip(right.before, right.after, strict=True), (0, 0)], "edge")
    dw = np.zeros(at.w.shape)
    for r, s in np.ndindex(right.side):
        dw[r, s] = np.einsum("bijc,bijo->co", seen(wide, right, r, s), at.dy)
    return {"dw": dw}


def averaged(at):
    return {"dw": at.right["dw"] / (at.dy.size / at.dy.shape[-1])}


def cause(name, sentence, hint, line, formula):
    return Cause(f"convolution-{name}", sentence, hint, line, formula)


def slides(name, sentence, hint, line, way):
    return cause(name, sentence, hint, line, lambda at: slid(at, way(at)))


MORE = [
    slides("padding-all-before", "all that lies beside the map is above and left of it", CORNER,
           windows.PADDING, all_before),
    slides("always-padded", 'something lies beside the map for padding "valid", too',
           "How many stops has a window of 3 inside a map of 4?", windows.STOPS, always_beside),
    slides("stride-down-alone", "the stride is taken down alone, and 1 across", TWO, windows.STOPS,
           lambda at: stride_of(at, lambda s, t: s, lambda s, t: 1)),
    slides("stride-across-alone", "the stride is taken across alone, and 1 down", TWO,
           windows.STOPS, lambda at: stride_of(at, lambda s, t: 1, lambda s, t: t)),
    slides("first-stride-for-both", "the stride down is taken across, too", TWO, windows.STOPS,
           lambda at: stride_of(at, lambda s, t: s, lambda s, t: s)),
    slides("second-stride-for-both", "the stride across is taken down, too", TWO, windows.STOPS,
           lambda at: stride_of(at, lambda s, t: t, lambda s, t: t)),
    slides("stride-of-one", "the window stops at every pixel, whatever stride says", TWO,
           windows.STOPS, lambda at: stride_of(at, lambda s, t: 1, lambda s, t: 1)),
    slides("one-stop-less", "the last stop down and across is missing",
           "How many stops has a window of 3 on a map of 4?", windows.STOPS, one_stop_less),
    cause("map-goes-round", "beside the map lies its other side, not zeros", CORNER, Y,
          lambda at: slid(at, windows.right(at), mode="wrap")),
    cause("edges-mirrored", "beside the map it is mirrored, where zeros should be", CORNER, Y,
          lambda at: slid(at, windows.right(at), mode="reflect")),
    cause("edges-mirrored", "beside the map it is mirrored, where zeros should be", CORNER, Y,
          lambda at: slid(at, windows.right(at), mode="symmetric")),
    cause("window-upside-down", "the rows of the window are read from the last to the first",
          "Which number of x meets w[0, 0]?", Y, lambda at: flipped(at, 0)),
    cause("window-mirrored", "the columns of the window are read from the last to the first",
          "Which number of x meets w[0, 0]?", Y, lambda at: flipped(at, 1)),
    cause("channels-exchanged", "w is read as (rows, columns, out, in)", CHANNELS, Y,
          lambda at: square(at, channels_turned)),
    cause("window-averaged", "the sum over the window is divided by its size", ONES, Y,
          lambda at: divided(at, at.w.shape[0] * at.w.shape[1])),
    cause("channels-averaged", "the sum over the channels is divided by their number", ONES, Y,
          lambda at: divided(at, at.w.shape[2])),
    cause("window-and-channels-averaged", "it is a mean over window and channels, not a sum", ONES,
          Y, lambda at: divided(at, at.w[..., 0].size)),
    cause("first-channel-alone", "only the first channel that comes in counts", CHANNELS, Y,
          lambda at: other_window(at, at.w * (np.arange(at.w.shape[2]) == 0)[:, None])),
    cause("last-channel-alone", "only the last channel that comes in counts", CHANNELS, Y,
          lambda at: other_window(at, at.w * (np.arange(at.w.shape[2])
                                              == at.w.shape[2] - 1)[:, None])),
    cause("channels-summed-before", "all channels that come in share a sum of their numbers of w",
          CHANNELS, Y,
          lambda at: other_window(at, np.broadcast_to(at.w.mean(2, keepdims=True), at.w.shape))),
    cause("bias-twice", "the bias is added twice", "What is y if all of x is 0?", Y,
          lambda at: None if at.b is None else {"y": at.output + at.b}),
    cause("bias-subtracted", "the bias is taken off", "What is y if all of x is 0?", Y,
          lambda at: None if at.b is None else {"y": at.output - 2 * at.b}),
    cause("edges-repeated-in-dw", "dw is made with the map's edge repeated beside it",
          "Which padded map did the forward see? Is it in your cache?", DW, dw_without_edges),
    cause("weights-averaged", "dw is the mean over images and places, not the sum", PLACES, DW,
          averaged),
    cause("bias-of-the-first-place", "db is the gradient at the first place alone", PLACES, DB,
          lambda at: None if at.b is None else {"db": at.dy[:, 0, 0].sum(axis=0)}),
    cause("bias-averaged-over-places", "db is the mean over the places, summed over the images",
          PLACES, DB,
          lambda at: None if at.b is None else {"db": at.dy.mean(axis=(1, 2)).sum(axis=0)}),
    cause("bias-averaged-over-images", "db is the mean over the images, summed over the places",
          PLACES, DB, lambda at: None if at.b is None else {"db": at.right["db"] / len(at.x)}),
]  # fmt: skip
CAUSES = {**FIRST, "convolution": [*FIRST["convolution"], *MORE]}
