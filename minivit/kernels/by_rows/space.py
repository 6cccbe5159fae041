"""What space a thread has for the rows that it works with."""

import functools
from typing import NamedTuple

import numpy as np
from numba import get_num_threads

from minivit.chosen import made_of_weights, rounds_products

from ..compiling import call, jit
from ..layernorm_steps import backward_at, forward_at
from ..matrix import ONE, ZERO, Matrix
from ..product import packing
from ..product.bf16 import packing as packing_bf16
from ..product.bf16.instructions import instruction
from ..product.bf16.rectangle import address_for_bf16
from ..product.rectangle import address_for
from ..product.tiled import stack_of
from ..product.weights import packed_weights
from ..workspace import APART

PACKED_BEFORE = 1 << 16  # numbers


class Space(NamedTuple):
    """A thread's own numbers, for some rows, and how it multiplies them."""

    normed: Matrix  # (down, D), as are the next two
    dnormed: Matrix
    merged: Matrix  # of attention, later its gradient
    wide: Matrix  # (down, wide): h of an MLP, or qkv
    dwide: Matrix  # dz, or dqkv
    packed: Matrix  # room for packed operands
    multiply: int  # the address of the product (product/rectangle.py)
    by_amx: bool  # what it is told
    ready: bool  # whether the weights have been packed before
    normalise: int  # the address of LayerNorm (layernorm_steps.py)
    normalise_backward: int  # and of its backward; any in the forward


def workspace_for(sizes, together, dtype):
    """How many threads share the rows, of which so many stay together, and their workspace."""
    shares = min(get_num_threads(), -(-sizes.rows // together))
    return shares, np.empty(shares * room(sizes, dtype.itemsize, rounds_products()) + 64, dtype)


def addresses(dtype, ready, *, backward=False):
    """The addresses of what a share calls: the product in the chosen precision, and LayerNorm.

    ready: whether the weights have been packed before.
    """
    if rounds_products():
        multiply = address_for_bf16(), instruction() == "amx"
    else:
        multiply = address_for(dtype), False
    forward = forward_at(dtype)
    return *multiply, ready, forward, backward_at(dtype) if backward else forward


def packs_before(w):
    """Whether a branch's weights are packed before, once for all rows: `w` is the first of them.

    Where they stay as they are; and large ones, which each thread would pack several times. For
    small ones that takes longer than it saves: it wakes the threads once more.
    """
    return made_of_weights() is not None or w.size > PACKED_BEFORE


def weights_for(first, second, ready):
    """The fields of a Stack of each weight. `ready`: of its packed numbers, and the row is that of
    the weight, since in bf16 a product finds the panels by it."""
    if ready:
        packed = zip(packed_weights(first, second), (first, second), strict=True)
        return [(numbers, 0, w.shape[1], 1) for numbers, w in packed]
    return stack_of(first), stack_of(second)


@functools.cache
def room(sizes, itemsize, rounds):
    """How many numbers of workspace a thread needs.

    The last rows of a piece may be fewer than `down`, and a product may need more room for them:
    with fewer steps of k, more of b is packed at once. So each number is tried, up to the DEEP of
    bf16: beyond it both products cut k into chunks no longer than one that was tried. And all of
    them are, as rows that bf16 may keep packed.
    """
    D, wide, packed = sizes.D, sizes.wide, 0
    for down in (*range(1, min(sizes.down, packing_bf16.DEEP) + 1), sizes.down):
        of_rows = (down, wide, D), (down, D, wide)
        of_gradients = (D, wide, down), (wide, D, down)
        for shapes, rows_apart in ((of_rows, False), (of_gradients, True)):
            for shape in shapes:
                if rounds:
                    packed = max(packed, packing_bf16.room(*shape))
                else:
                    packed = max(packed, packing.room(*shape, itemsize, rows_apart))
    narrow, wide = widths(sizes)
    return 3 * narrow + 2 * wide + packed + APART // itemsize


@jit(from_python=True)
def widths(sizes):
    """How many numbers a narrow array takes, and a wide one: whole cache lines of them."""
    return (sizes.down * sizes.D + 15) // 16 * 16, (sizes.down * sizes.wide + 15) // 16 * 16


@jit(counts=False)
def own_space(share, shares, workspace, sizes, addresses):
    """This share's part of the workspace, aligned so that no vector crosses a cache line."""
    itemsize, (narrow, wide) = workspace.itemsize, widths(sizes)
    first = -workspace.ctypes.data % 64 // itemsize + share * (workspace.size // shares // 64 * 64)
    after = first + 3 * narrow
    return Space(
        Matrix(workspace, first, sizes.D, ONE),
        Matrix(workspace, first + narrow, sizes.D, ONE),
        Matrix(workspace, first + 2 * narrow, sizes.D, ONE),
        Matrix(workspace, after, sizes.wide, ONE),
        Matrix(workspace, after + wide, sizes.wide, ONE),
        Matrix(workspace, after + 2 * wide, packing.PANEL_BYTES // itemsize, ONE),
        *addresses,
    )


@jit(inline="always")
def product(own, a, b, start, use_start, c, size, ending, add_up=ZERO):
    """c = (start) + a @ b, and its ending, in the chosen precision; see product/rectangle.py."""
    call(
        own.multiply,
        (a, b, False, start, use_start, c, size, own.packed, own.by_amx, ending, ZERO, add_up),
    )


@jit(inline="always")
def product_with_weight(own, a, w, start, use_start, c, size, ending):
    """The same for a weight, which may have been packed before."""
    call(
        own.multiply,
        (a, w, own.ready, start, use_start, c, size, own.packed, own.by_amx, ending, ZERO, ZERO),
    )
