"""Mistakes in dropout and in stochastic depth: one drops values, the other images."""

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.ops.chance import uniform
from minivit.ops.dropout import value_factors
from minivit.ops.stochastic_depth import image_factors

AVERAGE = "What is y on average, over many seeds, and what should it be?"
SAME = "Which factor took x_i to y_i? What is d y_i / d x_i?"
DRAWN = "Which part of the numbers lies below the rate? Which part should be dropped?"


def of(op, factors, thing, result):
    """The causes of one of the two: its factors are 0 or 1 / (1 - rate) for each `thing`."""
    forward = f"{result}_i = keep_i x_i / (1 - rate)"
    backward = "dx_i = keep_i dy_i / (1 - rate)"

    def y_by(at, change):
        return {"y": at.x * change(factors(at.drop, at.x), 1 - at.drop.rate)}

    def y_with(at, **changes):
        return {"y": at.x * factors(at.drop._replace(**changes), at.x)}

    def dx_by(at, change):
        return {"dx": at.dy * change(factors(at.drop, at.dy), 1 - at.drop.rate)}

    def cause(name, sentence, hint, line, mistake):
        return Cause(f"{op}-{name}", sentence, hint, line, mistake)

    return [
        cause("not-scaled", "what is kept is not multiplied by 1 / (1 - rate)",
              AVERAGE, forward, lambda at: y_by(at, lambda f, kept: f * kept)),
        cause("scaled-down", "what is kept is multiplied by 1 - rate, not divided by it",
              AVERAGE, forward, lambda at: y_by(at, lambda f, kept: f * kept * kept)),
        cause("divided-by-the-rate", "what is kept is divided by the rate, not by 1 - rate",
              AVERAGE, forward, lambda at: y_by(at, lambda f, kept: f * kept / (1 - kept))),
        cause("kept-and-dropped-exchanged", f"{thing} are kept which should be dropped",
              DRAWN, forward, lambda at: y_by(at, lambda f, kept: (f == 0) / kept)),
        cause("rate-of-the-kept", "the rate is taken for the part that is kept",
              DRAWN, forward, lambda at: y_with(at, rate=1 - at.drop.rate)),
        cause("first-image-ignored", "the masks are those of the first images of the whole batch",
              "What does first_image stand for? Cut a batch in two: should the halves be dropped "
              "alike?", "the mask is drawn at a number's place in the whole batch",
              lambda at: y_with(at, first_image=0)),
        cause("one-mask-for-all-images", "all images of the batch have the mask of the first",
              "Compare the masks of two images.", forward,
              lambda at: {"y": at.x * factors(at.drop, at.x[:1])}),
        cause("scale-forgotten-in-the-backward", "dx lacks the factor 1 / (1 - rate)",
              SAME, backward, lambda at: dx_by(at, lambda f, kept: f * kept)),
        cause("scaled-twice-in-the-backward", "dy is divided by 1 - rate twice",
              SAME, backward, lambda at: dx_by(at, lambda f, kept: f / kept)),
        cause("mask-forgotten-in-the-backward", f"dy goes back through {thing} that were dropped",
              SAME, backward, lambda at: dx_by(at, lambda f, kept: 1 / kept)),
        cause("skipped-in-the-backward", "dy goes back as if nothing had been dropped or scaled",
              SAME, backward, lambda at: {"dx": at.dy}),
        cause("another-mask-in-the-backward", "the backward draws a mask of its own, by the next "
              "seed", "Does the backward drop what the forward dropped? Compare the two masks.",
              backward,
              lambda at: {"dx": at.dy * factors(at.drop._replace(seed=at.drop.seed + 1), at.dy)}),
    ]  # fmt: skip


def by_numpy(at, shape):
    """The mask that NumPy draws by the same seed."""
    numbers = np.random.default_rng(at.drop.seed).random(shape)
    return {"y": at.x * (numbers >= at.drop.rate) / (1 - at.drop.rate)}


def drawn_for_each(at):
    """A uniform number for every value, at its position in the whole batch."""
    first = at.drop.first_image * at.x[0].size
    numbers = uniform(at.drop.seed, first + np.arange(at.x.size)).reshape(at.x.shape)
    return {"y": at.x * (numbers >= at.drop.rate) / (1 - at.drop.rate)}


WHOLE = "scaled_b = keep_b x_b / (1 - rate)"
OURS = "Which numbers does minivit draw? See the functions of chance.py, which you may call."
COUNT = "How many draws does a batch of B images need?"
DROPOUT = of("dropout", value_factors, "values", "y")
DROPOUT += [
    Cause(
        "dropout-numbers-of-numpy",
        "the mask is drawn by np.random, so that it is another one than minivit's",
        OURS,
        "y_i = keep_i x_i / (1 - rate)",
        lambda at: by_numpy(at, at.x.shape),
    ),
    Cause(
        "dropout-images-for-values",
        "whole images are dropped, as in stochastic depth",
        "How many numbers of an image share one fate?",
        "y_i = keep_i x_i / (1 - rate)",
        lambda at: {"y": at.x * image_factors(at.drop, at.x)},
    ),
]
STOCHASTIC_DEPTH = of("stochastic-depth", image_factors, "images", "scaled")
STOCHASTIC_DEPTH += [
    Cause(
        "stochastic-depth-values-for-images",
        "single values are dropped, by a draw for each, not whole images",
        COUNT,
        WHOLE,
        drawn_for_each,
    ),
    Cause(
        "stochastic-depth-numbers-of-numpy",
        "the images are drawn by np.random, so that they are others than minivit's",
        OURS,
        WHOLE,
        lambda at: by_numpy(at, (len(at.x), *[1] * (at.x.ndim - 1))),
    ),
    Cause(
        "stochastic-depth-as-dropout",
        "single values are dropped, as dropout does it, not whole images",
        COUNT,
        WHOLE,
        lambda at: {"y": at.x * value_factors(at.drop, at.x)},
    ),
]
CAUSES = {"dropout": DROPOUT, "stochastic_depth": STOCHASTIC_DEPTH}
