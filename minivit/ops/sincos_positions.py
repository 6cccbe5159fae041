"""Fixed positions: sines and cosines of the place where a token lies. Nothing is learned.

    y_t = x_t + table_t

Three tables have names. Each is made of waves sin(p f_i) and cos(p f_i) of a place p, at n
frequencies from 1 down to about 1/10000:

    "sincos"         1-D: p = t, the token's number (the cls token, if there is one, is 0), n = D/2,
                     f_i = 10000^(-i/n); sin and cos in turn. (Vaswani et al. 2017, section 3.5.)
    "sincos-2d"      [sin column, cos column, sin row, cos row] of a patch, n = D/4 numbers each,
                     f_i = 10000^(-i/(n-1)). (Google's big_vision, after MoCo v3.)
    "sincos-2d-mae"  the same, but f_i = 10000^(-i/n). (He et al. 2021, MAE's code.)

In 2-D the cls token has no place: its row of the table is 0.
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen

SINCOS = {"sincos": 2, "sincos-2d": 4, "sincos-2d-mae": 4}  # what must divide the width
SLOWEST = 10_000


class SincosPositionsCache(NamedTuple):
    dtype: np.dtype


def sincos_positions_forward(
    x: np.ndarray, *, kind: str = "sincos", grid: tuple[int, int], note=unseen
) -> tuple[np.ndarray, SincosPositionsCache]:
    """Add the fixed table to the tokens: y = x + table.

    x (B, T, D) -> y (B, T, D), T = N + 1 with a cls token and N without, N = grid rows x grid
    columns. `kind` is one of SINCOS.

    Raises InputError for another kind, width or number of tokens.
    """
    (x,) = reals(x=x)
    y = x + sincos_table(kind, *x.shape[1:], grid).astype(x.dtype)
    note(y=y)
    return y, SincosPositionsCache(x.dtype)


def sincos_positions_backward(
    dy: np.ndarray, cache: SincosPositionsCache, *, note=unseen
) -> np.ndarray:
    """Gradient of y = x + table, where the table is a constant: dx = dy. (B, T, D) -> (B, T, D)."""
    dy = upstream(dy, cache.dtype)
    note(y=dy)
    return dy.copy()


def sincos_table(kind: str, T: int, D: int, grid: tuple[int, int]) -> np.ndarray:
    """The vector of each token: -> (T, D) in float64."""
    check_sincos_width(kind, D)
    rows, columns = grid
    N = rows * columns
    if T not in (N, N + 1):
        raise InputError(
            f"there are {T} tokens and a grid of {rows}x{columns} patches: expected {N} tokens, or "
            f"{N + 1} with a cls token"
        )
    n = D // SINCOS[kind]
    last = max(n - 1, 1) if kind == "sincos-2d" else n  # a single frequency is 1
    frequencies = float(SLOWEST) ** (-np.arange(n) / last)
    if kind == "sincos":
        return np.stack(waves(T, frequencies), axis=-1).reshape(T, D)
    table = np.zeros((T, D))
    patches = table[T - N :].reshape(rows, columns, 2, D // 2)  # the cls token's row stays 0
    patches[:, :, 0] = np.concatenate(waves(columns, frequencies), axis=1)
    patches[:, :, 1] = np.concatenate(waves(rows, frequencies), axis=1)[:, None]
    return table


def waves(places: int, frequencies: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """frequencies (n,) -> sin and cos, (places, n) each."""
    angles = np.arange(places)[:, None] * frequencies
    return np.sin(angles), np.cos(angles)


def check_sincos_width(kind: str, D: int) -> None:
    """InputError unless the kind is one of SINCOS, and the waves fill the width."""
    if kind not in SINCOS:
        raise InputError(f"the kind of positions is {kind!r}: choose {' or '.join(SINCOS)}")
    if D % SINCOS[kind]:
        parts = "a sine and a cosine" if SINCOS[kind] == 2 else "two sines and two cosines"
        raise InputError(
            f"width is {D} and positions are {kind}: {parts} of each frequency need a multiple of "
            f"{SINCOS[kind]}; choose another width"
        )
