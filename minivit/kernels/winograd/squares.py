"""How a convolution is cut into squares of 2 x 2 stops, and what a square sees of the maps."""

from typing import NamedTuple

from ..compiling import jit
from ..simd import VECTOR_BYTES, broadcast, load, noinline, store
from .transforms import pixels_into_products

SQUARES = 64  # so many are transformed at once: their matrices stay in the second-level cache


class Squares(NamedTuple):
    size: tuple[int, int, int]  # height, width and channels of a map
    stops: tuple[int, int]  # of the window in a map: down, across
    first: tuple[int, int]  # top, left: where the window stands first
    down: int  # squares in a map; the last ones may reach past the stops
    across: int
    count: int  # in all maps


def squares_of(patches, m):
    """The squares that m stops of a 3 x 3 window make."""
    (rows, columns), images = patches.stops, m // (patches.stops[0] * patches.stops[1])
    down, across = -(-rows // 2), -(-columns // 2)
    return Squares(patches.size, patches.stops, patches.first, down, across, images * down * across)


@jit(from_python=True)
def matrix_size(columns, itemsize):
    """From one of 16 matrices (SQUARES, columns) to the next: their numbers, and a cache line.

    Without it all 16 would begin at the same place of the nearest cache, which has room for some 12
    such lines: the transforms took 1.4 times as long.
    """
    return SQUARES * columns + 64 // itemsize


@jit
def place_of(squares, n):
    """Of square n: which image, and the row and column of its first stop."""
    image, n = n // (squares.down * squares.across), n % (squares.down * squares.across)
    return image, n // squares.across * 2, n % squares.across * 2


@jit
def see(squares, n, maps, channel, channels, to, at, room):
    """B^T d B of some channels of square n: a row of 16 matrices (SQUARES, channels), from to[at].

    A square at the edge of a map is copied first, with the zeros beside the map, to to[room].
    """
    image, i, j = place_of(squares, n)
    height, width, pixel = squares.size
    y, x = i + squares.first[0], j + squares.first[1]
    first = ((image * height + y) * width + x) * pixel + channel
    apart = matrix_size(channels, to.itemsize)
    if y >= 0 and y + 4 <= height and x >= 0 and x + 4 <= width:
        pixels_into_products(to, at, apart, maps, first, width * pixel, pixel, channels)
    else:
        for r in range(4):
            for s in range(4):
                inside = y + r >= 0 and y + r < height and x + s >= 0 and x + s < width
                _copy_pixel(to, room + (4 * r + s) * channels, maps,
                            first + (r * width + s) * pixel, channels, inside)  # fmt: skip
        pixels_into_products(to, at, apart, to, room, 4 * channels, channels, channels)


@jit
def _copy_pixel(to, at, maps, first, channels, inside):
    noinline()
    zero = broadcast(to.dtype.type(0))
    for c in range(0, channels, VECTOR_BYTES // to.itemsize):
        store(to, at + c, load(maps, first + c) if inside else zero)
