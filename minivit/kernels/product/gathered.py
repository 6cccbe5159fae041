"""The product of transposed patches and a matrix: c = patches^T @ b, the dw of a convolution.

    block    lines of stops, of one map or of several small ones, some DEEP stops in all: the part
             of the sums over stops that is made at once
    seen     some of the numbers in one row of the window, for all stops of a block

A block's lines are copied once (lines.py), and its rows of b are packed once. From the copy, what a
row of the window has seen is packed as a tile reads it; and since the window's rows see the same
lines one after the other, it serves all of them. For that, stops count by lines: the first line of
all maps of the block, then the second. The next row of the window saw, from each stop, what this
row sees a line of all maps further on.

Each number of c is summed over the stops in the same order for any number of threads. It is our own
product whatever choice.py says: a BLAS can't read patches.
"""

from typing import NamedTuple

import numpy as np
from numba import get_num_threads

from ..compiling import jit, shared
from ..matrix import ONE, ZERO, Matrix, Packed
from ..simd import ROWS, VECTOR_BYTES, VECTORS, copy_row, noinline
from ..workspace import APART
from .lines import copy_lines, line_size, room_for_lines
from .packing import PACKED, PANEL_BYTES, SWEEP, groups, pack
from .patches import Patches
from .sweeps import sweep
from .tiled import SERIAL, _grid

DEEP = 256  # stops: so many steps of k of a panel and of some rows fit the nearest cache


class Block(NamedTuple):
    """How the stops are cut into blocks, and where a thread's space is."""

    maps: int
    lines: int  # of stops in each
    rows: int  # lines that the window's rows see, in the order of `_line_of`: for each map
    step: int  # from one line of stops to the next, in copied lines
    wide: int  # columns of b that are packed at once
    seen: int  # where the packed numbers of the window's rows begin, in a thread's space
    copied: int  # where the copied lines begin
    room: int  # for all of them


def transposed_into(out, patches, b):
    """out (K, N) = patches^T @ b (M, N); out and b contiguous, of one dtype."""
    if not out.size:
        return out
    k, n = out.shape
    threads = get_num_threads() if len(b) * k * n > SERIAL else 1
    block = _block(patches, len(b), n, out.itemsize)
    workspace = np.empty(threads * block.room + 64, out.dtype)
    places = np.empty(threads * block.maps * block.lines * patches.stops[1], np.intp)
    # Plain tuples: see matrix.py.
    _multiply_transposed(out.dtype, threads, tuple(patches), b.reshape(-1), out.reshape(-1),
                         (len(b), n), tuple(block), workspace, places)  # fmt: skip
    return out


