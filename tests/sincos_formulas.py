"""The tables of fixed positions, number by number, as their papers and programs define them."""

import math

import numpy as np


def expected_table(kind: str, grid: tuple[int, int], width: int, has_cls: bool) -> np.ndarray:
    """-> (T, width)"""
    rows, columns = grid
    if kind == "sincos":
        return np.array([vaswani(t, width) for t in range(rows * columns + has_cls)])
    places = [(row, column) for row in range(rows) for column in range(columns)]
    formula = {"sincos-2d": big_vision, "sincos-2d-mae": mae}[kind]
    return np.array([[0.0] * width] * has_cls + [formula(*place, width) for place in places])


def vaswani(position: int, width: int) -> list[float]:
    """PE(pos, 2i) = sin(pos / 10000^(2i / d)), PE(pos, 2i + 1) = cos(pos / 10000^(2i / d))."""
    vector = [0.0] * width
    for i in range(width // 2):
        vector[2 * i] = math.sin(position / 10000 ** (2 * i / width))
        vector[2 * i + 1] = math.cos(position / 10000 ** (2 * i / width))
    return vector


def big_vision(y: int, x: int, width: int) -> list[float]:
    """omega = 1 / 10000^(arange(width // 4) / (width // 4 - 1)); sin x, cos x, sin y, cos y."""
    quarter = width // 4
    omega = [1 / 10000 ** (i / (quarter - 1)) for i in range(quarter)] if quarter > 1 else [1.0]
    return [wave(p * o) for p in (x, y) for wave in (math.sin, math.cos) for o in omega]


def mae(h: int, w: int, width: int) -> list[float]:
    """The half of the width axis, then that of the height: omega = 1 / 10000^(i / (half / 2))."""
    half = width // 2
    vector = []
    for position in (w, h):  # "here w goes first"
        omega = [1 / 10000 ** (i / (half / 2)) for i in range(half // 2)]
        vector += [math.sin(position * o) for o in omega]
        vector += [math.cos(position * o) for o in omega]
    return vector
