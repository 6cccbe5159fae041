"""Similarity, the twin of `minivit.ops.similarity`.

Two products of a few hundred vectors: NumPy does that.
"""

import numpy as np

from minivit.ops.similarity import (
    SimilarityCache,
    check_widths,
    unit_length,
    unit_length_backward,
)

from .inputs import like, need_shape, reals


def similarity_forward(x, y, log_scale, *, eps=1e-12):
    """x (B, E), y (N, E), log_scale (1,) -> logits (B, N) = exp(log_scale) cos(x, y)."""
    x, y, log_scale = reals(x=x, y=y, log_scale=log_scale)
    check_widths(x, y, log_scale)
    x_hat, x_length = unit_length(x, eps)
    y_hat, y_length = unit_length(y, eps)
    scale = np.exp(log_scale)
    logits = x_hat @ y_hat.T
    logits *= scale
    return logits, SimilarityCache(x_hat, y_hat, x_length, y_length, scale, logits)


def similarity_backward(dlogits, cache):
    """dlogits (B, N) -> dx (B, E), dy (N, E), dlog_scale (1,)."""
    x_hat, y_hat, x_length, y_length, scale, logits = cache
    (dlogits,) = like(logits, dlogits)
    need_shape("dlogits", dlogits, logits.shape)
    dcosines = scale * dlogits
    dx = unit_length_backward(dcosines @ y_hat, x_hat, x_length)
    dy = unit_length_backward(dcosines.T @ x_hat, y_hat, y_length)
    return dx, dy, np.array([np.vdot(dlogits, logits)], logits.dtype)
