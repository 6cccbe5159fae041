"""Where a model looks, as plain arrays.

attention[b, l, h, r, c] = probs of layer l and head h, from the cls token to the patch (r, c)

(ViT paper, appendix A, equation 6 gives probs; figure 6 and appendix D.8 look at the cls token.)
"""

import numpy as np

from minivit.models import ViT
from minivit.models.block import attention_places

BATCH = 16  # a trace keeps every intermediate: few images at a time


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
    places = attention_places(c)
    attention = np.empty((len(images), len(places), c.heads, *c.grid), model.dtype)
    for start in range(0, len(images), BATCH):
        values = model.trace(images[start : start + BATCH]).values
        for layer, place in enumerate(places):
            probs = values[f"{place}.probs"]  # (B, H, T, T): query, key
            looks = probs[:, :, 0] if c.pool == "cls" else probs.mean(axis=2)
            to_patches = looks[:, :, c.has_cls : c.has_cls + c.patches]
            attention[start : start + BATCH, layer] = to_patches.reshape(-1, c.heads, *c.grid)
    return attention
