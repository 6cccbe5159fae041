"""Where a model looks, as plain arrays.

attention[b, l, h, q, k] = probs of layer l and head h: how much of token k goes into token q

(ViT paper, appendix A, equation 6; figure 6 and appendix D.8 look at the cls token.)
"""

from collections.abc import Iterator

import numpy as np

from minivit import ops
from minivit.inspection.recording import at_once, recorded
from minivit.models import ViT
from minivit.models.block import attention_places
from minivit.models.memory import check_memory
from minivit.models.objective import need_classes


def attention_maps(model: ViT, images: np.ndarray) -> np.ndarray:
    """All of a model's attention: the probabilities of every layer and head.

    images (B, height, width, channels) -> (B, L, H, T, T), of the model's dtype: row = query,
    column = key, and each row sums to 1. L is the depth; in an axial model twice the depth: along
    the rows, then along the columns. A key that a window, an axis or `top_k` leaves out has 0. The
    cls token, if there is one, is token 0; the patches follow in raster order.

    Raises InputError for images that the model does not take, and when this fits into no memory.
    """
    images, c = model.check_images(images), model.config
    shape = (len(attention_places(c)), c.heads, c.tokens, c.tokens)
    check_memory(
        model.architecture, ops, model.parameters, c, len(images), keep=False,
        returned=int(np.prod(shape)),
    )  # fmt: skip
    found = np.empty((len(images), *shape), model.dtype)
    start = 0
    for batch in attention_batches(model, images):
        found[start : start + len(batch)] = batch
        start += len(batch)
    return found


def attention_batches(model: ViT, images: np.ndarray) -> Iterator[np.ndarray]:
    """The same, a few images at a time: yields (b, L, H, T, T)."""
    need_classes(model.config)  # a pre-trained one sees but a part of the patches
    images, c = model.check_images(images), model.config
    names = [f"{place}.probs" for place in attention_places(c)]
    batch = at_once(6 * len(names) * c.heads * c.tokens**2, model.dtype)  # measures need copies
    for start in range(0, len(images), batch):
        some = images[start : start + batch]
        if names:
            yield np.stack([*recorded(model, some, names).values()], axis=1)
        else:
            yield np.empty((len(some), 0, c.heads, c.tokens, c.tokens), model.dtype)


def cls_attention(model: ViT, images: np.ndarray) -> np.ndarray:
    """How much of its attention the cls token gives to each patch.

    images (B, height, width, channels) -> (B, L, H, rows, columns), of the model's dtype, where
    rows and columns count patches and L is the depth (in an axial model twice the depth: rows, then
    columns). The weights of one head sum to 1 minus what cls gives to itself. Where the head does
    not read the cls token alone, every token speaks for the image: the weights are the mean over
    all queries, and a cls token's share is left out.

    Raises InputError for images that the model does not take.
    """
    images, c = model.check_images(images), model.config
    attention = np.empty((len(images), len(attention_places(c)), c.heads, *c.grid), model.dtype)
    start = 0
    for probs in attention_batches(model, images):  # (b, L, H, T, T): query, key
        looks = probs[:, :, :, 0] if c.pool == "cls" else probs.mean(axis=3)
        to_patches = looks[..., c.has_cls : c.has_cls + c.patches]
        attention[start : start + len(probs)] = to_patches.reshape(*looks.shape[:3], *c.grid)
        start += len(probs)
    return attention
