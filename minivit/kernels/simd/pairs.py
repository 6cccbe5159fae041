"""Pairs of bfloat16: what the instructions that multiply bfloat16 read.

bfloat16 is a float32 without its last 16 bits. A `pair` is two of them, neighbours along k, in the
32 bits of one float32: (x[2p], x[2p + 1]), the first in the lower half. Arrays of pairs are float32
arrays with which nobody calculates.

    pair_square    16 x 32 numbers, rounded to nearest (ties to even) and paired up
    pair_tile      the tile of tiles.py for pairs: two multiply-adds where a lane has one otherwise

LLVM writes the processor's own instructions, VCVTNEPS2BF16 and VDPBF16PS; both take a number below
2^-126 for 0.
"""

import numpy as np
from llvmlite import ir
from numba import types

from minivit.ops.product import rounded

from .emitter import Emitter, elements, instruction
from .packing import shuffled
from .registers import Registers
from .tiles import _emit_tile

SIDE = 16  # pairs in a vector; a square has as many rows
PAIR_ROWS = 8  # of a tile, with two vectors of columns


class BFloat(ir.Type):
    """LLVM's type of a bfloat16, which llvmlite has no name for."""

    def _to_string(self):
        return "bfloat"

    def __eq__(self, other):
        return isinstance(other, BFloat)

    def __hash__(self):
        return hash(BFloat)


