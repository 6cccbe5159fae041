"""A batch forward and backward, as a whole or in parts: one after the other, which takes less
memory, or shared out among the ranks, which takes less time.
"""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from minivit import backend
from minivit.models import Model
from minivit.models.families import Config
from minivit.models.losses import loss_backward, loss_forward
from minivit.training.gradient_sum import GradientSum
from minivit.training.ranks import ALONE, Ranks, cut


def gradients_of(
    model: Model, images: np.ndarray, targets: np.ndarray, *, smoothing: float, seed: int,
    parts: int, frozen: Sequence[str] = (), total: GradientSum | None = None,
    count: int | None = None,
) -> tuple[float, np.ndarray, np.ndarray]:  # fmt: skip
    """A batch's mean loss, its outputs and their gradients (B, ...), the logits (B, C) of classes;
    the parameters' gradients lie in the model. `targets` (B, ...): what the outputs should be.

    The batch goes through the model in `parts`, one after the other, whose gradients are added up:
    d mean / d w = sum over the parts of (their share of the images) (d their mean / d w). What is
    left to chance is drawn as for the whole batch. But BatchNorm takes the statistics of each part
    by itself, and the running ones move on with each. `frozen`: see `Model.forward`.

    `total` sums up the model's gradients; without it, those of one process. Each of its ranks hands
    in its own parts of a batch of `count` images, one behind the other (see `Ranks.shares`). Then
    outputs are those of its images; loss, gradients and running statistics are the whole batch's.
    """
    count = len(targets) if count is None else count
    total = GradientSum(model.gradients, ALONE) if total is None else total
    ranks = total.ranks
    mine = ranks.shares(count, parts)
    total.begin(every_rank=count >= parts * ranks.count)
    losses, results = [], []
    for part, own, wanted in cut(mine, images, targets):
        share, before, moments = len(part) / count, model.buffers.flat.copy(), {}
        if part:
            outputs, cache = model.forward(own, seed=seed, first_image=part.start, frozen=frozen)
            moments = cache.moments
        move_by_all(model, before, moments, ranks)
        with total.round(empty=not part, last=part is mine[-1]):
            if part:
                loss, doutputs = loss_and_gradient(model.config, outputs, wanted, share, smoothing)
                model.backward(doutputs, cache, free_cache=True, replace=True)
                results.append((outputs, doutputs))
        losses.append(loss if part else 0.0)
    whole = sum(chain.from_iterable(zip(*ranks.gather(losses), strict=True)))  # round by round
    nothing = np.empty((0, 0), model.dtype)
    return whole, *map(np.concatenate, zip(*results or [(nothing, nothing)], strict=True))


def loss_and_gradient(
    c: Config, outputs: np.ndarray, targets: np.ndarray, share: float, smoothing: float
) -> tuple[float, np.ndarray]:
    """The part of the batch's mean loss that comes from `share` of its images; d loss / d outputs
    (B, ...).
    """
    ops = backend.current()
    mean, cache = loss_forward(ops, c, outputs, targets, smoothing=smoothing)
    return share * float(mean), loss_backward(ops, c, outputs.dtype.type(share), cache)


def move_by_all(model: Model, before: np.ndarray, moments: dict, ranks: Ranks) -> None:
    """Move running statistics, from what was `before`, by every rank's part, in their order."""
    if ranks.count > 1 and len(before):
        model.buffers.flat[:] = before
        for each in ranks.gather(moments):
            model.move_buffers(each)
