"""Translation equivariance, invariance and locality, as numbers.

A layer f is equivariant to a shift S if f(S x) = S f(x): what moves in the image moves in the map,
and nothing else happens. It is local if a pixel changes no place that is far from it.

    error   |b - a| / |a - mean(a)|      a: the maps of x, moved; b: the maps of x, when x is moved

0 is equivariant, to rounding, and about 1.4, the root of 2, as different as two places that have
nothing to do with each other: the mean is that of each channel, over all images and places, and
what all places share counts as nothing. Of vectors, which have no places, it measures invariance.

    change[r, c]   the mean over the images of  |f(x')[r, c] - f(x)[r, c]|^2 / sum over all places

where x' is x with a pixel changed.

(ViT paper, section 3.1: in a CNN "locality, two-dimensional neighborhood structure, and translation
equivariance are baked into each layer"; in a ViT "only MLP layers are local and translationally
equivariant".)
"""

import numpy as np

from minivit.errors import InputError

Places = tuple[slice, slice]  # rows, columns


def equivariance_error(
    maps: np.ndarray, of_moved: np.ndarray, moved: tuple[int, int], where: Places | None = None
) -> float:
    """How far the maps of moved images are from the moved maps of the images.

    maps, of_moved (B, rows, columns, channels), moved: by how many places, down and to the right
    (0 or more) -> the error. Those places of `maps` are compared that are still there when they
    have moved; with `where` (slices of rows and of columns) those among them.

    Raises InputError for maps of other shapes, and where no place is left to compare.
    """
    down, right = moved
    if maps.ndim != 4 or maps.shape != of_moved.shape or min(moved) < 0:
        raise InputError(
            f"maps have shapes {maps.shape} and {of_moved.shape}, and moved is {moved}: expected "
            "twice (B, rows, columns, channels), and no number below 0"
        )
    rows, columns = maps.shape[1] - down, maps.shape[2] - right
    if where is None:
        where = slice(0, max(rows, 0)), slice(0, max(columns, 0))
    a = maps[:, : max(rows, 0), : max(columns, 0)][:, *where]
    b = of_moved[:, down:, right:][:, *where]
    if not a.size:
        raise InputError(f"no place is left to compare when maps {maps.shape} move by {moved}")
    return relative_error(a, b)


def invariance_error(vectors: np.ndarray, of_moved: np.ndarray) -> float:
    """How far vectors of moved images are from those of the images: (B, D) twice -> the error."""
    if vectors.ndim != 2 or vectors.shape != of_moved.shape or not vectors.size:
        raise InputError(
            f"vectors have shapes {vectors.shape} and {of_moved.shape}: expected twice (B, D)"
        )
    return relative_error(vectors, of_moved)


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """|b - a| / |a - mean(a)|, the mean over all axes but the last; 0 where nothing differs."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    off = np.linalg.norm(b - a)
    if not off:
        return 0.0
    spread = np.linalg.norm(a - a.mean(axis=tuple(range(a.ndim - 1)), keepdims=True))
    return float(off / spread) if spread else float("inf")


def change_shares(maps: np.ndarray, of_changed: np.ndarray) -> np.ndarray:
    """Which part of a change lies in which place.

    maps, of_changed (B, rows, columns, channels) -> (rows, columns), not below 0; they sum to 1.
    Images in which nothing changes are left out; all 0 if there is no other.

    Raises InputError for maps of other shapes.
    """
    if maps.ndim != 4 or maps.shape != of_changed.shape:
        raise InputError(
            f"maps have shapes {maps.shape} and {of_changed.shape}: expected twice "
            "(B, rows, columns, channels)"
        )
    squares = np.square(np.asarray(of_changed, np.float64) - maps).sum(axis=-1)
    totals = squares.sum(axis=(1, 2), keepdims=True)
    changed = totals[:, 0, 0] > 0
    if not changed.any():
        return np.zeros(squares.shape[1:])
    return (squares[changed] / totals[changed]).mean(axis=0)


def pixel_distances(
    grid: tuple[int, int], image: tuple[int, int], pixel: tuple[int, int]
) -> np.ndarray:
    """How far a pixel is from each place's square, in pixels: (rows, columns); 0 in its own.

    grid: the places of a map, which share the image out evenly. It is the longer of the ways down
    and across, as windows are square: 1 for a pixel that touches the square.
    """
    ways = []
    for places, side, at in zip(grid, image, pixel, strict=True):
        step = -(-side // places)
        first = np.arange(places) * step
        ways.append(np.maximum(np.maximum(first - at, at - (first + step - 1)), 0))
    return np.maximum(ways[0][:, None], ways[1])
