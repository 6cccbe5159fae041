"""Similarity: how well every image goes with every name, as the cosine of the angle between them.

logits = exp(log_scale) x_hat y_hat^T,   x_hat = x / |x|,   |x| = sqrt(sum x^2 + eps)

Only the direction of a vector counts, not its length. A cosine lies between -1 and 1, too near
together for a softmax: the learned scale, the inverse of a temperature, draws them apart. (Radford
et al. 2021, "Learning transferable visual models from natural language supervision", figure 3.)
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen


class SimilarityCache(NamedTuple):
    x_hat: np.ndarray  # (B, E), of length 1
    y_hat: np.ndarray  # (N, E), of length 1
    x_length: np.ndarray  # (B, 1)
    y_length: np.ndarray  # (N, 1)
    scale: np.ndarray  # (1,), exp(log_scale)
    logits: np.ndarray  # (B, N)


def similarity_forward(
    x: np.ndarray, y: np.ndarray, log_scale: np.ndarray, *, eps: float = 1e-12, note=unseen
) -> tuple[np.ndarray, SimilarityCache]:
    """Every x with every y.

    x (B, E), y (N, E), log_scale (1,) -> logits (B, N), from -exp(log_scale) to exp(log_scale).

    Raises InputError for vectors of different widths.
    """
    x, y, log_scale = reals(x=x, y=y, log_scale=log_scale)
    check_widths(x, y, log_scale)
    x_hat, x_length = unit_length(x, eps)
    y_hat, y_length = unit_length(y, eps)
    scale = np.exp(log_scale)
    cosines = x_hat @ y_hat.T  # (B, N)
    logits = scale * cosines
    note(x_hat=x_hat, y_hat=y_hat, cosines=cosines, logits=logits)
    return logits, SimilarityCache(x_hat, y_hat, x_length, y_length, scale, logits)


def similarity_backward(dlogits: np.ndarray, cache: SimilarityCache, *, note=unseen) -> tuple:
    """Gradients of logits = exp(log_scale) x_hat y_hat^T.

    dlogits (B, N) -> dx (B, E), dy (N, E), dlog_scale (1,).

    exp is its own derivative, so that d logits / d log_scale = logits. For the rest the logits are
    a product of two matrices, and both are brought to length 1 (see `unit_length_backward`):
        dlog_scale = sum of dlogits logits
        dx_hat = scale dlogits y_hat,   dy_hat = scale dlogits^T x_hat
    """
    x_hat, y_hat, x_length, y_length, scale, logits = cache
    dlogits = upstream(dlogits, logits.dtype)
    dcosines = scale * dlogits
    dx_hat, dy_hat = dcosines @ y_hat, dcosines.T @ x_hat
    note(x_hat=dx_hat, y_hat=dy_hat, cosines=dcosines, logits=dlogits)
    dx = unit_length_backward(dx_hat, x_hat, x_length)
    dy = unit_length_backward(dy_hat, y_hat, y_length)
    return dx, dy, (dlogits * logits).sum().reshape(1)


def similarity_flops(x, y, log_scale, *, eps: float = 1e-12) -> int:
    """FLOPs of one image: its product with every name."""
    return 2 * y.shape[0] * y.shape[1]


def unit_length(x: np.ndarray, eps: float) -> tuple[np.ndarray, np.ndarray]:
    """x (B, E) -> x_hat (B, E), its length (B, 1)."""
    length = np.sqrt((x * x).sum(axis=-1, keepdims=True) + x.dtype.type(eps))
    return x / length, length


def unit_length_backward(dx_hat: np.ndarray, x_hat: np.ndarray, length: np.ndarray) -> np.ndarray:
    """dx_hat (B, E) -> dx (B, E).

    Along x nothing changes but the length, which is divided away: what of dx_hat points there is
    taken off. From |x|^2 = sum x^2 + eps follows d|x| = x_hat . dx, hence
        dx = (dx_hat - (dx_hat . x_hat) x_hat) / |x|
    """
    return (dx_hat - (dx_hat * x_hat).sum(axis=-1, keepdims=True) * x_hat) / length


def check_widths(x: np.ndarray, y: np.ndarray, log_scale: np.ndarray) -> None:
    """InputError unless x (B, E) and y (N, E) are of one width, and there is one log_scale (1,)."""
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or log_scale.shape != (1,):
        raise InputError(
            f"x has shape {x.shape}, y {y.shape} and log_scale {log_scale.shape}: expected (B, E), "
            "(N, E) with the same E, and (1,)"
        )
