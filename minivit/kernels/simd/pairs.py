"""Pairs of bfloat16: what the instructions that multiply bfloat16 read.

bfloat16 is a float32 without its last 16 bits. A `pair` is two of them, neighbours along k, in the
32 bits of one float32: (x[2p], x[2p + 1]), the first in the lower half. Arrays of pairs are float32
arrays with which nobody calculates.

`pair_square` rounds (to nearest, ties to even) and pairs up 16 x 32 numbers. LLVM writes the
processor's own instruction for it where there is one.
"""

import numpy as np
from llvmlite import ir
from numba import types

from .emitter import Emitter, elements, instruction
from .packing import _shuffled
from .registers import Registers
from .tiles import _emit_tile

SIDE = 16  # pairs in a vector of 64 bytes; a square has as many rows


class BFloat(ir.Type):
    """LLVM's type of a bfloat16, which llvmlite has no name for."""

    def _to_string(self):
        return "bfloat"

    def __eq__(self, other):
        return isinstance(other, BFloat)

    def __hash__(self):
        return hash(BFloat)


HALF, ALL = ir.VectorType(BFloat(), SIDE), ir.VectorType(BFloat(), 2 * SIDE)
ALONG = list(range(2 * SIDE))  # two vectors, one after the other: neighbours are pairs
ACROSS = [
    i // 2 + SIDE * (i % 2) for i in ALONG
]  # number i of the one beside number i of the other


def _pair_square(turned, to, source, rows, depth):
    from .rounding import rounded

    block = np.zeros((SIDE, 2 * SIDE), np.float32)
    rows, depth = min(rows, SIDE), min(depth, 2 * SIDE)
    block[:rows, :depth] = elements(source, rows, depth)
    pairs = (rounded(block).view(np.uint32) >> 16).astype(np.uint16).view(np.float32)
    elements(to, SIDE, SIDE)[...] = pairs.T if turned != (source.column != 1) else pairs


@instruction(_pair_square, prefer_literal=True)
def pair_square(typingctx, across, turned, to, source, rows, depth):
    """Rounds source[0:rows, 0:depth] and writes its pairs: 16 rows of 16 pairs, the rest zeros.

    across: source's columns are contiguous, not its rows: a literal. Then pairs of two columns are
    made, 16 rows at once, and the vectors come out one for each step of two k; otherwise one for
    each row. turned: written transposed to that. `to` has contiguous rows of whole vectors.
    """

    def codegen(context, builder, sig, args):
        _, _, to_matrix, source_matrix, rows, depth = args
        emit = Emitter(context, builder, types.float32)
        target, to_row, _ = emit.matrix(to, to_matrix)
        begin, row, column = emit.matrix(source, source_matrix)
        load = _load_across if across.literal_value else _load_along
        vectors = _emit_either(
            emit, lambda masked: load(emit, begin, row, column, rows, depth, masked), rows, depth
        )
        if turned.literal_value:
            vectors = _shuffled(emit, vectors)
        for r, value in enumerate(vectors):
            emit.store(value, emit.at(target, builder.mul(to_row, emit.number(r))))
        return context.get_dummy_value()

    n = types.intp
    return types.void(across, turned, to, source, n, n), codegen


def _emit_either(emit, vectors, rows, depth):
    """The vectors of a whole square, or of one at the edge, of which only what exists is read."""
    b = emit.builder
    edge, inside, ready = map(b.append_basic_block, ("edge", "inside", "ready"))
    whole = b.and_(
        b.icmp_signed(">=", rows, emit.number(SIDE)),
        b.icmp_signed(">=", depth, emit.number(2 * SIDE)),
    )
    b.cbranch(whole, inside, edge)
    cases = []
    for block, masked in ((inside, False), (edge, True)):
        b.position_at_end(block)
        cases.append((vectors(masked), b.block))
        b.branch(ready)
    b.position_at_end(ready)
    merged = [b.phi(emit.vector) for _ in range(SIDE)]
    for values, block in cases:
        for phi, value in zip(merged, values, strict=True):
            phi.add_incoming(value, block)
    return merged


def _load_along(emit, begin, row, column, rows, depth, masked):
    """For each row: its 32 numbers as 16 pairs."""
    b, found = emit.builder, []
    masks = [emit.mask(depth), emit.mask(depth, 1)] if masked else [None, None]
    for r in range(SIDE):
        at = b.mul(row, emit.number(r))
        if masked:  # a row that is not there repeats the first
            at = b.select(b.icmp_signed("<", emit.number(r), rows), at, emit.number(0))
        start = b.gep(begin, [at])
        parts = [emit.load(emit.at(start, emit.number(v * SIDE)), masks[v]) for v in range(2)]
        found.append(_paired(emit, *parts, ALONG))
    return found


def _load_across(emit, begin, row, column, rows, depth, masked):
    """For each two columns: their 16 numbers side by side."""
    b, found = emit.builder, []
    for p in range(SIDE):
        parts = []
        for k in (2 * p, 2 * p + 1):
            where = emit.at(begin, b.mul(column, emit.number(k)))
            mask = None
            if masked:
                there = b.select(b.icmp_signed("<", emit.number(k), depth), rows, emit.number(0))
                mask = emit.mask(there)
            parts.append(emit.load(where, mask))
        found.append(_paired(emit, *parts, ACROSS))
    return found


def _paired(emit, x, y, order):
    b = emit.builder
    mask = ir.Constant(ir.VectorType(ir.IntType(32), 2 * SIDE), order)
    both = b.shuffle_vector(b.fptrunc(x, HALF), b.fptrunc(y, HALF), mask)
    return b.bitcast(both, emit.vector)


PAIR_ROWS = 8  # of a tile of pairs; with two vectors of columns, as in tiles.py


class PairEmitter(Emitter):
    """Multiplies pairs: z[j] + x[2j] y[2j] + x[2j + 1] y[2j + 1]."""

    def multiply_add(self, x, y, z):
        b = self.builder
        kinds = [self.vector, ALL, ALL]
        dot = self._function("llvm.x86.avx512bf16.dpbf16ps.512", self.vector, kinds)
        return b.call(dot, [z, b.bitcast(x, ALL), b.bitcast(y, ALL)])


@instruction(None, prefer_literal=True)
def pair_tile(typingctx, rows, vectors, a, r, b, start, use_start, c, width, depth):
    """`tile` of tiles.py for an a and a b that hold pairs: depth counts them."""
    kinds, n = (a, b, start, c), types.intp

    def codegen(context, builder, sig, args):
        emit = PairEmitter(context, builder, types.float32)
        _emit_tile(Registers(emit, rows, vectors), kinds, args[2:])
        return context.get_dummy_value()

    return types.void(rows, vectors, a, n, b, start, n, c, n, n), codegen
