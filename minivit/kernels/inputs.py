"""What a kernel may be given, checked once before it runs.

NumPy looks at dtypes and shapes itself. Compiled code does not: it would read whatever lies behind
a vector that is too short. A kernel computes in the dtype of its first argument, float32 or
float64; arguments of another dtype are converted. Nothing is broadcast. Read-only arrays are
copied: Numba would compile the kernel anew for their type.
"""

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import REALS, upstream
from minivit.ops.inputs import reals as inputs_of_an_op


def reals(**inputs) -> list[np.ndarray | None]:
    """As for an op, see `minivit.ops.inputs`, without complex numbers."""
    arrays = inputs_of_an_op(**inputs)
    need_real(next(iter(inputs)), arrays[0])
    return [None if x is None else writeable(x) for x in arrays]


def need_real(name: str, x: np.ndarray) -> None:
    """InputError unless x is float32 or float64."""
    if x.dtype.type not in REALS:
        raise InputError(
            f"{name} is {x.dtype}: the kernels compute in float32 or float64; convert it, say with "
            f"{name}.astype(np.float32)"
        )


def need_shape(name: str, array: np.ndarray | None, shape: tuple[int, ...]) -> None:
    """InputError unless the array, if there is one, has just this shape."""
    if array is not None and array.shape != shape:
        raise InputError(f"{name} has the shape {array.shape}, and {shape} is needed here")


def like(x: np.ndarray, *arrays: np.ndarray | None) -> tuple[np.ndarray | None, ...]:
    """The arrays in x's dtype, contiguous and writeable; None stays None."""
    dtype = x.dtype
    return tuple(
        [
            None if a is None else writeable(np.asarray(upstream(a, dtype), order="C"))
            for a in arrays
        ]
    )


def writeable(x: np.ndarray) -> np.ndarray:
    """x, or a copy if it is read-only."""
    return x if x.flags.writeable else x.copy()
