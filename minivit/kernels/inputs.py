"""What a kernel may be given, checked once before it runs.

NumPy looks at dtypes and shapes itself. Compiled code does not: it would read whatever lies behind
a vector that is too short. A kernel computes in the dtype of its first argument, float32 or
float64; arguments of another dtype are converted. Nothing is broadcast. Arrays that are read-only,
or lie askew in memory, are copied: Numba would compile the kernel anew for their type.

What is in order is found to be so at once: in small models one would feel these checks.
"""

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import REALS, upstream
from minivit.ops.inputs import reals as inputs_of_an_op

NATIVE = tuple(map(np.dtype, REALS))  # in this machine's order of bytes


def reals(**inputs) -> list[np.ndarray | None]:
    """As for an op, see `minivit.ops.inputs`, without complex numbers."""
    arrays = list(inputs.values())
    dtype = getattr(arrays[0], "dtype", None)
    if dtype in NATIVE and all([x is None or in_order(x, dtype) for x in arrays]):
        return arrays
    arrays = inputs_of_an_op(**inputs)
    need_real(next(iter(inputs)), arrays[0])
    return [None if x is None else behaved(x) for x in arrays]


def in_order(x, dtype: np.dtype) -> bool:
    """Whether x is an array of just this dtype that a kernel can take as it is."""
    return type(x) is np.ndarray and x.dtype is dtype and x.flags.behaved


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


def like(x: np.ndarray, *arrays: np.ndarray | None) -> list[np.ndarray | None]:
    """The arrays in x's dtype, contiguous, writeable and aligned; None stays None."""
    dtype = x.dtype
    return [
        a
        if a is None or (in_order(a, dtype) and a.flags.c_contiguous)
        else behaved(np.asarray(upstream(a, dtype), order="C"))
        for a in arrays
    ]


def behaved(x: np.ndarray) -> np.ndarray:
    """x, or a copy if it is read-only or not aligned."""
    return x if x.flags.behaved else x.copy()
