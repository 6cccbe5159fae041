"""What a model's outputs should be, and how far they are from it: the loss of every objective.

classes          cross-entropy of the logits and the labels
masked-patches   cross-entropy over the corrupted patches, of the colours that they had
mae              mean squared error over the hidden patches, of their pixels
"""

from typing import NamedTuple

import numpy as np

from minivit.models.chance import Chance
from minivit.models.families import Config
from minivit.models.images import pixel_range
from minivit.models.model import Model
from minivit.ops.masking import hidden_patches
from minivit.ops.patch_targets import patch_colours, patch_pixels

USUAL_RANGE = (-1.0, 1.0)  # of black and white, where a model doesn't tell it


class LossCache(NamedTuple):
    """What the backward of a loss needs."""

    op: tuple  # the cache of its op
    shape: tuple  # of the outputs


def hidden_targets(
    model: Model, images: np.ndarray, *, seed: int | None = None, first_image: int = 0
) -> np.ndarray:
    """What a forward with this seed should tell of its hidden patches, (B, hidden, ...).

    Of "masked-patches" colours (B, hidden), of "mae" pixels (B, hidden, P*P*channels); they get no
    gradient. The seed and `first_image` are those of `model.forward`.
    """
    c = model.config
    cut = {"patch": c.patch, "stride": c.stride}
    if c.objective == "masked-patches":
        low, high = pixel_range(model.preprocessing) or USUAL_RANGE
        of_all = patch_colours(images, low=low, high=high, **cut)
    else:
        of_all = patch_pixels(images, normalised=c.normalised_pixels, **cut)
    hidden = hidden_patches(Chance(seed, first_image).masking(c), len(images))  # (B, hidden)
    return of_all[np.arange(len(images))[:, None], hidden]


def loss_forward(
    ops, c: Config, outputs: np.ndarray, targets: np.ndarray, *, smoothing: float = 0.0
) -> tuple[np.ndarray, LossCache]:
    """outputs (B, ...), targets: labels, or what `hidden_targets` gives -> the mean loss ()."""
    if c.objective == "mae":
        loss, cache = ops.mean_squared_error_forward(outputs, targets=targets)
    elif c.objective == "masked-patches":  # all corrupted patches of all images, one after another
        rows, labels = outputs.reshape(-1, c.outputs), targets.reshape(-1)
        loss, cache = ops.cross_entropy_forward(rows, labels=labels)
    else:
        loss, cache = ops.cross_entropy_forward(outputs, labels=targets, smoothing=smoothing)
    return loss, LossCache(cache, outputs.shape)


def loss_backward(ops, c: Config, dloss: np.ndarray, cache: LossCache) -> np.ndarray:
    """dloss () -> doutputs (B, ...)."""
    if c.objective == "mae":
        return ops.mean_squared_error_backward(dloss, cache.op)
    return ops.cross_entropy_backward(dloss, cache.op).reshape(cache.shape)


def right(c: Config, outputs: np.ndarray, labels: np.ndarray) -> int:
    """How many of the labels, (B,) or (B, hidden), have the highest output; 0 of pixels."""
    return 0 if c.objective == "mae" else int((outputs.argmax(axis=-1) == labels).sum())
