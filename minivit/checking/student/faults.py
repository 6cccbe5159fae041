"""What can be wrong with what a student's function returned, each in one sentence."""

from typing import NamedTuple

import numpy as np

from minivit.checking.student.isolation.answers import Answer, Value
from minivit.checking.student.point import Point, input_names

# How far off a result may be: relative to the largest number of the right one plus a thousandth,
# for a gradient of dy's. In float32 a gradient near 0 is mostly rounding.
CLOSE = {("y", "float64"): 1e-8, ("dy", "float64"): 1e-8, ("y", "float32"): 1e-3,
         ("dy", "float32"): 0.05}  # fmt: skip
LITTLE = 1e-3
KINDS = {  # of faults that are none of a failed call
    "values": "the numbers are wrong",
    "shape": "the shape is wrong",
    "dtype": "the dtype is not that of the inputs",
    "form": "what came is no array, no pair, or another number of gradients",
    "written": "an array that was handed in was written into",
    "overwritten": "the backward wrote into an array that the forward, or it, returned before",
    "shared": "a gradient shares memory with dy or with another gradient",
    "slope": "finite differences of the forward give another gradient",
    "repeated": "the backward returns another gradient when it is called again",
    "state": "a call changed what one before it returned, or what its backward returns",
}


class Fault(NamedTuple):
    """Something wrong with one part of what came."""

    part: str  # "y", "dx", ...; "forward" or "backward" of the whole call
    kind: str  # one of KINDS, or of the kinds of a failed call
    sentence: str
    draw: int = 0  # of dy, for a gradient
    line: int | None = None  # of the student's file, where one is known


def written(answer: Answer, point: Point, way: str) -> list[Fault]:
    """The arguments that a call wrote into, and whether it wrote over an earlier result."""
    names = input_names(point.op)
    given = [names[name] if isinstance(name, int) else name for name in answer.written]
    found = [Fault(way, "written", f"the {way} wrote into {name}") for name in given]
    if answer.overwrites:
        said = f"the {way} wrote into an array that an earlier call returned"
        found.append(Fault(way, "overwritten" if way == "backward" else "state", said))
    return found


def y_of(answer: Answer, point: Point) -> tuple[list[Fault], np.ndarray | None]:
    """What is wrong with the y of a forward, and y, if it is an array."""
    if answer.cache is None:
        said = (
            f"the forward returned {answer.form}: expected a pair (y, cache), where cache is "
            "whatever the backward must remember"
        )
        return [Fault("forward", "form", said)], None
    found, y = looked_at("y", answer.values[0], point.y, point)
    if (
        y is not None
        and y.shape == point.y.shape
        and differs(y, point.y, LITTLE, CLOSE["y", point.dtype])
    ):
        found.append(Fault("y", "values", worst("y", y, point.y)))
    return found, y


def gradient_of(
    name: str, value: Value, right: np.ndarray | None, point: Point, draw: int
) -> tuple[list[Fault], np.ndarray | None]:
    if right is None:
        if value.what == "None":
            return [], None
        said = f"{name} is {value.what}: expected None, for an input that is None"
        return [Fault(name, "form", said, draw)], None
    fault, came = looked_at(name, value, right, point, draw)
    if value.shares:
        shared = " and ".join(str(one) for one in value.shares)
        fault.append(Fault(name, "shared", f"{name} shares memory with {shared}: return a copy",
                           draw))  # fmt: skip
    if came is None or came.shape != right.shape:
        return fault, came
    largest = np.abs(point.dys[draw]).max(initial=0.0)
    if differs(came, right, LITTLE * largest, CLOSE["dy", point.dtype]):
        fault.append(Fault(name, "values", worst(name, came, right), draw))
    return fault, came


def looked_at(
    name: str, value: Value, right: np.ndarray, point: Point, draw: int = 0
) -> tuple[list[Fault], np.ndarray | None]:
    """What a look at the outside of a result shows: kind, dtype, shape. The array, if it is one."""
    array = value.array
    if array is None and value.what == "numpy.ndarray" and value.dtype.startswith("float"):
        said = f"{name} has dtype {value.dtype}, and the inputs are {point.dtype}"
        return [Fault(name, "dtype", said, draw)], None
    if array is None or array.dtype.kind not in "f":
        is_plain = value.what == "numpy.ndarray"
        what = f"an array of dtype {value.dtype}" if is_plain else value.what
        said = f"{name} is {what}: expected an array of {point.dtype}"
        return [Fault(name, "form", said, draw)], None
    found = []
    if array.dtype != point.dtype and value.what == "float":
        said = f"{name} is a Python float, and the inputs are {point.dtype}"
        found.append(Fault(name, "dtype", said, draw))
    elif array.dtype != point.dtype:
        said = f"{name} has dtype {array.dtype}, and the inputs are {point.dtype}"
        found.append(Fault(name, "dtype", said, draw))
    if array.shape != right.shape:
        said = f"{name} has shape {array.shape}, expected {right.shape}"
        found.append(Fault(name, "shape", said, draw))
    return found, array.astype("float64")


def alike(one: np.ndarray | None, other: np.ndarray | None, dtype: str) -> bool:
    """Equal but for rounding."""
    if one is None or other is None or one.shape != other.shape:
        return one is other
    return np.allclose(one, other, rtol=1e-9 if dtype == "float64" else 1e-3, atol=1e-9,
                       equal_nan=True)  # fmt: skip


def differs(came: np.ndarray, right: np.ndarray, little: float, tolerance: float) -> bool:
    """Whether two arrays of one shape are further apart than the tolerance, relative to the
    largest number of the right one plus a little; NaN differs from all."""
    if not right.size:
        return False
    with np.errstate(all="ignore"):
        size = np.abs(right).max() + little
        return not np.abs(came - right).max() <= tolerance * size


def worst(name: str, came: np.ndarray, right: np.ndarray) -> str:
    """The element that is furthest off, with as many digits as show that it is."""
    with np.errstate(all="ignore"):
        error = np.nan_to_num(np.abs(came - right), nan=np.inf)
    index = np.unravel_index(error.argmax(), error.shape)
    place = f" at [{', '.join(map(str, index))}]" if index else ""
    one, other = float(came[index]) + 0.0, float(right[index]) + 0.0
    digits = next((n for n in (6, 9, 12) if f"{one:.{n}g}" != f"{other:.{n}g}"), 17)
    return f"{name} is {one:.{digits}g}{place} and should be {other:.{digits}g}"


def expected_gradients(names: list[str]) -> str:
    if len(names) == 1:
        return f"the gradient {names[0]} alone"
    return f"a tuple of {len(names)} gradients, {', '.join(names)}"
