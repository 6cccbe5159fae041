"""The lines of feature maps that a window sees, copied with zeros beside them.

Neighbouring stops of a window see mostly the same pixels. A matrix of patches would hold a pixel
once for each stop that sees it: nine times for a 3 x 3 window. A copy of the lines holds it once,
and has room for the zeros beside the maps. In it, what one row of the window sees from any stop is
one run of numbers, which a tile can read where it lies.
"""

from ..compiling import jit
from ..simd import VECTOR_BYTES, copy_row, noinline

COPIED = 4  # vectors at a time of a piece


@jit(from_python=True)
def line_size(patches):
    """How many numbers the copy of a line holds.

    What stops see begins `step` pixels apart: where the window leaves out pixels, so does the copy.
    """
    step = min(patches.stride[1], patches.side[1])
    return ((patches.stops[1] - 1) * step + patches.side[1]) * patches.size[2]


def room_for_lines(patches, count):
    """How many numbers `copy_lines` writes for `count` lines of stops, at most."""
    (down, _), side = patches.stops, patches.side[0]
    images = min(count, count // down + 2)
    return (count * min(patches.stride[0], side) + images * side) * line_size(patches)


@jit
def copy_lines(patches, to, here, places, at, first, count):
    """Copy what `count` lines of stops see, from line `first` of all images' stops on.

    What row r of the window sees from the n-th of these stops then lies at

        to[here + places[at + n] + r line_size]
    """
    noinline()
    down, across = patches.stops
    step, side = min(patches.stride[0], patches.side[0]), patches.side[0]
    right = min(patches.stride[1], patches.side[1]) * patches.size[2]
    size = line_size(patches)
    begin = 0
    while count > 0:
        image, i = first // down, first % down
        lines = min(count, down - i)  # of stops in this image
        for n in range(lines):
            for j in range(across):
                places[at + j] = begin + n * step * size + j * right
            at += across
        for n in range((lines - 1) * step + side):
            # If the window leaves out lines, n counts those that it sees.
            y = (i + n // step) * patches.stride[0] + n % step + patches.first[0]
            _copy_line(patches, image, y, to, here + begin)
            begin += size
        first, count = first + lines, count - lines


@jit(inline="always")
def _copy_line(patches, image, y, to, here):
    """What stops see of this line of an image, zeros included."""
    height, width, channels = patches.size
    line = (image * height + y) * width * channels
    until = width * channels if y >= 0 and y < height else 0
    x, apart = patches.first[1] * channels, patches.stride[1] * channels
    if patches.stride[1] <= patches.side[1]:
        copy_part(patches.maps, line, x, until, to, here, line_size(patches))
        return
    seen = patches.side[1] * channels
    for j in range(patches.stops[1]):
        copy_part(patches.maps, line, x + j * apart, until, to, here + j * seen, seen)


@jit(inline="always")
def copy_part(maps, line, x, until, to, here, length):
    """to[here + n] = maps[line + x + n] for n < length where 0 <= x + n < until; 0 elsewhere."""
    begin = min(max(-x, 0), length)
    end = max(min(until - x, length), begin)
    for n in range(begin):
        to[here + n] = 0
    _copy(maps, line + x + begin, to, here + begin, end - begin)
    for n in range(end, length):
        to[here + n] = 0


@jit(inline="always")
def _copy(maps, there, to, here, length):
    """Vectors, and then number by number, since what follows may be written already."""
    lanes = VECTOR_BYTES // to.itemsize
    n = 0
    while n + COPIED * lanes <= length:
        copy_row(COPIED, to, here + n, maps, there + n, COPIED * lanes)
        n += COPIED * lanes
    while n + lanes <= length:
        copy_row(1, to, here + n, maps, there + n, lanes)
        n += lanes
    while n < length:
        to[here + n] = maps[there + n]
        n += 1
