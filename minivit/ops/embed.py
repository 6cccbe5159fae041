"""Embedding: patches to tokens, a cls token in front, and a position added to each.

    x = [cls; patches w + b] + positions

(ViT paper, equation 1: z_0 = [x_class; x_p^1 E; ...; x_p^N E] + E_pos.)
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.linear import LinearCache, linear_backward, linear_forward


class EmbedCache(NamedTuple):
    linear: LinearCache  # patches (B, N, P*P*channels) -> (B, N, D)
    has_cls: bool
    has_positions: bool


def embed_forward(
    patches: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None,
    cls: np.ndarray | None,
    positions: np.ndarray | None,
) -> tuple[np.ndarray, EmbedCache]:
    """Project the patches, put the cls token in front, add the position table.

    patches (B, N, P*P*channels), w (P*P*channels, D), b (D,), cls (D,) or None,
    positions (T, D) or None -> x (B, T, D), T = N + 1 with a cls token and N without.
    """
    projected, linear_cache = linear_forward(patches, w, b)  # (B, N, D)
    x = with_cls_and_positions(projected, cls, positions)
    return x, EmbedCache(linear_cache, cls is not None, positions is not None)


def embed_backward(dx: np.ndarray, cache: EmbedCache, *, want_dpatches: bool = True) -> tuple:
    """Gradients of x = [cls; patches w + b] + positions.

    dx (B, T, D) -> dpatches (B, N, P*P*channels), dw, db, dcls (D,), dpositions (T, D).

    cls and positions are the same for every image, so each collects from the whole batch:
        dcls = sum_b dx[b, 0],   dpositions = sum_b dx[b]
    Only a picture of the gradient on the pixels needs dpatches: None without `want_dpatches`.
    """
    dprojected = dx[:, 1:] if cache.has_cls else dx
    dcls = dx[:, 0].sum(axis=0) if cache.has_cls else None
    dpositions = dx.sum(axis=0) if cache.has_positions else None
    dpatches, dw, db = linear_backward(dprojected, cache.linear, want_dx=want_dpatches)
    return dpatches, dw, db, dcls, dpositions


def with_cls_and_positions(
    projected: np.ndarray, cls: np.ndarray | None, positions: np.ndarray | None
) -> np.ndarray:
    """projected (B, N, D), cls (D,) or None, positions (T, D) or None -> x (B, T, D).

    Writes into `projected`, which the caller has just made, where no cls token is to be added.
    """
    if cls is None:
        x = projected
    else:
        B, N, D = projected.shape
        x = np.empty((B, N + 1, D), projected.dtype)
        x[:, 0] = cls
        x[:, 1:] = projected
    if positions is not None:
        x += positions
    return x
