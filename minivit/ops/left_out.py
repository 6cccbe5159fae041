"""How a branch's result is added to x: y = x + result, of which a training step leaves out some.

First single values (dropout), then whole images (stochastic depth); both branches of a block do it.
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.chance import BranchDrop
from minivit.ops.dropout import DropoutCache, dropout_backward, dropout_forward
from minivit.ops.notes import unseen
from minivit.ops.stochastic_depth import (
    StochasticDepthCache,
    stochastic_depth_backward,
    stochastic_depth_forward,
)


class LeftOutCache(NamedTuple):
    values: DropoutCache | None  # out (B, T, D) -> out_kept
    images: StochasticDepthCache | None  # out_kept -> scaled


def add_result(
    x: np.ndarray, out: np.ndarray, drop: BranchDrop, *, note=unseen
) -> tuple[np.ndarray, LeftOutCache]:
    """x (B, T, D), out (B, T, D) -> y (B, T, D) = x + what is left of out."""
    values = images = None
    if drop.out is not None:
        out, values = dropout_forward(out, drop=drop.out)
        note(out_kept=out)
    if drop.images is not None:
        out, images = stochastic_depth_forward(out, drop=drop.images, note=note)
    y = x + out
    note(y=y)
    return y, LeftOutCache(values, images)


def result_gradient(dy: np.ndarray, left: LeftOutCache, *, note=unseen) -> np.ndarray:
    """dy (B, T, D) -> dout (B, T, D), by the same factors; x gets dy itself."""
    note(y=dy)
    dout = dy if left.images is None else stochastic_depth_backward(dy, left.images, note=note)
    if left.values is not None:
        note(out_kept=dout)
        dout = dropout_backward(dout, left.values)
    return dout
