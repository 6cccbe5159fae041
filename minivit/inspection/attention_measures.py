"""How far a head looks, how evenly, and how much of its attention goes to the cls token.

    distance   mean over images and queries of  sum_k A[q, k] D[q, k]
    entropy    mean over images and queries of  - sum_k A[q, k] log2 A[q, k]
    cls share  mean over images and queries of  A[q, cls]

D[q, k] is how far apart two patches lie, in pixels: hypot of the way down and the way across. The
distance, like the cls share, is that of patches: cls lies nowhere. (ViT paper, figures 7 right and
11, appendix D.7.)
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.inspection.attention import attention_batches
from minivit.models import ViT


class HeadMeasures(NamedTuple):
    """Of every layer and head, over all images."""

    distance: np.ndarray  # (L, H), pixels
    entropy: np.ndarray  # (L, H), bits
    cls_share: np.ndarray  # (L, H), 0 to 1; 0 without a cls token
    images: int

    @property
    def keys(self) -> np.ndarray:
        """The entropy as a number of keys, 2^entropy (L, H): 1 for a single one, T for all."""
        return np.exp2(self.entropy)


def head_measures(model: ViT, images: np.ndarray, *, renormalise: bool = False) -> HeadMeasures:
    """All three measures, a few images at a time: images (B, height, width, channels).

    Raises InputError without images, and for images that the model does not take.
    """
    c, sums, count = model.config, 0.0, len(images)
    if not count:
        raise InputError("there are no images: the mean over them is not known")
    for attention in attention_batches(model, images):
        distance = mean_attention_distance(
            attention, c.grid, patch_step(c), has_cls=c.has_cls, renormalise=renormalise
        )
        share = cls_share(attention) if c.has_cls else np.zeros_like(distance)
        means = np.stack([distance, attention_entropy(attention), share])
        sums = sums + len(attention) * means
    return HeadMeasures(*(sums / count), images=count)


def mean_attention_distance(
    attention: np.ndarray, grid: tuple[int, int], step: tuple[int, int], *, has_cls: bool = True,
    renormalise: bool = False,
) -> np.ndarray:  # fmt: skip
    """How far a head's patches look, in pixels.

    attention (B, L, H, T, T), grid (rows, columns), step: pixels from a patch to the next (down,
    across) -> (L, H). A cls token is left out as query and key; what a patch gives to it counts as
    no way at all, as in Google's code. With `renormalise` the rest counts as all: then a patch that
    gives nothing to patches is left out.
    """
    D = patch_distances(grid, step)
    first = int(has_cls)
    A = attention[..., first:, first:]  # (B, L, H, N, N)
    far = np.einsum("blhqk,qk->blhq", A, D)
    if not renormalise:
        return far.mean(axis=(0, 3))
    share = A.sum(axis=-1, dtype=np.float64)
    looking = share > 0
    means = np.divide(far, share, out=np.zeros_like(far), where=looking)
    return means.sum(axis=(0, 3)) / np.maximum(looking.sum(axis=(0, 3)), 1)


def attention_entropy(attention: np.ndarray) -> np.ndarray:
    """How evenly a head spreads its attention, in bits: attention (B, L, H, T, T) -> (L, H).

    0 for a single key, log2 T for all alike; 2^entropy is the number of keys in effect. All tokens
    ask, and 0 log 0 = 0.
    """
    A = np.asarray(attention, np.float64)
    logs = np.log2(A, out=np.zeros_like(A), where=A > 0)
    return 0 - np.einsum("blhqk,blhqk->blhq", A, logs).mean(axis=(0, 3))


def cls_share(attention: np.ndarray) -> np.ndarray:
    """How much patches give to the cls token: attention (B, L, H, T, T) with one -> (L, H)."""
    return attention[..., 1:, 0].mean(axis=(0, 3), dtype=np.float64)


def patch_step(c) -> tuple[int, int]:
    """Pixels from a patch to the next (down, across): a patch's sides, unless patches overlap.

    A hybrid's are places of its backbone's map: they stand for so many pixels of the image each. A
    ResNet cuts no patches: there it is from one place of its last map to the next.
    """
    down, across = (c.stride or c.patch) if c.family == "ViT" else (1, 1)
    return down * c.map_step, across * c.map_step


def patch_window(c) -> tuple[int, int]:
    """Pixels of a patch (down, across), or of what a place of a ResNet's last map stands for."""
    down, across = c.patch if c.family == "ViT" else (1, 1)
    return down * c.map_step, across * c.map_step


def check_patches(c) -> None:
    """InputError unless the model cuts patches at all."""
    if c.family != "ViT":
        raise InputError(f"a {c.family} has no patches to look at: choose a ViT or a hybrid")


def patch_distances(grid: tuple[int, int], step: tuple[int, int]) -> np.ndarray:
    """How far apart two patches lie: grid (rows, columns) -> (N, N), in raster order, in pixels."""
    rows, columns = (i.ravel() for i in np.indices(grid))
    down, across = ((i[:, None] - i) * s for i, s in zip((rows, columns), step, strict=True))
    return np.hypot(down, across)
