"""Mistakes in picking tokens for masked prediction."""

import numpy as np

from minivit import ops
from minivit.checking.student.causes.cause import Cause
from minivit.ops.masking import MASK, is_hidden, sources

Y = "y_t = x_(source t), or the mask token where there is none"
DX = "dx_s = sum of dy_t over the t whose source is s"
DTOKEN = "dtoken = sum of dy_t over the places without a source"


def picked(at, found):
    """y and the gradients where other tokens are the sources."""
    y = np.take_along_axis(at.x, np.maximum(found, 0)[..., None], axis=1)
    if at.token is not None:
        y = np.where(masked(found), at.token, y)
    dx, dtoken = ops.pick_tokens_backward(at.dy, at.cache._replace(sources=found))
    return {"y": y, "dx": dx, "dtoken": dtoken}


def masked(found):
    return (found == MASK)[..., None]


def without_chance(at):
    """Each hidden patch is the mask token, none another patch or itself."""
    own = np.tile(np.arange(at.x.shape[1]), (len(at.x), 1))
    own[:, int(at.has_cls) :][is_hidden(at.masking, len(at.x))] = MASK
    return picked(at, own)


def masks_at_the_end(at):
    found = [*range(at.x.shape[1]), *[MASK] * at.masking.hidden]
    return picked(at, np.tile(found, (len(at.x), 1)))


def last_alone(at):
    found = at.cache.sources
    image, place = np.nonzero(found != MASK)
    dx = np.zeros_like(at.x)
    dx[image, found[image, place]] = at.dy[image, place]
    return {"dx": dx}


def averaged(at):
    if at.token is None:
        return None
    return {"dtoken": at.dy[at.cache.sources == MASK].mean(axis=0)}


PICK_TOKENS = [
    Cause(
        "pick-tokens-mask-of-the-first-image",
        "all images are masked as the first one is",
        "Print the numbers of the hidden patches of two images. Are they the same?",
        Y,
        lambda at: picked(at, np.tile(at.cache.sources[:1], (len(at.x), 1))),
    ),
    Cause(
        "pick-tokens-first-image-forgotten",
        "the images are numbered from 0, although the batch is a later part of a larger one",
        "Which number has the first of these images in the whole batch? Where do you use it?",
        Y,
        lambda at: picked(
            at, sources(at.way, at.masking._replace(first_image=0), len(at.x), at.has_cls)
        ),
    ),
    Cause(
        "pick-tokens-cls-not-counted",
        "the number of a patch is taken for the number of a token, though a cls token is in front",
        "Which number has patch 0 among the tokens of x when there is a cls token?",
        Y,
        lambda at: picked(at, at.cache.sources - (at.cache.sources > 0)) if at.has_cls else None,
    ),
    Cause(
        "pick-tokens-every-hidden-one-masked",
        "every hidden patch becomes the mask token, where some should be another patch or stay",
        "What happens to 100 hidden patches when they are corrupted? masking.py tells it.",
        Y,
        lambda at: without_chance(at) if at.way == "corrupted" else None,
    ),
    Cause(
        "pick-tokens-not-restored-in-order",
        "the visible tokens come first and the mask tokens after them, none at its place",
        "Which place in the image had the second visible token? At which place of y is it now?",
        Y,
        lambda at: masks_at_the_end(at) if at.way == "restored" else None,
    ),
    Cause(
        "pick-tokens-zeros-for-the-mask-token",
        "zeros stand where the mask token should stand",
        "What is at a hidden place of y, and how could the mask token learn from it?",
        Y,
        lambda at: {"y": np.where(masked(at.cache.sources), 0, at.output)},
    ),
    Cause(
        "pick-tokens-picked-twice-counted-once",
        "a token that stands at two places gets the gradient of one of them alone",
        "x[[0, 0]] += 1: what is x[0] now? How does NumPy add at the same place twice?",
        DX,
        last_alone,
    ),
    Cause(
        "pick-tokens-mask-token-from-all-places",
        "dtoken is summed over all places, not over those of the mask token alone",
        "Which numbers of y change if the mask token changes?",
        DTOKEN,
        lambda at: None if at.token is None else {"dtoken": at.dy.sum(axis=(0, 1))},
    ),
    Cause(
        "pick-tokens-mask-token-averaged",
        "dtoken is the mean over the places of the mask token instead of the sum",
        "If one vector is used at ten places, how much does the loss change with it?",
        DTOKEN,
        averaged,
    ),
]
CAUSES = {"pick_tokens": PICK_TOKENS}
