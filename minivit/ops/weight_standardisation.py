"""Weight standardisation: every filter of a convolution to mean 0 and variance 1, before its use.

    w_hat = (w - mean) / (std + floor),   std = sqrt(var + eps)       for each output channel

over the rows, columns and input channels of its filter (Qiao et al. 2019). The convolution learns
w and computes with w_hat, so its gradient comes back through here. Beside GroupNorm it takes the
place of BatchNorm in BiT (Kolesnikov et al. 2020, with eps 1e-10 and no floor). Google's hybrid
ViTs add 1e-5 to std instead: floor=1e-5.
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen


class WeightStandardisationCache(NamedTuple):
    w_hat: np.ndarray  # (rows, columns, in, out)
    std: np.ndarray  # (out,), sqrt(var + eps)
    floor: float


def weight_standardisation_forward(
    w: np.ndarray, *, eps: float = 1e-10, floor: float = 0.0, note=unseen
) -> tuple[np.ndarray, WeightStandardisationCache]:
    """Standardise the filters of a convolution: w_hat = (w - mean) / (sqrt(var + eps) + floor).

    w (rows, columns, in, out) -> w_hat (rows, columns, in, out).

    Raises InputError unless eps is above 0: a filter whose numbers are all alike becomes 0.
    """
    (w,) = reals(w=w)
    check_filters(w, eps)
    inside = (0, 1, 2)
    centred = w - w.mean(axis=inside)
    std = np.sqrt((centred * centred).mean(axis=inside) + eps)
    w_hat = centred / (std + floor)
    note(w_hat=w_hat)
    return w_hat, WeightStandardisationCache(w_hat, std, floor)


def weight_standardisation_backward(
    dy: np.ndarray, cache: WeightStandardisationCache, *, note=unseen
) -> np.ndarray:
    """Gradient of w_hat = c / (std + floor), c = w - mean.

    dy (rows, columns, in, out), the gradient of w_hat, -> dw of the same shape.

    c_i reaches w_hat_i, and std, whose derivative is c_i / (n std); std reaches all of w_hat:
        dc = dy / (std + floor) - w_hat mean(dy w_hat) / std
    and w reaches c by itself and by the mean, so dw = dc - mean(dc), where w_hat has the mean 0:
        dw = (dy - mean(dy)) / (std + floor) - w_hat mean(dy w_hat) / std
    """
    w_hat, std, floor = cache
    dy = upstream(dy, w_hat.dtype)
    inside = (0, 1, 2)
    along_w_hat = w_hat * (dy * w_hat).mean(axis=inside)
    dw = (dy - dy.mean(axis=inside)) / (std + floor) - along_w_hat / std
    note(w_hat=dy)
    return dw


def check_filters(w: np.ndarray, eps: float) -> None:
    """InputError unless w are filters and eps is above 0."""
    if w.ndim != 4:
        raise InputError(
            f"w has the shape {w.shape}: expected (rows, columns, channels in, channels out)"
        )
    if not eps > 0:
        raise InputError(f"eps is {eps}: expected a number above 0, such as 1e-10")
