"""The heart of every matrix product: a small part of c whose sums stay in vector registers.

    c[r, j] = first[r, j] + sum_k a[r, k] b[k, j]        r < rows,  j < vectors x LANES

One step of k loads `vectors` vectors of b's row, broadcasts each a[r, k] over a vector and does
rows x vectors multiply-adds. With 8 x 2 that is 16 multiply-adds for 10 loads, so that the loads
hide behind the arithmetic. The machine's registers limit a tile: they must hold its sums, b's
vectors and one broadcast number.

    tile          for `matmul`: reads b a whole tile wide, packed or in place
    tile_within   for attention, which packs nothing: stays inside its operands at every ragged edge

Both are the same loop over k; they differ in which rows they read, and in what they mask.
"""

import numpy as np
from numba import types
from numba.core import cgutils

from ..matrix import Packed, Scattered
from .emitter import VECTOR_BYTES, Emitter, elements, instruction, lanes, strided
from .registers import Registers

ROWS = {64: 8, 32: 6, 16: 6}[VECTOR_BYTES]  # the tile of `matmul`: ROWS rows
VECTORS = {64: 2, 32: 2, 16: 4}[VECTOR_BYTES]  # times VECTORS vectors of columns


def row_groups(itemsize):
    """How the rows of a Packed matrix lie: (rows of a group, `stride`).

    A group is as many rows as fill whole tiles; in every column it takes `stride` numbers, of which
    those past the group are never read.
    """
    lanes = VECTOR_BYTES // itemsize
    stride = lanes if lanes >= ROWS else VECTORS * lanes
    return np.intp(stride // ROWS * ROWS), np.intp(stride)


def rows_from(a, r, rows, depth):
    """Rows r to r + rows of a tile's a, as an array."""
    if isinstance(a, Scattered):
        begins = [a.first + place for place in strided(a.places, a.at + r, 1, 0, rows)[0]]
        return np.concatenate([strided(a.numbers, begin, 1, 0, depth) for begin in begins])
    if isinstance(a, Packed):
        group, stride = row_groups(a.numbers.itemsize)
        first = a.first + r // group * a.apart + r % group
        return strided(a.numbers, first, rows, 1, depth, stride)
    return strided(a.numbers, a.first + r * a.row, rows, a.row, depth, a.column)


def _tile(rows, vectors, a, r, b, start, use_start, c, width, depth):
    columns = vectors * lanes(c.numbers.dtype)
    width = min(width, columns)
    product = rows_from(a, r, rows, depth) @ elements(b, depth, columns)
    start = c if use_start == 2 else start
    first = elements(start, rows, width) if use_start else 0
    elements(c, rows, width)[...] = first + product[:, :width]


@instruction(_tile, prefer_literal=True)
def tile(typingctx, rows, vectors, a, r, b, start, use_start, c, width, depth):
    """c[0:rows, 0:width] = first + a[r : r + rows, 0:depth] @ b[0:depth, 0:width].

    rows and vectors are literals. b, start and c are each a Matrix with contiguous rows; start.row
    = 0: one row for all, a bias. a may be a Matrix, Scattered or Packed, of which a tile's rows are
    in one group: its kind decides, when this is compiled, how the loop over k reads it.
    use_start says what `first` is: 0 (False): zeros; 1 (True): start; 2: c itself.
    b is read vectors x LANES wide whatever the width is (pad it); start and c up to `width`.
    While k runs, the rows of `start` and c below these are fetched (a hint: they may lie past the
    array's end), since the next tile's sums begin and end there. With start's rows a training
    step is 1 to 2 % faster, with c's a product that begins at a bias 2 to 6 %.
    """
    kinds, dtype = (a, b, start, c), c[0].dtype
    assert all(kind[0].dtype == dtype for kind in kinds), "one dtype per product"
    n = types.intp

    def codegen(context, builder, sig, args):
        _emit_tile(Registers(Emitter(context, builder, dtype), rows, vectors), kinds, args[2:])
        return context.get_dummy_value()

    return types.void(rows, vectors, a, n, b, start, n, c, n, n), codegen


def _tile_within(rows, vectors, a, b, c, size, accumulate):
    height, width, depth = size
    height, width = min(rows, height), min(vectors * lanes(c.numbers.dtype), width)
    product = elements(a, height, depth) @ elements(b, depth, width)
    out = elements(c, height, width)
    out[...] = product + out if accumulate else product


@instruction(_tile_within, prefer_literal=True)
def tile_within(typingctx, rows, vectors, a, b, c, size, accumulate):
    """c[0:height, 0:width] = (accumulate ? c : 0) + a[0:height, 0:depth] @ b[0:depth, 0:width].

    Like `tile`, for operands without padding; size is (height, width, depth). A row at or
    past `height` repeats the last one (the same numbers to the same place), and past `width`
    nothing is read or written. Only a tile of one vector may be ragged. height and width >= 1.
    """
    kinds, dtype = (a, b, c), c[0].dtype
    assert all(kind[0].dtype == dtype for kind in kinds), "one dtype per product"

    def codegen(context, builder, sig, args):
        _emit_within(Registers(Emitter(context, builder, dtype), rows, vectors), kinds, args[2:])
        return context.get_dummy_value()

    three = types.UniTuple(types.intp, 3)
    return types.void(rows, vectors, a, b, c, three, types.boolean), codegen


def _emit_tile(registers, kinds, args):
    b, emit = registers.builder, registers.emit
    *matrices, use_start, c, width, depth = args
    a, r, *matrices = matrices
    places = map(emit.matrix, kinds[1:], (*matrices, c))
    (panel, panel_k, _), (start, start_row, _), (c, c_row, _) = places
    ragged = b.icmp_signed("<", width, emit.number(len(registers.vectors) * emit.lanes))
    goes_on = b.icmp_signed("==", use_start, emit.number(2))
    start, start_row = b.select(goes_on, c, start), b.select(goes_on, c_row, start_row)
    start_rows = registers.row_pointers(start, start_row)
    c_rows = registers.row_pointers(c, c_row)
    for pointers, stride in ((start_rows, start_row), (c_rows, c_row)):
        below = b.mul(stride, emit.number(len(registers.rows)))
        registers.prefetch([b.gep(row, [below]) for row in pointers])
    use_start = b.icmp_signed("!=", use_start, emit.number(0))
    first = _emit_first(registers, start_rows, use_start, width, ragged)
    a_rows, a_k = _emit_rows_from(registers, kinds[0], a, r)
    sums = registers.sum_up(first, a_rows, a_k, panel, panel_k, depth, registers.whole)
    with b.if_else(ragged, likely=False) as (edge, inside):
        with edge:
            registers.write(c_rows, sums, registers.masks(width))
        with inside:
            registers.write(c_rows, sums, registers.whole)


def _emit_rows_from(registers, kind, a, r):
    """Where the rows of a tile's a begin, and how far apart its columns are."""
    b, emit = registers.builder, registers.emit
    fields = cgutils.unpack_tuple(b, a)
    begin = emit.pointer(kind[0], *fields[:2])
    if kind.instance_class is Scattered:
        place = emit.pointer(kind[2], fields[2], b.add(fields[3], r))
        places = [b.gep(place, [emit.number(i)]) for i in registers.rows]
        return [b.gep(begin, [b.load(place)]) for place in places], emit.number(1)
    if kind.instance_class is Packed:
        group, stride = map(emit.number, row_groups(emit.bytes))
        first = b.add(b.mul(b.sdiv(r, group), fields[2]), b.srem(r, group))
        return registers.row_pointers(b.gep(begin, [first]), emit.number(1)), stride
    return registers.row_pointers(b.gep(begin, [b.mul(r, fields[2])]), fields[2]), fields[3]


def _emit_first(registers, start_rows, use_start, width, ragged):
    """What the sums begin with: zeros or start, of which a ragged tile reads only what exists."""
    b, emit = registers.builder, registers.emit
    names = "zero", "read", "edge", "inside", "ready"
    zero, read, edge, inside, ready = map(b.append_basic_block, names)
    b.cbranch(use_start, read, zero)
    b.position_at_end(zero)
    b.branch(ready)
    b.position_at_end(read)
    b.cbranch(ragged, edge, inside)
    b.position_at_end(edge)
    masked = registers.read(start_rows, registers.masks(width))
    b.branch(ready)
    b.position_at_end(inside)
    whole = registers.read(start_rows, registers.whole)
    b.branch(ready)
    b.position_at_end(ready)
    zeros = [[emit.zeros for _ in registers.vectors] for _ in registers.rows]
    return registers.either((zeros, zero), (masked, edge), (whole, inside))


def _emit_within(registers, kinds, args):
    b, emit = registers.builder, registers.emit
    *matrices, size, accumulate = args
    places = map(emit.matrix, kinds, matrices)
    (a, a_row, a_k), (panel, panel_k, _), (c, c_row, _) = places
    height, width, depth = cgutils.unpack_tuple(b, size)
    last = b.sub(height, emit.number(1))
    row_of = [b.select(b.icmp_signed("<", emit.number(r), height), emit.number(r), last)
              for r in registers.rows]  # fmt: skip
    a_rows = [b.gep(a, [b.mul(a_row, r)]) for r in row_of]
    c_rows = [b.gep(c, [b.mul(c_row, r)]) for r in row_of]

    def emit_with(masks):
        zeros, fresh = [[emit.zeros for _ in registers.vectors] for _ in registers.rows], b.block
        with b.if_then(accumulate):
            old, reading = registers.read(c_rows, masks), b.block
        first = registers.either((zeros, fresh), (old, reading))
        sums = registers.sum_up(first, a_rows, a_k, panel, panel_k, depth, masks)
        registers.write(c_rows, sums, masks)

    if len(registers.vectors) > 1:
        emit_with(registers.whole)
        return
    with b.if_else(b.icmp_signed("<", width, emit.number(emit.lanes))) as (edge, inside):
        with edge:
            emit_with(registers.masks(width))
        with inside:
            emit_with(registers.whole)
