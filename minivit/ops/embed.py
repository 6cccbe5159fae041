"""Embedding: patches to tokens, a cls token in front, and a position added to each.

    x = [cls; patches w + b] + positions

Without w the patches are tokens already: x = [cls; patches] + positions.

(ViT paper, equation 1: z_0 = [x_class; x_p^1 E; ...; x_p^N E] + E_pos.)
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import reals, upstream
from minivit.ops.linear import LinearCache, linear_backward, linear_flops, linear_forward
from minivit.ops.notes import unseen


class EmbedCache(NamedTuple):
    linear: LinearCache | None  # patches (B, N, P*P*channels) -> projected (B, N, D)
    shape: tuple  # of projected, (B, N, D)
    dtype: np.dtype
    has_cls: bool
    has_positions: bool


def embed_forward(
    patches: np.ndarray,
    w: np.ndarray | None,
    b: np.ndarray | None,
    cls: np.ndarray | None,
    positions: np.ndarray | None,
    *,
    note=unseen,
) -> tuple[np.ndarray, EmbedCache]:
    """Project the patches, put the cls token in front, add the position table.

    patches (B, N, P*P*channels), w (P*P*channels, D), b (D,) or None, cls (D,) or None,
    positions (T, D) or None -> x (B, T, D), T = N + 1 with a cls token and N without. With w None
    patches are (B, N, D).

    Raises InputError for a bias b without w.
    """
    patches, w, b = reals(patches=patches, w=w, b=b)
    check_projection(w, b)
    projected, linear = (patches.copy(), None) if w is None else linear_forward(patches, w, b)
    _, cls, positions = reals(projected=projected, cls=cls, positions=positions)
    tokens = projected
    if cls is not None:
        B, _, D = projected.shape
        tokens = np.concatenate([np.broadcast_to(cls, (B, 1, D)), projected], axis=1)  # (B, T, D)
    x = tokens if positions is None else tokens + positions
    note(projected=projected, tokens=tokens, x=x)
    has = cls is not None, positions is not None
    return x, EmbedCache(linear, projected.shape, projected.dtype, *has)


def embed_backward(
    dx: np.ndarray, cache: EmbedCache, *, want_dx: bool = True, note=unseen
) -> tuple:
    """Gradients of x = [cls; patches w + b] + positions.

    dx (B, T, D) -> dpatches (B, N, P*P*channels), dw, db, dcls (D,), dpositions (T, D); None
    for an input that was None.

    cls and positions are the same for every image, so each collects from the whole batch:
        dcls = sum_b dx[b, 0],   dpositions = sum_b dx[b]
    Only the gradient on the pixels needs dpatches: it is None without `want_dx`. Without w it is
    the tokens' own gradient.
    """
    dx = upstream(dx, cache.dtype)
    dprojected = dx[:, 1:] if cache.has_cls else dx
    dcls = dx[:, 0].sum(axis=0) if cache.has_cls else None
    dpositions = dx.sum(axis=0) if cache.has_positions else None
    if cache.linear is None:
        dpatches, dw, db = dprojected.copy() if want_dx else None, None, None
    else:
        dpatches, dw, db = linear_backward(dprojected, cache.linear, want_dx=want_dx)
    note(projected=dprojected, tokens=dx, x=dx)
    return dpatches, dw, db, dcls, dpositions


def embed_flops(patches, w, b, cls, positions) -> int:
    """FLOPs of one image."""
    return 0 if w is None else linear_flops(patches, w)


def check_projection(w: np.ndarray | None, b: np.ndarray | None) -> None:
    """InputError for a bias without a matrix."""
    if w is None and b is not None:
        raise InputError(
            "the embedding is given a bias b and no w: without a projection there is none to add "
            "it to; leave out both, or none"
        )
