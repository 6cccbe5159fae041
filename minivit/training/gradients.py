"""A batch forward and backward, as a whole or in parts that take less memory."""

from itertools import pairwise

import numpy as np

from minivit import backend
from minivit.models import ViT


def gradients_of(
    model: ViT, images: np.ndarray, targets: np.ndarray, *, smoothing: float, seed: int, parts: int
) -> tuple[float, np.ndarray, np.ndarray]:
    """A batch's mean loss, its logits (B, C) and dlogits (B, C); the gradients lie in the model.

    The batch goes through the model in `parts`, one after the other, whose gradients are added up:
    d mean / d w = sum over the parts of (their share of the images) (d their mean / d w). What is
    left to chance is drawn as for the whole batch.
    """
    ops, count = backend.current(), len(targets)
    parts = min(parts, count)
    loss, all_logits, all_dlogits = 0.0, [], []
    model.zero_gradients()
    for first, last in pairwise([i * count // parts for i in range(parts + 1)]):
        share = (last - first) / count
        logits, cache = model.forward(images[first:last], seed=seed, first_image=first)
        mean, loss_cache = ops.cross_entropy_forward(
            logits, labels=targets[first:last], smoothing=smoothing
        )
        dlogits = ops.cross_entropy_backward(logits.dtype.type(share), loss_cache)
        model.backward(dlogits, cache, free_cache=True)
        loss += share * float(mean)
        all_logits.append(logits)
        all_dlogits.append(dlogits)
    return loss, np.concatenate(all_logits), np.concatenate(all_dlogits)
