"""What one thread does for its rectangle of c.

It cuts b into chunks that fit its caches, packs one after the other (unless c has few rows:
sweeps.py), and sweeps the rows of a over each. If a's columns are contiguous instead of its rows
(x^T), the rows are packed too, and stay for the other chunks of the same k: x^T dy of ViT-B/16 is
4 % shorter than with rows packed for every chunk. After the last chunk along k the sweep's part of
c is complete, and its ending follows at once (endings.py).
"""

from ..compiling import jit
from ..matrix import ONE, ZERO, Matrix, Packed, moved
from ..simd import ROWS, VECTOR_BYTES, VECTORS, tile
from .endings import NOTHING, finish
from .packing import SWEEP, groups, pack, pack_rows, panel_at, steps_of
from .sweeps import reads_in_place, sweep, sweep_in_place

NEAR = 1 << 13  # numbers, which fit the nearest cache: up to so many, x^T is read in place


@jit(inline="always")  # inlined: compiled with its only caller, not before it as well
def multiply(a, b, ready, start, use_start, c, size, chunk, packed, ending, j_bias, add_up):
    """c = (start) + a @ b, and its ending, in chunks; `packed` is the `room` for them.

    c's first column is column j_bias of the whole product. ready: b has been packed before, by
    weights.py, and c has all of its columns (j_bias = 0); then nothing is added up.
    With add_up also sums[j_bias + j] = sum_k b[k, j], by a tile whose row of a is all ones;
    add_up = 2: added to what is there, as with use_start (simd/tiles.py).
    """
    rows, columns, depth = size
    deep, wide = chunk
    work = packed.numbers
    group, stride = groups(work.itemsize)
    slopes = packed.first + deep * wide + VECTOR_BYTES // work.itemsize * packed.row
    a_first = slopes + wide
    stay = columns > wide  # the rows of x^T: more than one chunk reads them
    few = reads_in_place(b.column, rows, columns, work.itemsize)
    in_place = few and not (add_up or ready)
    rows_apart = a.row == 1 and a.column != 1 and rows >= ROWS and depth * a.column > NEAR
    for k0 in range(0, max(depth, 1), deep):
        d = min(deep, depth - k0)
        going_on = 2 if k0 > 0 else use_start
        for j0 in range(0, columns, wide):
            across, b_here = min(wide, columns - j0), moved(b, k0, j0)
            panels, steps = packed, d
            if ready:
                at = b.first + panel_at(k0, columns, j0, deep, packed.row)
                panels, steps = Matrix(b.numbers, at, packed.row, ONE), steps_of(deep)
            elif not in_place:
                pack(b_here, packed, across, d, d)
            if add_up:
                more = k0 > 0 or add_up == 2
                _add_rows(packed, slopes - 1, ending.sums, j_bias + j0, across, d, more)
            for i0 in range(0, rows, SWEEP):
                down = min(SWEEP, rows - i0)
                a_here, c_here, start_here = (
                    moved(a, i0, k0),
                    moved(c, i0, j0),
                    moved(start, i0, j0),
                )
                here = down, across, d
                if in_place:
                    sweep_in_place(a_here, b_here, start_here, going_on, c_here, here)
                elif rows_apart:
                    before = i0 // group * stride * d if stay else 0
                    packed_rows = Packed(work, a_first + before, d * stride)
                    if j0 == 0:
                        pack_rows(a_here, packed_rows, down, d)
                    sweep(packed_rows, False, panels, steps, start_here, going_on, c_here, here)
                else:
                    sweep(a_here, True, panels, steps, start_here, going_on, c_here, here)
                if ending.mode != NOTHING and k0 + d >= depth:
                    finish(ending, c_here, down, across, j_bias + j0, work, slopes)


@jit
def _add_rows(packed, one, sums, j0, columns, depth, go_on):
    """sums[j0 + j] = (go_on ? sums[j0 + j] : 0) + sum_k b[k, j], for a chunk of b as packed."""
    work, panel = packed.numbers, packed.row
    work[one] = 1
    ones = Matrix(work, one, ZERO, ZERO)
    for j in range(0, columns, panel):
        b, c = Matrix(work, packed.first + j * depth, panel, ONE), Matrix(sums, j0 + j, ZERO, ONE)
        tile(1, VECTORS, ones, ZERO, b, c, go_on, c, columns - j, depth)
