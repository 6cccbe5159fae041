"""How much of each patch is in the token that the head reads, through all layers.

    M_l = rows of (F_l + I) / 2, each divided by its sum,   R = M_L ... M_1

F_l is what the heads of layer l do together: their mean, or the largest or least of them; I stands
for the skip connection. R[q, k] is the part of token k in token q behind the last layer (Abnar and
Zuidema 2020, "Quantifying attention flow in transformers"; ViT paper, figure 6 and appendix D.8).

Weighed by gradients, what speaks for class c counts, and what speaks against it does not:

    R = I;  for every layer  R += mean over heads of max(0, A * dlogit_c/dA)  R

(Chefer et al. 2021, "Generic attention-model explainability", equations 5 and 6.)

Both take a layer for a mixture of its tokens, and leave the MLP and the values out: they are a
summary of attention, and no proof of what an answer rests on.
"""

import numpy as np

from minivit import ops
from minivit.errors import InputError
from minivit.inspection.attention import attention_batches
from minivit.inspection.gradients import one_hot
from minivit.inspection.recording import recorded
from minivit.models import ViT
from minivit.models.block import attention_places
from minivit.models.memory import check_memory
from minivit.models.objective import need_classes

FUSIONS = ("mean", "max", "min")


def rollout(
    attention: np.ndarray, *, fuse: str = "mean", discard: float = 0.0, has_cls: bool = True
) -> np.ndarray:
    """Attention multiplied over the layers.

    attention (B, L, H, T, T) -> R (B, T, T): row = token behind the last layer, column = token in
    front of the first; rows sum to 1. Of the fused attention of a layer, the part `discard` with
    the least weights becomes 0 (of equal ones, the first), among those whose key is not cls.

    Raises InputError without a layer, for another `fuse`, and for a `discard` outside [0, 1).
    """
    check_layers(attention)
    if fuse not in FUSIONS:
        raise InputError(f"fuse is {fuse!r}: choose {' or '.join(map(repr, FUSIONS))}")
    if not 0 <= discard < 1:
        raise InputError(f"discard is {discard}: expected a part from 0 to below 1")
    fused = getattr(attention, fuse)(axis=2)  # (B, L, T, T)
    T = attention.shape[-1]
    R = np.broadcast_to(np.eye(T, dtype=attention.dtype), (len(attention), T, T))
    for layer in range(attention.shape[1]):
        F = without_least(fused[:, layer], discard, int(has_cls))
        M = (F + np.eye(T, dtype=attention.dtype)) / 2
        R = M / M.sum(axis=-1, keepdims=True) @ R
    return R


def without_least(F: np.ndarray, discard: float, first_key: int) -> np.ndarray:
    """F (B, T, T), where the least weights of the keys from `first_key` on have become 0."""
    weights = F[:, :, first_key:].reshape(len(F), -1).copy()
    count = int(discard * weights.shape[1])
    least = np.argsort(weights, axis=1, kind="stable")[:, :count]
    np.put_along_axis(weights, least, 0, axis=1)
    return np.concatenate(
        [F[:, :, :first_key], weights.reshape(*F.shape[:2], F.shape[2] - first_key)], axis=2
    )