def _block(patches, m, n, itemsize):
    (down, across), (side, _) = patches.stops, patches.side
    panel = PANEL_BYTES // itemsize
    group, stride = groups(itemsize)
    step = min(patches.stride[0], side)
    # A block of few lines would copy most lines twice: the window's rows reach into the next.
    lines = min(down, max(-(-DEEP // across), side))
    lines = -(-down // -(-down // lines))
    maps = max(1, DEEP // (lines * across)) if lines == down else 1
    maps = min(maps, m // (down * across))
    rows = step * (lines - 1 + -(-side // step))
    deep = maps * lines * across
    wide = max(1, min(PACKED // deep, n + panel - 1) // panel) * panel
    seen = deep * wide + 64
    copied = seen + -(-SWEEP // group) * stride * rows * maps * across + 64
    # What lies behind the last line's end is read, and never used.
    room = copied + room_for_lines(patches, maps * lines) + int(stride) + APART // itemsize
    return Block(maps, lines, rows, step, wide, seen // 64 * 64, copied // 64 * 64, room // 64 * 64)


@shared(small_op=True)
def _multiply_transposed(t, threads, patches, b, c, shape, block, workspace, places):
    """What thread t does: its rectangle of c, for each row of the window, block after block."""
    patches, block = Patches(*patches), Block(*block)
    m, n = shape
    side, (down, stops), run = patches.side[0], patches.stops, patches.side[1] * patches.size[2]
    panel = PANEL_BYTES // c.itemsize
    over, across = _grid(run, n, threads, panel, True)
    tall = (run + over * ROWS - 1) // (over * ROWS) * ROWS
    broad = (n + across * panel - 1) // (across * panel) * panel
    i, j = t // across * tall, t % across * broad
    rows, columns = min(tall, run - i), min(broad, n - j)
    # The thread's own space, aligned so that no vector crosses a cache line.
    here = -workspace.ctypes.data % 64 // c.itemsize + t * block.room
    place = t * (places.size // threads)
    images = m // (down * stops) if rows > 0 and columns > 0 else 0
    for image in range(0, images, block.maps):
        maps = min(block.maps, images - image)
        for line in range(0, down, block.lines):
            lines = min(block.lines, down - line)
            first = image * down + line
            copy_lines(patches, workspace, here + block.copied, places, place, first, maps * lines)
            for j0 in range(j, j + columns, block.wide):
                wide = min(block.wide, j + columns - j0)
                _pack_lines(b, first * stops * n + j0, n, workspace, here, (maps, lines, down),
                            stops, wide)  # fmt: skip
                for i0 in range(i, i + rows, SWEEP):
                    height = min(SWEEP, i + rows - i0)
                    _pack_seen(patches, block, workspace, here, places, place, maps, lines, i0,
                               height)  # fmt: skip
                    for row in range(side):
                        to = Matrix(c, (row * run + i0) * n + j0, n, ONE)
                        _sweep_row(workspace, here, block, row, maps * stops, lines, to, height,
                                   wide, image + line > 0)  # fmt: skip


@jit
def _pack_lines(b, first, n, work, here, lines, stops, columns):
    """Panels of b's columns from number `first` on, line by line of all maps."""
    maps, lines, down = lines
    panel = PANEL_BYTES // work.itemsize
    deep = maps * lines * stops
    for j in range(0, columns, panel):
        to = here + j * deep
        for line in range(lines):
            for image in range(maps):
                there = first + (image * down + line) * stops * n + j
                pack(Matrix(b, there, n, ONE), Matrix(work, to, panel, ONE),
                     min(panel, columns - j), stops)  # fmt: skip
                to += stops * panel


@jit
def _pack_seen(patches, block, work, here, places, place, maps, lines, k, height):
    """Numbers k to k + height of what the window's rows see, group after group as `pack_rows`."""
    noinline()
    group, stride = groups(work.itemsize)
    stops, size, step = patches.stops[1], line_size(patches), block.step
    to = here + block.seen
    for k0 in range(k, k + height, group):
        for n in range(block.rows):
            # The lines that row n % step of the window sees first, and the rows below it later.
            q = n % (block.rows // step)
            line = min(q, lines - 1)
            row = n // (block.rows // step) + (q - line) * step
            if row >= patches.side[0]:  # no row sees it
                to += maps * stops * stride
                continue
            there = here + block.copied + row * size + k0
            for image in range(maps):
                at = place + (image * lines + line) * stops
                for s in range(at, at + stops):
                    if VECTOR_BYTES // work.itemsize >= ROWS:
                        copy_row(1, work, to, work, there + places[s], stride)
                    else:
                        copy_row(VECTORS, work, to, work, there + places[s], stride)
                    to += stride


@jit
def _sweep_row(work, here, block, row, across, lines, c, height, wide, goes_on):
    """c (+)= what this row of the window saw ^T @ b, for a block's part of the stops."""
    _, stride = groups(work.itemsize)
    lines_each = block.rows // block.step
    first = row % block.step * lines_each + row // block.step
    apart = block.rows * across * stride
    a = Packed(work, here + block.seen + first * across * stride, apart)
    b = Matrix(work, here, PANEL_BYTES // work.itemsize, ONE)
    depth = lines * across
    sweep(a, False, b, depth, c, 2 if goes_on else ZERO, c, (height, wide, depth))
