"""The product of transposed patches and a matrix: c = patches^T @ b, the dw of a convolution.

    block    lines of stops, of one map or of several small ones, some DEEP stops in all: the part
             of the sums over stops that is made at once
    seen     some of the numbers in one row of the window, for all stops of a block

A block's rows of b are packed once. What a row of the window has seen is packed as a tile reads it,
straight from the maps; and since the window's rows see the same lines one after the other, it
serves all of them. For that, stops count by lines: the first line of all maps of the block, then
the second. The next row of the window saw, from each stop, what this row sees a line of all maps
further on.

Each number of c is summed over the stops in the same order for any number of threads. It is our own
product whatever choice.py says: a BLAS can't read patches.
"""

import functools
from typing import NamedTuple

import numpy as np
from numba import get_num_threads

from ..compiling import jit, shared
from ..matrix import ONE, ZERO, Matrix, Packed
from ..simd import ROWS, VECTOR_BYTES, VECTORS, copy_row, noinline, row_groups
from ..workspace import APART
from .lines import copy_part
from .packing import PACKED, PANEL_BYTES, SWEEP, groups, pack
from .parts import grid_of
from .patches import Patches
from .sweeps import sweep
from .tiled import SERIAL, tile_for

DEEP = 256  # stops: so many steps of k of a panel and of some rows fit the nearest cache


class Block(NamedTuple):
    """How the stops are cut into blocks, and where a thread's space is."""

    maps: int
    lines: int  # of stops in each
    rows: int  # lines that the window's rows see, for each map
    step: int  # from one line of stops to the next, in lines that the window sees
    wide: int  # columns of b that are packed at once
    seen: int  # where the packed numbers of the window's rows begin, in a thread's space
    room: int  # for all of it


def transposed_into(out, patches, b):
    """out (K, N) = patches^T @ b (M, N); out and b contiguous, of one dtype."""
    if not out.size or not len(b):
        out[...] = 0
        return out
    k, n = out.shape
    threads = get_num_threads() if len(b) * k * n > SERIAL else 1
    block = _block(patches[1:], len(b), n, out.itemsize)
    workspace = np.empty(threads * block.room + 64, out.dtype)
    # Plain tuples: see matrix.py.
    _multiply_transposed(out.dtype, threads, tuple(patches), b.reshape(-1), out.reshape(-1),
                         (len(b), n), tuple(block), workspace)  # fmt: skip
    return out


@functools.cache
def _block(window, m, n, itemsize):
    patches = Patches(None, *window)
    (down, across), (side, _) = patches.stops, patches.side
    panel = PANEL_BYTES // itemsize
    group, stride = row_groups(itemsize)
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
    room = seen + -(-SWEEP // group) * stride * rows * maps * across + APART // itemsize
    return Block(maps, lines, rows, step, wide, seen // 64 * 64, int(room) // 64 * 64)


@shared(small_op=True)
def _multiply_transposed(t, threads, patches, b, c, shape, block, workspace):
    """What thread t does: its rectangle of c, for each row of the window, block after block."""
    patches, block = Patches(*patches), Block(*block)
    m, n = shape
    side, (down, stops), run = patches.side[0], patches.stops, patches.side[1] * patches.size[2]
    panel = PANEL_BYTES // c.itemsize
    over, across = grid_of(run, n, threads, tile_for(c.itemsize, True))
    tall = (run + over * ROWS - 1) // (over * ROWS) * ROWS
    broad = (n + across * panel - 1) // (across * panel) * panel
    i, j = t // across * tall, t % across * broad
    rows, columns = min(tall, run - i), min(broad, n - j)
    # The thread's own space, aligned so that no vector crosses a cache line.
    here = -workspace.ctypes.data % 64 // c.itemsize + t * block.room
    images = m // (down * stops) if rows > 0 and columns > 0 else 0
    for image in range(0, images, block.maps):
        maps = min(block.maps, images - image)
        for line in range(0, down, block.lines):
            lines = min(block.lines, down - line)
            first = image * down + line
            for j0 in range(j, j + columns, block.wide):
                wide = min(block.wide, j + columns - j0)
                _pack_lines(b, first * stops * n + j0, n, workspace, here, (maps, lines, down),
                            stops, wide)  # fmt: skip
                for i0 in range(i, i + rows, SWEEP):
                    height = min(SWEEP, i + rows - i0)
                    _pack_seen(patches, block, (image, maps, line), i0, height, workspace,
                               here + block.seen)  # fmt: skip
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
    for line in range(lines):
        for image in range(maps):
            there = first + (image * down + line) * stops * n
            pack(Matrix(b, there, n, ONE), Matrix(work, here, panel, ONE), columns, stops, deep)
            here += stops * panel


@jit
def _pack_seen(patches, block, lines, k, height, work, to):
    """Numbers k to k + height of what the window's rows see, group after group as `pack_rows`."""
    noinline()
    image, maps, line = lines
    group, stride = groups(work.itemsize)
    each = block.rows // block.step
    for k0 in range(k, k + height, group):
        length = min(group, k + height - k0)
        for n in range(block.rows):
            # From the n % each-th of the lines of stops, row n // each sees it, and the row `step`
            # further down saw it from the line of stops before.
            y = (line + n % each) * patches.stride[0] + n // each + patches.first[0]
            for at in range(image, image + maps):
                _pack_line(patches, at, y, k0, length, work, to, stride)
                to += patches.stops[1] * stride


@jit
def _pack_line(patches, image, y, k, length, work, to, stride):
    """Numbers k to k + length of what is seen of a line, from each stop; zeros beside the map."""
    noinline()
    height, width, channels = patches.size
    if y < 0 or y >= height:
        for n in range(patches.stops[1] * stride):
            work[to + n] = 0
        return
    line, until = (image * height + y) * width * channels, width * channels
    x, apart = patches.first[1] * channels + k, patches.stride[1] * channels
    # At stops from `begin` to `end` whole vectors lie inside of the line.
    begin = min((max(-x, 0) + apart - 1) // apart, patches.stops[1])
    end = max(min((until - stride - x + apart) // apart, patches.stops[1]), begin)
    for j in range(begin):
        copy_part(patches.maps, line, x + j * apart, until, work, to + j * stride, length)
    here, there = to + begin * stride, line + x + begin * apart
    for _ in range(begin, end):
        if VECTOR_BYTES // work.itemsize >= ROWS:
            copy_row(1, work, here, patches.maps, there, stride)
        else:
            copy_row(VECTORS, work, here, patches.maps, there, stride)
        here, there = here + stride, there + apart
    for j in range(end, patches.stops[1]):
        copy_part(patches.maps, line, x + j * apart, until, work, to + j * stride, length)


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