def gradient_weighted(attention: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """How much of each token counts for a class, in every token behind the last layer.

    attention (B, L, H, T, T), gradients of the class's logit by it (B, L, H, T, T) -> R - I
    (B, T, T), which has nothing below 0. Its rows have no sum that means something.

    Raises InputError without a layer, and for gradients of another shape.
    """
    check_layers(attention)
    if gradients.shape != attention.shape:
        raise InputError(
            f"gradients have shape {gradients.shape}: expected that of attention, {attention.shape}"
        )
    T = attention.shape[-1]
    identity = np.eye(T, dtype=attention.dtype)
    R = np.broadcast_to(identity, (len(attention), T, T))
    for layer in range(attention.shape[1]):
        for_class = np.maximum(attention[:, layer] * gradients[:, layer], 0).mean(axis=1)
        R = R + for_class @ R
    return R - identity


def rollout_map(
    model: ViT, images: np.ndarray, *, fuse: str = "mean", discard: float = 0.0,
    start_block: int = 0,
) -> np.ndarray:  # fmt: skip
    """The rollout of what the head reads, patch by patch.

    images (B, height, width, channels) -> (B, rows, columns). With pool "cls" it is cls's row of R,
    and sums to 1 - R[0, 0]: whoever wants shares among the patches divides by the sum. Other heads
    read several tokens, and their rows are weighed as the head weighs the tokens: see
    `read_by_head`. Blocks before `start_block` are left out.

    Raises InputError as `rollout` does, for images that the model does not take, and for a block
    that it does not have.
    """
    images, c = model.check_images(images), model.config
    start = first_layer(c, start_block)
    found = np.empty((len(images), *c.grid), model.dtype)
    weights, done = read_by_head(model, images), 0
    for attention in attention_batches(model, images):
        R = rollout(attention[:, start:], fuse=fuse, discard=discard, has_cls=c.has_cls)
        some = slice(done, done + len(R))
        found[some] = to_patches(R, weights[some], c)
        done += len(R)
    return found


def gradient_weighted_map(
    model: ViT, images: np.ndarray, targets: np.ndarray, *, start_block: int = 0
) -> np.ndarray:
    """What speaks for a class, in what the head reads, patch by patch.

    images (B, height, width, channels), targets (B,): a class for each -> (B, rows, columns), not
    below 0. The gradient is that of the class's logit, not of its probability.

    Raises InputError as `rollout_map` does, and for a class that the model does not have.
    """
    need_classes(model.config)
    images, c = model.check_images(images), model.config
    dlogits = one_hot(targets, len(images), c.classes, model.dtype)
    names = [f"{place}.probs" for place in attention_places(c)][first_layer(c, start_block) :]
    found, weights = np.empty((len(images), *c.grid), model.dtype), read_by_head(model, images)
    check_memory(model.architecture, ops, model.parameters, c, 1)
    for i in range(len(images)):  # a trace keeps all intermediates: one image at a time
        trace = model.trace(images[i : i + 1])
        trace.backward(dlogits[i : i + 1])
        pairs = [(trace.values[name], trace.gradients[name]) for name in names]
        attention, gradients = (np.stack(arrays, axis=1) for arrays in zip(*pairs, strict=True))
        R = gradient_weighted(attention, gradients)
        found[i] = to_patches(R, weights[i : i + 1], c)[0]
    return found


def read_by_head(model: ViT, images: np.ndarray) -> np.ndarray:
    """How much the head reads each token: images (B, ...) -> (B, T); each row sums to 1.

    cls: token 0 alone; mean: all patches alike; sequence: the weights that the pooling learned, for
    each image; flatten: every token has weights of its own, and none is above another: all alike.
    """
    c = model.config
    if c.pool == "sequence":
        return recorded(model, images, ["pool.probs"])["pool.probs"]
    reads = np.zeros(c.tokens, model.dtype)
    first, last = {"cls": (0, 1), "mean": (c.has_cls, c.tokens)}.get(c.pool, (0, c.tokens))
    reads[first:last] = 1 / (last - first)
    return np.broadcast_to(reads, (len(images), c.tokens))


def to_patches(R: np.ndarray, reads: np.ndarray, c) -> np.ndarray:
    """R (B, T, T), reads (B, T) -> (B, rows, columns): the rows of R that are read, weighed."""
    looks = (reads[:, None] @ R)[:, 0]  # (B, T)
    return looks[:, int(c.has_cls) :].reshape(-1, *c.grid)


def first_layer(c, start_block: int) -> int:
    """The first layer of attention in this block; InputError for one that is not there."""
    check_blocks(c)
    if not 0 <= start_block < c.depth:
        raise InputError(
            f"start block is {start_block}: the model has blocks from 0 to {c.depth - 1}"
        )
    return start_block * (len(attention_places(c)) // c.depth)


def check_blocks(c) -> None:
    """InputError unless the model has attention at all."""
    if not c.depth:
        raise InputError("the model has no blocks: there is no attention to look at")


def check_layers(attention: np.ndarray) -> None:
    """InputError unless this is the attention of a layer or more: (B, L, H, T, T)."""
    if attention.ndim != 5 or attention.shape[3] != attention.shape[4]:
        raise InputError(
            f"attention has shape {attention.shape}: expected (B, L, H, T, T), as of attention_maps"
        )
    if not attention.shape[1]:
        raise InputError("attention has no layer: the model has no blocks, or all were left out")
