"""What an op may be given: every op checks its inputs here, before it computes.

An op computes in the dtype of its first input, float32 or float64. The other inputs, and the dy of
its backward, are converted to that. Lists are read as NumPy reads them, and arrays of the other
byte order are converted. A first input that is an array of whole numbers or of float16 is refused:
it does not say in which dtype to compute.
"""

import numpy as np

from minivit.errors import InputError

REALS = np.float32, np.float64


def reals(**inputs) -> list[np.ndarray | None]:
    """The inputs as arrays of one dtype, that of the first; None, where one is absent, stays None.

    `x, w, b = reals(x=x, w=w, b=b)`. An array of the right dtype is handed on, not copied. Complex
    inputs pass if the first is complex: the checker's complex steps go through the ops.

    Raises InputError for inputs that are not real numbers, and for a first one of another dtype.
    """
    arrays, dtype = [], None
    for name, x in inputs.items():
        if not isinstance(x, np.ndarray) or x.dtype is not dtype:
            if dtype is None:
                x = first_of(name, x)
                dtype = x.dtype
            elif x is not None:
                x = converted(name, x, dtype)
        arrays.append(x)
    return arrays


def upstream(dy, dtype: np.dtype) -> np.ndarray:
    """The dy of a backward in the dtype of its forward; InputError unless it is real numbers."""
    if isinstance(dy, np.ndarray) and dy.dtype is dtype:
        return dy
    return converted("the upstream gradient", dy, dtype)


def changed_in_place(gradients, *, axes: int = 1, **arrays) -> np.ndarray:
    """The gradients in the dtype of what an optimiser's step changes, the parameters first.

    `axes`: 1 for flat vectors, 2 for matrices. Raises InputError for what can't be changed in
    place, and for gradients of another shape.
    """
    first = next(iter(arrays.values()))
    for name, array in arrays.items():
        if not (
            isinstance(array, np.ndarray)
            and array.dtype.type in REALS
            and array.dtype == first.dtype
            and array.shape == first.shape
            and array.ndim == axes
            and array.flags.carray
        ):
            raise InputError(
                f"{name} must be a {'flat vector' if axes == 1 else 'matrix'} of float32 or "
                "float64, contiguous, writeable, and of the parameters' shape and dtype: the step "
                "changes it in place"
            )
    gradients = upstream(gradients, first.dtype)
    if gradients.shape != first.shape:
        raise InputError(
            f"gradients have the shape {gradients.shape}, and {first.shape} is needed here"
        )
    return gradients


def first_of(name: str, x) -> np.ndarray:
    """The input that chooses the dtype, which a list of whole numbers chooses as float64."""
    if isinstance(x, np.ndarray) and x.dtype.type in REALS and x.dtype.isnative:
        return x  # the usual case, which small models would feel
    array = read(name, x)
    if not isinstance(x, np.ndarray) and array.dtype.kind in "iu":
        array = array.astype(np.float64)
    if array.dtype.type not in REALS and array.dtype.kind != "c":
        raise InputError(
            f"{name} is {array.dtype}: an op computes in float32 or float64; convert it, say with "
            f"{name}.astype(np.float32)"
        )
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def converted(name: str, x, dtype: np.dtype) -> np.ndarray:
    """The input in `dtype`; InputError unless it is real numbers, or complex as `dtype`."""
    array = read(name, x)
    if array.dtype.kind not in ("fiubc" if dtype.kind == "c" else "fiub"):
        raise InputError(f"{name} is {array.dtype}: expected real numbers")
    return array.astype(dtype, copy=False)


def read(name: str, x) -> np.ndarray:
    """x as an array; InputError for lists of unequal lengths."""
    try:
        return np.asanyarray(x)
    except ValueError as error:
        raise InputError(f"{name} is no array of numbers: {error}") from error


def pair(sides, name: str) -> tuple[int, int]:
    """A side as a pair: 4 -> (4, 4), (4, 2) -> (4, 2); InputError for anything else."""
    both = (sides, sides) if np.ndim(sides) == 0 else tuple(sides)
    if len(both) != 2 or any(side < 1 or side != int(side) for side in both):
        raise InputError(
            f"{name} is {sides}: expected a positive whole number, or a pair (height, width) of "
            "them"
        )
    return int(both[0]), int(both[1])
