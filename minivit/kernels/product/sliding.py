"""The product of patches and a matrix as a window slides over maps: c = patches @ b, threaded.

    block    lines of stops, so few that their part of c and what they see stay in the second-level
             cache
    piece    some of the numbers in one row of the window, up to DEPTH

Each block's lines are copied once (lines.py), and multiplied by piece after piece of b: the tile
reads the patches in the copy. b is packed before, once for all threads and blocks.

Each number of c is summed over k in the same order for any number of threads. It is our own product
whatever choice.py says: a BLAS can't read patches.
"""

import functools
from typing import NamedTuple

import numpy as np
from numba import get_num_threads

from ..compiling import jit, shared
from ..matrix import ONE, ZERO, Matrix, Scattered
from ..simd import ROWS, VECTOR_BYTES
from ..workspace import APART
from .lines import copy_lines, line_size, room_for_lines
from .packing import DEPTH, PACKED, PANEL_BYTES, pack
from .parts import grid_of
from .patches import Patches
from .sweeps import sweep
from .tiled import SERIAL, tile_for

BLOCK = 1 << 17  # numbers of c and of lines: half of a common second-level cache, in float32


class Weights(NamedTuple):
    """The matrix b, a part for each place (r, s) of the window:

    b[(r, s, k), j] = numbers[first + r down + s right + k row + j column]
    """

    numbers: np.ndarray  # flat
    first: int
    down: int
    right: int
    row: int
    column: int


class Cut(NamedTuple):
    """How b is cut into pieces, and c into blocks."""

    run: int  # numbers in a row of the window
    deep: int  # of them in a piece
    wide: int  # columns of b, in whole panels
    lines: int  # of stops in a block
    room: int  # for a block's lines


def patches_into(out, patches, weights, *, bias=None):
    """out (M, N) = patches @ weights (K, N) + bias (N,); all of one dtype."""
    if not out.size:
        return out
    m, n = out.shape
    cut = _cut(patches[1:], m, n, out.itemsize)
    k = patches.side[0] * cut.run
    start, use_start = (out.reshape(-1), 0) if bias is None else (bias, 1)
    threads = get_num_threads() if m * n * k > SERIAL else 1
    pieces = patches.side[0] * -(-cut.run // cut.deep)
    spare = VECTOR_BYTES // out.itemsize
    packed = np.empty((k + (pieces + 1) * spare) * cut.wide, out.dtype)
    workspace = np.empty(threads * cut.room + 64, out.dtype)
    places = np.empty(threads * cut.lines * patches.stops[1], np.intp)
    # Plain tuples: see matrix.py.
    patches, cut = tuple(patches), tuple(cut)
    _pack_pieces(out.dtype, threads, patches, tuple(weights), n, cut, packed)
    _multiply(out.dtype, threads, patches, packed, start, use_start, out.reshape(-1), (m, n), cut,
              workspace, places)  # fmt: skip
    return out


@functools.cache
def _cut(seen, m, n, itemsize):
    patches = Patches(None, *seen)
    across, channels = patches.stops[1], patches.size[2]
    panel = PANEL_BYTES // itemsize
    run = patches.side[1] * channels
    deep = -(-run // -(-run // DEPTH))
    lines = max(1, min(BLOCK // (across * n + line_size(patches)), m // across))
    room = room_for_lines(patches, lines) + APART // itemsize
    return Cut(run, deep, -(-n // panel) * panel, lines, room)


@jit(counts=False)
def _piece(packed, cut, row, k, j):
    """(b's piece from number k of this row of the window on, from column j on; its panels' size).

    After each panel a vector's rows are left free, into which `pack` may write.
    """
    panel = PANEL_BYTES // packed.itemsize
    spare = VECTOR_BYTES // packed.itemsize
    before = row * ((cut.run + cut.deep - 1) // cut.deep) + k // cut.deep  # pieces
    rows = min(cut.deep, cut.run - k) + spare
    first = -packed.ctypes.data % 64 // packed.itemsize
    first += (row * cut.run + k + before * spare) * cut.wide
    return Matrix(packed, first + j * rows, panel, ONE), rows


@shared(small_op=True)
def _pack_pieces(t, threads, patches, weights, n, cut, packed):
    """What thread t does: its part of the panels, in all pieces."""
    patches, b, cut = Patches(*patches), Weights(*weights), Cut(*cut)
    channels = patches.size[2]
    panel = PANEL_BYTES // packed.itemsize
    panels = cut.wide // panel
    for p in range(t * panels // threads, (t + 1) * panels // threads):
        j = p * panel
        for row in range(patches.side[0]):
            for k0 in range(0, cut.run, cut.deep):
                to, rows = _piece(packed, cut, row, k0, j)
                k, end = k0, min(k0 + cut.deep, cut.run)
                while k < end:
                    s, c = k // channels, k % channels
                    depth = min(channels - c, end - k)
                    first = b.first + row * b.down + s * b.right + c * b.row + j * b.column
                    here = to.first + (k - k0) * panel
                    here_b = Matrix(b.numbers, first, b.row, b.column)
                    here_packed = Matrix(packed, here, panel, ONE)
                    pack(here_b, here_packed, min(panel, n - j), depth, rows)
                    k += depth


@shared(small_op=True)
def _multiply(t, threads, patches, packed, start, use_start, c, shape, cut, workspace, places):
    """What thread t does: its rectangle of c, block after block."""
    patches, cut = Patches(*patches), Cut(*cut)
    (m, n), stops = shape, patches.stops[1]
    panel = PANEL_BYTES // c.itemsize
    # A line of stops counts as a tile's rows: the lines are what is shared out.
    down, across = grid_of(m // stops * ROWS, n, threads, tile_for(c.itemsize, True))
    tall = (m // stops + down - 1) // down
    broad = (n + across * panel - 1) // (across * panel) * panel
    line, j = t // across * tall, t % across * broad
    end, columns = min(line + tall, m // stops), min(broad, n - j)
    # The thread's own space, aligned so that no vector crosses a cache line.
    here = -workspace.ctypes.data % 64 // c.itemsize + t * cut.room // 64 * 64
    place = t * (places.size // threads)
    while line < end and columns > 0:
        count = min(cut.lines, end - line)
        copy_lines(patches, workspace, here, places, place, line, count)
        a = Scattered(workspace, here, places, place)
        to = Matrix(c, line * stops * n + j, n, ONE)
        _multiply_block(patches, cut, a, packed, Matrix(start, j, ZERO, ONE), use_start, to, j,
                        count * stops, columns)  # fmt: skip
        line += count


@jit
def _multiply_block(patches, cut, a, packed, start, use_start, c, j, rows, columns):
    """A block of c, from column j of the whole on; `a` is what the window's corner sees.

    As many panels of a piece as fit into PACKED are multiplied by all rows of the block.
    """
    panel = PANEL_BYTES // packed.itemsize
    wide = max(1, PACKED // (cut.deep * panel)) * panel
    for row in range(patches.side[0]):
        for k in range(0, cut.run, cut.deep):
            going_on = 2 if row + k > 0 else use_start
            seen = a.first + row * line_size(patches) + k
            depth = min(cut.deep, cut.run - k)
            for j0 in range(0, columns, wide):
                b, apart = _piece(packed, cut, row, k, j + j0)
                sweep(Scattered(a.numbers, seen, a.places, a.at), True, b, apart,
                      Matrix(start.numbers, start.first + j0, start.row, ONE), going_on,
                      Matrix(c.numbers, c.first + j0, c.row, ONE),
                      (rows, min(wide, columns - j0), depth))  # fmt: skip
