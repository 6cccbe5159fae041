"""What a backward needs, looked at once, at the edge of the model."""

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
    """dlogits (B, C) in the model's dtype; InputError for another shape, or no real numbers."""
    dlogits = upstream(dlogits, dtype)
    if dlogits.shape != shape:
        raise InputError(f"dlogits have shape {dlogits.shape}: expected {shape}")
    return dlogits