HALF, ALL = ir.VectorType(BFloat(), SIDE), ir.VectorType(BFloat(), 2 * SIDE)
ALONG = list(range(2 * SIDE))  # one vector after the other: neighbours become pairs
ACROSS = [i // 2 + SIDE * (i % 2) for i in ALONG]  # two side by side: lane i of each, a pair


def values(pairs):
    """Pairs (rows, p) -> the numbers that they hold (rows, p, 2), as float32."""
    halves = np.ascontiguousarray(pairs).view(np.uint16).reshape(*pairs.shape, 2)
    return (halves.astype(np.uint32) << 16).view(np.float32)


def product_of_pairs(a, b, rows, columns, depth):
    """What multiplies two Matrices of pairs: a (rows, depth), b (depth, columns)."""
    first, second = values(elements(a, rows, depth)), values(elements(b, depth, columns))
    return np.einsum("rpi,pci->rc", first, second)


def _pair_square(across, turned, to, source, rows, depth):
    block = np.zeros((SIDE, 2 * SIDE), np.float32)
    rows, depth = max(0, min(rows, SIDE)), min(depth, 2 * SIDE)
    block[:rows, :depth] = elements(source, rows, depth)
    pairs = (rounded(block).view(np.uint32) >> 16).astype(np.uint16).view(np.float32)
    elements(to, SIDE, SIDE)[...] = pairs if across == turned else pairs.T


@instruction(_pair_square, prefer_literal=True)
def pair_square(typingctx, across, turned, to, source, rows, depth):
    """Rounds source[0:rows, 0:depth] and writes its pairs, 16 x 16 of them, zeros past the depth.

    across: source's columns are contiguous, else its rows are: a literal. Then two columns become
    one vector of pairs, 16 rows at once; otherwise a row becomes one. turned, a literal: the
    vectors are written as columns of `to`, else as its rows. So to[r, p] holds row r's pair p if
    across == turned, and to[p, r] does otherwise. Past `rows` it holds rubbish.
    """

    def codegen(context, builder, sig, args):
        _, _, to_matrix, source_matrix, rows, depth = args
        emit = Emitter(context, builder, types.float32)
        target, to_row, _ = emit.matrix(to, to_matrix)
        load = _load_across if across.literal_value else _load_along
        vectors = _emit_either(emit, load, emit.matrix(source, source_matrix), rows, depth)
        if turned.literal_value:
            vectors = shuffled(emit, vectors)
        for r, value in enumerate(vectors):
            emit.store(value, emit.at(target, builder.mul(to_row, emit.number(r))))
        return context.get_dummy_value()

    return types.void(across, turned, to, source, types.intp, types.intp), codegen


def _emit_either(emit, load, source, rows, depth):
    """The vectors of a whole square, or of one at the edge, of which only what exists is read."""
    b = emit.builder
    edge, inside, ready = map(b.append_basic_block, ("edge", "inside", "ready"))
    all_rows = b.icmp_signed(">=", rows, emit.number(SIDE))
    whole = b.and_(all_rows, b.icmp_signed(">=", depth, emit.number(2 * SIDE)))
    b.cbranch(whole, inside, edge)
    cases = []
    for block, size in ((inside, None), (edge, (rows, depth))):
        b.position_at_end(block)
        cases.append((load(emit, source, size), b.block))
        b.branch(ready)
    b.position_at_end(ready)
    merged = [b.phi(emit.vector) for _ in range(SIDE)]
    for vectors, block in cases:
        for phi, value in zip(merged, vectors, strict=True):
            phi.add_incoming(value, block)
    return merged


def _load_along(emit, source, size):
    """For each row its 32 numbers, as 16 pairs."""
    b, (begin, row, _), found = emit.builder, source, []
    masks = [None, None] if size is None else [emit.mask(size[1], v) for v in range(2)]
    for r in range(SIDE):
        at = b.mul(row, emit.number(r))
        if size is not None:  # a row that is not there repeats the first
            at = b.select(b.icmp_signed("<", emit.number(r), size[0]), at, emit.number(0))
        start = b.gep(begin, [at])
        parts = [emit.load(emit.at(start, emit.number(v * SIDE)), masks[v]) for v in range(2)]
        found.append(_paired(emit, *parts, ALONG))
    return found


def _load_across(emit, source, size):
    """For each two columns their 16 numbers, side by side."""
    b, (begin, _, column), columns = emit.builder, source, []
    for k in range(2 * SIDE):
        mask = None
        if size is not None:
            exists = b.icmp_signed("<", emit.number(k), size[1])
            mask = emit.mask(b.select(exists, size[0], emit.number(0)))
        columns.append(emit.load(emit.at(begin, b.mul(column, emit.number(k))), mask))
    return [_paired(emit, *columns[k : k + 2], ACROSS) for k in range(0, 2 * SIDE, 2)]


def _paired(emit, x, y, order):
    b = emit.builder
    mask = ir.Constant(ir.VectorType(ir.IntType(32), 2 * SIDE), order)
    both = b.shuffle_vector(b.fptrunc(x, HALF), b.fptrunc(y, HALF), mask)
    return b.bitcast(both, emit.vector)


class PairEmitter(Emitter):
    """Multiplies pairs: z[j] + x[2j] y[2j] + x[2j + 1] y[2j + 1]."""

    def multiply_add(self, x, y, z):
        b = self.builder
        kinds = [self.vector, ALL, ALL]
        dot = self._function("llvm.x86.avx512bf16.dpbf16ps.512", self.vector, kinds)
        return b.call(dot, [z, b.bitcast(x, ALL), b.bitcast(y, ALL)])


def _pair_tile(rows, vectors, a, r, b, start, use_start, c, width, depth):
    a, width = a._replace(first=a.first + r * a.row), min(width, vectors * SIDE)
    first = elements(c if use_start == 2 else start, rows, width) if use_start else 0
    elements(c, rows, width)[...] = first + product_of_pairs(a, b, rows, width, depth)


@instruction(_pair_tile, prefer_literal=True)
def pair_tile(typingctx, rows, vectors, a, r, b, start, use_start, c, width, depth):
    """`tile` of tiles.py for an a and a b that hold pairs: depth counts them."""
    kinds, n = (a, b, start, c), types.intp

    def codegen(context, builder, sig, args):
        emit = PairEmitter(context, builder, types.float32)
        _emit_tile(Registers(emit, rows, vectors), kinds, args[2:])
        return context.get_dummy_value()

    return types.void(rows, vectors, a, n, b, start, n, c, n, n), codegen
