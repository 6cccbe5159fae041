"""Muon's step on a matrix, the twin of `minivit.ops.muon`.

A matrix takes fifteen products, one after the other. NumPy's would wake the threads of a second
pool, a BLAS's, which then wait for processors where ours compute: a training step of the recipe
`fashion` took 166 ms instead of 98. To wake our own for products of 64 rows costs 20 ms. So small
matrices stay on one thread, in one compiled loop.
"""

from functools import partial

import numpy as np

from minivit.ops.muon import (
    COEFFICIENTS,
    ROUNDS,
    muon_factor,
    muon_updates,
    newton_schulz,
    orthogonalised,
)

from .attention_steps import FRESH, product
from .compiling import jit
from .matrix import ONE, ZERO, Matrix
from .product.matmul import matmul

SMALL = 128 * 512  # elements; of 192 x 768, two threads are faster


def muon_step(
    parameters,
    gradients,
    velocity,
    *,
    learning_rate,
    momentum=0.95,
    weight_decay=0.0,
    matrices=1,
    scale=1.0,
):
    """One step, in place: parameters and velocity change. See `minivit.ops.muon_step`."""
    updates = muon_updates(parameters, gradients, velocity, momentum, matrices, scale)
    parameters *= 1 - learning_rate * weight_decay
    for part, update in updates:
        iterated = newton_schulz_alone if update.size <= SMALL else newton_schulz_threaded
        part -= learning_rate * muon_factor(update) * orthogonalised(update, iterated)


newton_schulz_threaded = partial(newton_schulz, product=partial(matmul, exact=True))


def newton_schulz_alone(x):
    """`minivit.ops.muon.newton_schulz` on one thread; x itself changes, and is returned."""
    s, polynomial = np.empty((2, len(x), len(x)), x.dtype)
    _iterate(x, np.empty(x.shape[::-1], x.dtype), s, polynomial, np.empty_like(x))
    return x


@jit(counts=False, from_python=True)
def _iterate(x, turned, s, polynomial, moved):
    """x = a x + (b s + c s s) x, where s = x x^T, ROUNDS times; the others are its workplace."""
    (rows, columns), real = x.shape, x.dtype.type
    a, b, c = real(COEFFICIENTS[0]), real(COEFFICIENTS[1]), real(COEFFICIENTS[2])
    square, wide = (rows, rows, rows), (rows, columns, rows)
    for _ in range(ROUNDS):
        for i in range(rows):
            for j in range(columns):
                turned[j, i] = x[i, j]
        product(_whole(x), _whole(turned), _whole(s), (rows, rows, columns), FRESH)
        product(_whole(s), _whole(s), _whole(polynomial), square, FRESH)
        for i in range(rows):
            for j in range(rows):
                polynomial[i, j] = b * s[i, j] + c * polynomial[i, j]
        product(_whole(polynomial), _whole(x), _whole(moved), wide, FRESH)
        for i in range(rows):
            for j in range(columns):
                x[i, j] = a * x[i, j] + moved[i, j]


@jit(counts=False)
def _whole(x):
    """All of a contiguous array."""
    return Matrix(x.reshape(-1), ZERO, x.shape[1], ONE)
