"""A tile of a matrix product whose every element is a register: LANES products, one in each lane.

    c[r, v] = first[r, v] + sum_k a[r, k] b[k, v]

is what tiles.py does, too, but here a[r, k], b[k, v] and c[r, v] are vectors. Nothing is broadcast
and nothing is masked: rows and columns are whole registers, however few there are. One step of k
loads LONG vectors of a and LONG of b for LONG x LONG multiply-adds.
"""

from numba import types
from numba.core import cgutils

from .emitter import VECTOR_BYTES, Emitter, instruction, lanes, strided
from .registers import Registers

# The sides of a tile, rows or columns. Its sums, a vector for each of its columns and one more must
# fit the registers: 31 of 32, and with AVX2 13 of 16.
LONG, SHORT = (3, 2) if VECTOR_BYTES == 32 else (5, 4)


def _vectors(x, rows, columns):
    """The first rows x columns vectors of a Matrix of vectors: a view of each lane."""
    numbers, first, row, column = x
    firsts = range(first, first + lanes(numbers.dtype))
    return [strided(numbers, lane, rows, row, columns, column) for lane in firsts]


def _lane_tile(rows, vectors, a, b, c, size, accumulate):
    height, width, depth = size
    height, width = min(rows, height), min(vectors, width)
    here = _vectors(a, height, depth), _vectors(b, depth, width), _vectors(c, height, width)
    for x, y, out in zip(*here, strict=True):
        out[...] = x @ y + out if accumulate else x @ y


@instruction(_lane_tile, prefer_literal=True)
def lane_tile(typingctx, rows, vectors, a, b, c, size, accumulate):
    """c[0:height, 0:width] = (accumulate ? c : 0) + a[0:height, 0:depth] @ b[0:depth, 0:width].

    All are Matrices of vectors: their strides count numbers. size is (height, width, depth). A row
    at or past `height`, and a column at or past `width`, repeats the last one (the same numbers to
    the same place). height and width >= 1.
    """
    kinds, dtype = (a, b, c), c[0].dtype
    assert all(kind[0].dtype == dtype for kind in kinds), "one dtype per product"

    def codegen(context, builder, sig, args):
        registers = LaneRegisters(Emitter(context, builder, dtype), rows, vectors)
        _emit_lanes(registers, kinds, args[2:])
        return context.get_dummy_value()

    three = types.UniTuple(types.intp, 3)
    return types.void(rows, vectors, a, b, c, three, types.boolean), codegen


def _emit_lanes(registers, kinds, args):
    b, emit = registers.builder, registers.emit
    *matrices, size, accumulate = args
    places = map(emit.matrix, kinds, matrices)
    (a, a_row, a_k), (right, right_k, right_column), (c, c_row, c_column) = places
    height, width, depth = cgutils.unpack_tuple(b, size)
    down = [_within(emit, r, height) for r in registers.rows]
    across = [_within(emit, v, width) for v in registers.vectors]
    a_rows = [b.gep(a, [b.mul(a_row, r)]) for r in down]
    b_columns = [b.gep(right, [b.mul(right_column, v)]) for v in across]
    c_places = [[emit.at(c, b.add(b.mul(c_row, r), b.mul(c_column, v))) for v in across]
                for r in down]  # fmt: skip
    zeros, fresh = [[emit.zeros for _ in across] for _ in down], b.block
    with b.if_then(accumulate):
        old, reading = [[emit.load(place) for place in row] for row in c_places], b.block
    first = registers.either((zeros, fresh), (old, reading))
    sums = registers.sum_up(first, a_rows, a_k, b_columns, right_k, depth)
    for places, row in zip(c_places, sums, strict=True):
        for place, value in zip(places, row, strict=True):
            emit.store(value, place)


def _within(emit, i, count):
    """i, or the last of so many."""
    b, i = emit.builder, emit.number(i)
    return b.select(b.icmp_signed("<", i, count), i, b.sub(count, emit.number(1)))


class LaneRegisters(Registers):
    """Registers whose sums are of vectors from both sides."""

    def sum_up(self, first, a_rows, a_k, b_columns, b_k, depth):
        """for k < depth: sums[r][v] += a[r, k] b[k, v]; returns the sums (`first` at depth 0)."""
        b, emit = self.builder, self.emit

        def step(k, sums):
            down, right = b.mul(k, a_k), b.mul(k, b_k)
            across = [emit.load(emit.at(column, right)) for column in b_columns]
            after = []
            for r in self.rows:
                x = emit.load(emit.at(a_rows[r], down))
                after.append([emit.multiply_add(x, across[v], sums[r][v]) for v in self.vectors])
            return after

        # One step of k a turn: with two, LLVM keeps twice as many addresses as there are registers
        # for them, and a tile took 1.4 times as long.
        return self._loop(step, 1, emit.number(0), first, depth)[1]
