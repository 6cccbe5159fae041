"""Checks of what a model's backward is given, made once, before any op runs."""

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import upstream
from minivit.params import NamedArrays


def check_unchanged(parameters: NamedArrays, version: int) -> None:
    """InputError when the parameters are no longer those of the forward."""
    if parameters.version != version:
        raise InputError(
            "the parameters have changed since this cache's forward (a step, a load or an "
            "assignment): the gradient would be that of neither; run forward again before backward"
        )


def check_dlogits(dlogits: np.ndarray, shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    """dlogits (B, C) in the model's dtype; InputError unless they are real and of this shape."""
    dlogits = upstream(dlogits, dtype)
    if dlogits.shape != shape:
        raise InputError(f"dlogits have shape {dlogits.shape}: expected {shape}")
    return dlogits
