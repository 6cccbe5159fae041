"""Rows that lie anywhere, turned so that each gets a lane of its own, and turned back.

LANES rows of LANES numbers make a square of LANES registers; transposed, register k holds number k
of every row. (attention_lanes/ tells what for: a row is a head's there.)
"""

import numpy as np
from numba import types
from numba.core import cgutils

from .emitter import Emitter, instruction, lanes, strided
from .packing import emit_rows, shuffled


def _row(x, lane, width):
    """The first `width` numbers of a row of Scattered x, as a view."""
    return strided(x.numbers, x.first + x.places[x.at + lane], 1, 0, width)[0]


def _turn_square(numbers, first, x, width, factor):
    side = lanes(numbers.dtype)
    square = strided(numbers, first, side, side, side)
    square[...] = np.nan  # rubbish, which must never be used
    for lane in range(side):
        row = _row(x, lane, min(side, width))
        square[: len(row), lane] = row * factor[lane]


@instruction(_turn_square)
def turn_square(typingctx, numbers, first, x, width, factor):
    """numbers[first + k LANES + lane] = factor[lane] x[lane, k] for LANES rows of Scattered x.

    Of a row only `width` numbers are read; where that is less than LANES, what is written past it
    is rubbish. `factor` is a Vector.
    """

    def codegen(context, builder, sig, args):
        to, first, rows, width, factor = args
        emit = Emitter(context, builder, numbers.dtype)
        target, where = emit.pointer(numbers, to, first), _places(emit, x, rows)
        for k, value in enumerate(shuffled(emit, emit_rows(emit, where, width))):
            place = emit.at(target, emit.number(k * emit.lanes))
            emit.store(builder.fmul(value, factor), place)
        return context.get_dummy_value()

    return types.void(numbers, types.intp, x, types.intp, factor), codegen


def _turn_square_back(x, width, numbers, first, factor):
    side = lanes(numbers.dtype)
    square = strided(numbers, first, side, side, side)
    for lane in range(side):
        row = _row(x, lane, min(side, width))
        row[:] = square[: len(row), lane] * factor[lane]


@instruction(_turn_square_back)
def turn_square_back(typingctx, x, width, numbers, first, factor):
    """x[lane, k] = factor[lane] numbers[first + k LANES + lane], for k < LANES and k < width."""

    def codegen(context, builder, sig, args):
        rows, width, source, first, factor = args
        emit = Emitter(context, builder, numbers.dtype)
        begin, count = emit.pointer(numbers, source, first), range(emit.lanes)
        columns = [emit.load(emit.at(begin, emit.number(k * emit.lanes))) for k in count]
        turned = shuffled(emit, [builder.fmul(column, factor) for column in columns])
        where, masks = _places(emit, x, rows), (emit.mask(width), None)
        ragged = builder.icmp_signed("<", width, emit.number(emit.lanes))
        with builder.if_else(ragged, likely=False) as branches:
            for branch, mask in zip(branches, masks, strict=True):
                with branch:
                    for value, place in zip(turned, where, strict=True):
                        emit.store(value, place, mask)
        return context.get_dummy_value()

    return types.void(x, types.intp, numbers, types.intp, factor), codegen


def _places(emit, kind, x):
    """Where the rows of Scattered x begin: a row for each lane."""
    b = emit.builder
    numbers, first, places, at = cgutils.unpack_tuple(b, x)
    begin, place = emit.pointer(kind[0], numbers, first), emit.pointer(kind[2], places, at)
    lanes = range(emit.lanes)
    return [emit.at(begin, b.load(b.gep(place, [emit.number(lane)]))) for lane in lanes]
