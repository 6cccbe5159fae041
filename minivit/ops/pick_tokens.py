"""Picking tokens: which token of an image stands where, and at which places a learned mask token.

    y_t = x_(source t),   or the mask token where there is none

Which token is the source of which is drawn from a seed (masking.py): some patches are hidden. They
are corrupted, or left out, or picked alone, or the mask token takes their places.

(ViT paper, appendix B.1.2; He et al. 2021, section 3.)
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import reals, upstream
from minivit.ops.masking import MASK, Masking, sources
from minivit.ops.notes import unseen


class PickTokensCache(NamedTuple):
    sources: np.ndarray  # (B, T'), the number of a token of x, or MASK
    shape: tuple  # of x, (B, T, D)
    dtype: np.dtype
    has_token: bool


def pick_tokens_forward(
    x: np.ndarray,
    token: np.ndarray | None = None,
    *,
    masking: Masking,
    way: str,
    has_cls: bool = False,
    note=unseen,
) -> tuple[np.ndarray, PickTokensCache]:
    """The tokens of x that stand somewhere, and the mask token where none does.

    x (B, T, D), token (D,); None for the ways that need no mask token -> y (B, T', D). `way` is one
    of `masking.WAYS`, and `has_cls` says that token 0 of x is a cls token.

    Raises InputError for another way, for another number of tokens than the masking tells of, and
    for a mask token where none is used, or none where one is.
    """
    x, token = reals(x=x, token=token)
    found = picked_sources(x.shape, token, masking, way, has_cls)
    image, place = np.nonzero(found != MASK)
    y = np.empty((*found.shape, x.shape[2]), x.dtype)  # (B, T', D)
    y[image, place] = x[image, found[image, place]]
    if token is not None:
        y[found == MASK] = token
    note(y=y)
    return y, PickTokensCache(found, x.shape, x.dtype, token is not None)


def pick_tokens_backward(
    dy: np.ndarray, cache: PickTokensCache, *, note=unseen
) -> tuple[np.ndarray, np.ndarray | None]:
    """Gradients of y_t = x_(source t), or the mask token.

    dy (B, T', D) -> dx (B, T, D), dtoken (D,) or None.

    A token reaches every place that it is the source of, one, several or none, and the mask token
    all places without a source, in all images:
        dx_s = sum of dy_t over the t whose source is s,   dtoken = sum of dy_t over the others
    """
    dy = upstream(dy, cache.dtype)
    note(y=dy)
    image, place = np.nonzero(cache.sources != MASK)
    dx = np.zeros(cache.shape, cache.dtype)
    np.add.at(dx, (image, cache.sources[image, place]), dy[image, place])
    dtoken = dy[cache.sources == MASK].sum(axis=0) if cache.has_token else None
    return dx, dtoken


def picked_sources(shape: tuple, token, masking: Masking, way: str, has_cls: bool) -> np.ndarray:
    """The sources (B, T') for such an x; InputError where it or the token doesn't fit the way."""
    found = sources(way, masking, shape[0], has_cls)
    there = masking.patches - masking.hidden * (way == "restored") + has_cls
    if shape[1] != there:
        raise InputError(
            f"x has {shape[1]} tokens, and with {masking.hidden} of {masking.patches} patches "
            f"hidden there are {there} to be {way}"
        )
    wants_token = way in ("corrupted", "restored")
    if wants_token and token is None:
        raise InputError(f"way is {way!r} and token is None: give the mask token (D,)")
    if token is not None and not wants_token:
        raise InputError(f"way is {way!r}, which puts a mask token nowhere: leave the token out")
    return found
