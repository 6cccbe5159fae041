"""Heads to lanes and back, on one thread: squares of LANES heads x LANES columns are transposed.

A matrix of a group is a Matrix whose elements are registers: x[i, j] holds the numbers (i, j) of
LANES heads, and its strides count numbers.
"""

from ..compiling import jit
from ..matrix import ZERO, Scattered, moved
from ..simd import VECTOR_BYTES, load, noinline, turn_square, turn_square_back


@jit
def turn(out, x, token, size, factors):
    """out[t, k] = factors[t, 0] x[., t, k] for the LANES heads whose first rows are Scattered x.

    The rows of a head's tokens are `token` numbers apart. out has contiguous rows, and room for
    LANES registers after its last: where columns fill no whole registers, rubbish reaches past a
    row.
    """
    noinline()
    tokens, columns = size
    for t in range(tokens):
        turn_row(moved(out, t, ZERO), x, t * token, columns, factor_at(factors, t))


@jit
def turn_back(x, token, source, size, factors):
    """x[., t, k] = factors[t, 0] source[t, k]: the contrary of `turn`."""
    noinline()
    tokens, columns = size
    for t in range(tokens):
        turn_row_back(x, t * token, moved(source, t, ZERO), columns, factor_at(factors, t))


@jit
def turn_three(out, three, token, size, factors):
    """`turn` for q, k and v, each with one factor.

    It goes token by token: the three lie side by side in memory, and so are read in one go. Read
    one after the other, the backward at T = 17 took 1.15 times as long.
    """
    noinline()
    tokens, columns = size
    for t in range(tokens):
        for i in range(3):
            factor = factor_at(factors[i], ZERO)
            turn_row(moved(out[i], t, ZERO), three[i], t * token, columns, factor)


@jit
def turn_three_back(three, token, source, size, factors):
    """`turn_back` for dq, dk and dv, likewise."""
    noinline()
    tokens, columns = size
    for t in range(tokens):
        for i in range(3):
            factor = factor_at(factors[i], ZERO)
            turn_row_back(three[i], t * token, moved(source[i], t, ZERO), columns, factor)


@jit(inline="always")
def turn_row(out, x, begin, columns, factor):
    """One token of the heads: its numbers lie `begin` after their first."""
    lanes = VECTOR_BYTES // out.numbers.itemsize
    for k in range(0, columns, lanes):
        row = Scattered(x.numbers, x.first + begin + k, x.places, x.at)
        turn_square(out.numbers, out.first + k * lanes, row, columns - k, factor)


@jit(inline="always")
def turn_row_back(x, begin, source, columns, factor):
    """One token of the heads, on the way back."""
    lanes = VECTOR_BYTES // source.numbers.itemsize
    for k in range(0, columns, lanes):
        row = Scattered(x.numbers, x.first + begin + k, x.places, x.at)
        turn_square_back(row, columns - k, source.numbers, source.first + k * lanes, factor)


@jit(inline="always")
def factor_at(factors, t):
    """The register factors[t, 0]."""
    return load(factors.numbers, factors.first + t * factors.row)
