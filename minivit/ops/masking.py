"""Which patches of an image are hidden from a model, and which token stands where: from a seed.

    corrupted   all patches; of the hidden ones, 80 % are the mask token, 10 % another patch of the
                image, and 10 % stay as they are
    visible     the patches that are not hidden, in raster order
    hidden      the hidden patches alone, in raster order
    restored    all patches: visible ones at their places again, and the mask token at the others

A cls token stays in front, but of the hidden patches.

(ViT paper, appendix B.1.2, after Devlin et al. 2018, section 3.1: corrupted. He et al. 2021,
"Masked autoencoders are scalable vision learners", section 3: visible, restored.)
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.chance import drawn_32, image_keys, least_kept, mixed

WAYS = ("corrupted", "visible", "hidden", "restored")
TOKEN, OTHER = 0.8, 0.1  # parts of the corrupted patches: the mask token, another patch
MASK = -1  # where the mask token stands


class Masking(NamedTuple):
    """Which patches are hidden: a function of the seed and of an image's number in its batch."""

    patches: int  # N of an image
    hidden: int  # how many of them
    seed: int  # mixed from run, step and place
    first_image: int = 0  # where these images begin in the whole batch


def sources(way: str, masking: Masking, images: int, has_cls: bool) -> np.ndarray:
    """Which token comes where: (B, T'), the number of a token, or MASK for the mask token.

    Raises InputError for a way that is none of WAYS, and for more hidden patches than there are.
    """
    if way not in WAYS:
        raise InputError(f"way is {way!r}: choose {' or '.join(map(repr, WAYS))}")
    if not 0 <= masking.hidden <= masking.patches:
        raise InputError(
            f"{masking.hidden} of {masking.patches} patches are hidden: expected a number from 0 "
            f"to {masking.patches}"
        )
    patches = {"corrupted": corrupted, "visible": visible_patches, "hidden": hidden_patches,
               "restored": restored}[way](masking, images)  # fmt: skip
    if not has_cls:
        return patches
    patches = np.where(patches == MASK, MASK, patches + 1)
    cls = np.zeros((images, int(way != "hidden")), patches.dtype)
    return np.concatenate([cls, patches], axis=1)


def hidden_patches(masking: Masking, images: int) -> np.ndarray:
    """(B, hidden), the numbers of the hidden patches, ascending: those with the least draws."""
    order = draws(masking, "hidden", images, masking.patches).argsort(axis=1, kind="stable")
    return np.sort(order[:, : masking.hidden], axis=1)


def visible_patches(masking: Masking, images: int) -> np.ndarray:
    """(B, N - hidden), the numbers of the others, ascending."""
    return np.nonzero(~is_hidden(masking, images))[1].reshape(
        images, masking.patches - masking.hidden
    )


def is_hidden(masking: Masking, images: int) -> np.ndarray:
    """(B, N) bool."""
    found = np.zeros((images, masking.patches), bool)
    np.put_along_axis(found, hidden_patches(masking, images), True, axis=1)
    return found


def corrupted(masking: Masking, images: int) -> np.ndarray:
    """(B, N): a patch's own number, that of another one, or MASK."""
    N = masking.patches
    own = np.broadcast_to(np.arange(N), (images, N))
    kind = draws(masking, "kind", images, N)
    # One of the N - 1 others; with a single patch there is none, and it stays.
    others = (draws(masking, "other", images, N).astype(np.uint64) * np.uint64(max(N - 1, 0))) >> 32
    others = others.astype(own.dtype)
    others += (others >= own) & (N > 1)
    found = np.where(kind < least_kept(TOKEN + OTHER), others, own)
    found = np.where(kind < least_kept(TOKEN), MASK, found)
    return np.where(is_hidden(masking, images), found, own)


def restored(masking: Masking, images: int) -> np.ndarray:
    """(B, N): the place of a patch among the visible ones, or MASK."""
    hidden = is_hidden(masking, images)
    return np.where(hidden, MASK, (~hidden).cumsum(axis=1) - 1)


def draws(masking: Masking, purpose: str, images: int, count: int) -> np.ndarray:
    """uint32 (B, count): numbers of each image, other ones for every purpose."""
    numbers = masking.first_image + np.arange(images)
    return drawn_32(image_keys(mixed(masking.seed, purpose), numbers), count)
