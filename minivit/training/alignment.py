"""Aligning two towers: batch after batch, every image is drawn to its own name (CLIP).

As any training here: Muon and AdamW, warm-up and half a cosine, the gradient clipped.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from minivit import backend
from minivit.errors import InputError
from minivit.fields import is_whole_number
from minivit.models.script import Script, check_names, cut
from minivit.models.two_towers import (
    LARGEST_SCALE,
    LOG_SCALE,
    TwoTowers,
    contrastive_loss_backward,
    contrastive_loss_forward,
)
from minivit.ops.chance import mixed
from minivit.ops.cross_entropy import check_labels
from minivit.ops.inputs import read
from minivit.optim import Muon, clip_scale, gradient_norm, warmup_cosine


class Alignment(NamedTuple):
    """How two towers learn."""

    epochs: int = 8
    batch: int = 64
    learning_rate: float = 0.01  # of Muon
    warmup: float = 0.1  # part of all steps
    weight_decay: float = 0.05
    beta2: float = 0.98
    clip: float = 1.0
    seed: int = 0


USUAL = Alignment()


def align(
    model: TwoTowers, images: np.ndarray, labels: np.ndarray, names: Sequence[str],
    how: Alignment = USUAL, *, on_step: Callable[[int, float], None] = lambda step, loss: None,
) -> None:  # fmt: skip
    """Train the towers: images (n, height, width, channels), labels (n,) numbers of the names.

    A name that no label tells is never shown. `on_step` is called with each step's number and loss.
    Raises InputError for wrong labels, a name twice, no images, no epoch, and a loss that is not
    finite.
    """
    labels = read("labels", labels)
    check(images, labels, names, model.script, how)
    learner = Muon(model.parameters, beta2=how.beta2, weight_decay=how.weight_decay)
    every = -(-len(images) // how.batch)
    steps, step = how.epochs * every, 0
    warmup = max(1, round(how.warmup * steps))
    for epoch in range(how.epochs):
        order = np.random.default_rng(mixed(how.seed, epoch)).permutation(len(images))
        for batch in np.array_split(order, every):
            loss = gradients_of(model, images[batch], labels[batch], names, mixed(how.seed, step))
            if not math.isfinite(loss):
                raise InputError(f"the loss is {loss} at step {step}: lower the learning rate")
            norm = gradient_norm(model.gradients, learner.ranges)
            rate = warmup_cosine(step, steps=steps, warmup=warmup, peak=how.learning_rate)
            learner.step(model.gradients, rate, clip_scale(norm, how.clip))
            model.parameters[LOG_SCALE] = np.minimum(
                model.parameters[LOG_SCALE], math.log(LARGEST_SCALE)
            )
            on_step(step, loss)
            step += 1


def check(
    images: np.ndarray, labels: np.ndarray, names: Sequence[str], script: Script, how: Alignment
) -> None:
    """InputError for what can't be learnt, or not at all."""
    check_labels(labels, len(images), len(names))
    counts = how.epochs, how.batch
    if not all(is_whole_number(count) and count >= 1 for count in counts):
        raise InputError(
            f"epochs are {how.epochs} and batch is {how.batch}: expected whole numbers from 1"
        )
    if not len(images):
        raise InputError("there are no images: give at least one image, and its label")
    check_names(names)
    different = len({tuple(cut(name, script.by)) for name in names})  # "red  star" is "red star"
    if different < len(names):
        raise InputError(f"every name must be another one, and {different} of {len(names)} "
                         "are: give images of one name the same label")  # fmt: skip


def gradients_of(model: TwoTowers, images, labels, names: Sequence[str], seed: int) -> float:
    """The loss of a batch; its gradient is in `model.gradients` afterwards."""
    there, whose = np.unique(labels, return_inverse=True)
    ops = backend.current()
    logits, kept = model.forward(images, [names[n] for n in there], seed=seed)
    loss, caches = contrastive_loss_forward(ops, logits, whose)
    model.zero_gradients()
    model.backward(contrastive_loss_backward(ops, 1.0, caches), kept)
    return float(loss)
