"""What a branch leaves out in a training step, and how its result is added: the same for both.

Nothing is computed for the images that skip the branch: the others are gathered, and what the
branch makes of them is added where they came from. The values that are dropped of the result become
0 in the pass that adds it.
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.chance import ALL_KEPT, BranchDrop

from .dropout import Mask, dropped_into, mask_of
from .inputs import like
from .stochastic_depth import Kept, add_kept, kept_of


class LeftOut(NamedTuple):
    """The same as `BranchDrop`, drawn for these images."""

    inside: Mask | None
    out: Mask | None
    kept: Kept | None  # the images that the branch is computed for; None: all of them

    @property
    def of_result(self) -> bool:
        """Whether the branch's result loses something, so that it can't be added as it is made."""
        return self.out is not None or self.kept is not None


NOTHING = LeftOut(None, None, None)


def left_out(drop: BranchDrop, images: int, dtype: np.dtype) -> LeftOut:
    """What is left out of a batch of so many images."""
    if drop == ALL_KEPT:
        return NOTHING
    kept = kept_of(images, drop.images)
    numbers = np.arange(images) if kept is None else kept.images
    return LeftOut(mask_of(drop.inside, numbers, dtype), mask_of(drop.out, numbers, dtype), kept)


def rows_of(x: np.ndarray, left: LeftOut) -> np.ndarray:
    """x (B, ...) -> the images that the branch is computed for (kept, ...)."""
    return x if left.kept is None else x[left.kept.images]


def add_result(x: np.ndarray, out: np.ndarray, left: LeftOut) -> np.ndarray:
    """x (B, ...), out (kept, ...) -> y (B, ...) = x + what is left of out. Writes into out."""
    if left.kept is None:
        return dropped_into(out, out, left.out, plus=like(out, x)[0])
    if left.out is not None:
        dropped_into(out, out, left.out)
    return add_kept(x, out, left.kept.images, left.kept.factor)


def result_gradient(dy: np.ndarray, left: LeftOut) -> np.ndarray:
    """dy (B, ...) -> dout (kept, ...), as the result was added; dy itself where all of it was."""
    dout = dy
    if left.kept is not None:
        dout = dy[left.kept.images] * dy.dtype.type(left.kept.factor)
    if left.out is not None:
        dout = dropped_into(np.empty_like(dout), dout, left.out)
    return dout
