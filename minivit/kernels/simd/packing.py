"""Whole vectors moved in memory: a row copied, a line fetched, a square transposed; edges may be
ragged."""

import numpy as np
from numba import types

from .emitter import Emitter, elements, instruction, lanes, strided


def _copy_row(vectors, to, to_offset, source, offset, width):
    columns = vectors * lanes(to.dtype)
    width = min(width, columns)
    row = strided(to, to_offset, 1, 0, columns)[0]
    row[:width] = strided(source, offset, 1, 0, width)[0]
    row[width:] = 0


@instruction(_copy_row, prefer_literal=True)
def copy_row(typingctx, vectors, to, to_offset, source, offset, width):
    """to[0 : vectors x LANES] = source[0:width], zeros after. Nothing past `width` is read."""
    n = types.intp

    def codegen(context, builder, sig, args):
        _, to_array, to_offset, source_array, offset, width = args
        emit = Emitter(context, builder, to.dtype)
        target = emit.pointer(to, to_array, to_offset)
        begin = emit.pointer(source, source_array, offset)
        where = [emit.number(v * emit.lanes) for v in range(vectors.literal_value)]
        whole = builder.icmp_signed(">=", width, emit.number(len(where) * emit.lanes))
        with builder.if_else(whole, likely=True) as (inside, edge):
            with inside:
                values = [emit.load(emit.at(begin, w)) for w in where]
                for value, w in zip(values, where, strict=True):
                    emit.store(value, emit.at(target, w))
            with edge:
                for v, w in enumerate(where):
                    value = emit.load(emit.at(begin, w), emit.mask(width, v))
                    emit.store(value, emit.at(target, w))
        return context.get_dummy_value()

    return types.void(vectors, to, n, source, n, n), codegen


@instruction(lambda numbers, at: None)
def prefetch(typingctx, numbers, at):
    """Fetch the cache line of numbers[at]; a hint: it may lie past the array's end."""

    def codegen(context, builder, sig, args):
        emit = Emitter(context, builder, numbers.dtype)
        emit.prefetch(emit.pointer(numbers, *args))
        return context.get_dummy_value()

    return types.void(numbers, types.intp), codegen


def _transpose_square(to, source, rows, width, factor):
    side = lanes(to.numbers.dtype)
    rows, width = min(rows, side), min(width, side)
    square = elements(to, side, side)
    square[...] = np.nan  # rubbish, which must never be used
    square[:width, :rows] = elements(source, rows, width).T * factor


@instruction(_transpose_square)
def transpose_square(typingctx, to, source, rows, width, factor):
    """to[k, r] = factor source[r, k] for a square of LANES x LANES; rows x width exist in source.

    Both are Matrices with contiguous rows. All LANES x LANES of `to` are written (rubbish past rows
    and width); of source only what exists is read. It takes log2(LANES) perfect shuffles, each of
    which interleaves row i with row i + LANES/2.
    """

    def codegen(context, builder, sig, args):
        to_matrix, source_matrix, rows, width, factor = args
        emit = Emitter(context, builder, factor_type)
        target, to_row, _ = emit.matrix(to, to_matrix)
        begin, source_row, _ = emit.matrix(source, source_matrix)
        where, factor = [], emit.broadcast(factor)
        for r in range(emit.lanes):
            exists = builder.icmp_signed("<", emit.number(r), rows)
            start = builder.mul(source_row, emit.number(r))
            where.append(emit.at(begin, builder.select(exists, start, emit.number(0))))
        square = [builder.fmul(row, factor) for row in emit_rows(emit, where, width)]
        for k, value in enumerate(shuffled(emit, square)):
            emit.store(value, emit.at(target, builder.mul(to_row, emit.number(k))))
        return context.get_dummy_value()

    factor_type = to[0].dtype
    return types.void(to, source, types.intp, types.intp, factor_type), codegen


def emit_rows(emit, where, width):
    b = emit.builder
    edge, inside, ready = map(b.append_basic_block, ("edge", "inside", "ready"))
    b.cbranch(b.icmp_signed("<", width, emit.number(emit.lanes)), edge, inside)
    b.position_at_end(edge)
    mask = emit.mask(width)
    masked = [emit.load(w, mask) for w in where]
    b.branch(ready)
    b.position_at_end(inside)
    whole = [emit.load(w) for w in where]
    b.branch(ready)
    b.position_at_end(ready)
    rows = [b.phi(emit.vector) for _ in where]
    for row, value, other in zip(rows, masked, whole, strict=True):
        row.add_incoming(value, edge)
        row.add_incoming(other, inside)
    return rows


def shuffled(emit, rows):
    half = emit.lanes // 2
    pairs = [[n for i in range(s, s + half) for n in (i, i + emit.lanes)] for s in (0, half)]
    for _ in range(emit.lanes.bit_length() - 1):
        rows = [emit.shuffle(rows[i], rows[i + half], p) for i in range(half) for p in pairs]
    return rows
