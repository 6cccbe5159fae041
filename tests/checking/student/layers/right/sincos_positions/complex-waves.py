"""The waves are the two parts of exp(i p f), for all kinds of tables."""

import numpy as np


def sincos_positions_forward(x, *, kind="sincos", grid):
    B, T, D = x.shape
    rows, cols = grid
    if kind == "sincos":
        n = D // 2
        wave = np.exp(1j * np.outer(np.arange(T), 10000.0 ** (-np.arange(n) / n)))
        table = np.empty((T, D))
        table[:, 0::2], table[:, 1::2] = wave.imag, wave.real
    else:
        n = D // 4
        steps = np.arange(n) / (n if kind == "sincos-2d-mae" else max(n - 1, 1))
        f = np.exp(-np.log(10000) * steps)
        table = np.zeros((T, D))
        for i in range(rows * cols):
            r, c = i // cols, i % cols
            parts = [np.sin(c * f), np.cos(c * f), np.sin(r * f), np.cos(r * f)]
            table[T - rows * cols + i] = np.concatenate(parts)
    return x + table.astype(x.dtype), None


def sincos_positions_backward(dy, cache):
    return 1 * dy
