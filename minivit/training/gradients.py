"""A batch forward and backward, as a whole or in parts that take less memory."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from minivit import backend
from minivit.models import Model
from minivit.models.losses import loss_backward, loss_forward


def gradients_of(
    model: Model, images: np.ndarray, targets: np.ndarray, *, smoothing: float, seed: int,
    parts: int, frozen: Sequence[str] = (),
) -> tuple[float, np.ndarray, np.ndarray]:  # fmt: skip
    """A batch's mean loss, its outputs and their gradients (B, ...), the logits (B, C) of classes;
    the parameters' gradients lie in the model. `targets` (B, ...): what the outputs should be.

    The batch goes through the model in `parts`, one after the other, whose gradients are added up:
    d mean / d w = sum over the parts of (their share of the images) (d their mean / d w). What is
    left to chance is drawn as for the whole batch. But BatchNorm takes the statistics of each part
    by itself, and the running ones move on with each. `frozen`: see `Model.forward`.
    """
    ops, c, count = backend.current(), model.config, len(targets)
    step = {"seed": seed, "frozen": frozen}
    parts = min(parts, count)
    loss, all_outputs, all_gradients = 0.0, [], []
    for first, last in pairwise([i * count // parts for i in range(parts + 1)]):
        share = (last - first) / count
        outputs, cache = model.forward(images[first:last], first_image=first, **step)
        mean, loss_cache = loss_forward(ops, c, outputs, targets[first:last], smoothing=smoothing)
        doutputs = loss_backward(ops, c, outputs.dtype.type(share), loss_cache)
        model.backward(doutputs, cache, free_cache=True, replace=first == 0)
        loss += share * float(mean)
        all_outputs.append(outputs)
        all_gradients.append(doutputs)
    return loss, np.concatenate(all_outputs), np.concatenate(all_gradients)
