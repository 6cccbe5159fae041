"""Muon: a matrix steps by its momentum, of which all singular values are brought near 1.

    v = mu v + g,   u = g + mu v                     (momentum, with Nesterov's look ahead)
    U S V^T = u,    o = about U V^T                  (by Newton and Schulz's iteration)
    w = w - lr (0.2 sqrt(max(rows, columns)) o + wd w)

So no direction of the input or the output is left behind because its gradient is small. Five rounds
of x = a x + (b x x^T + c (x x^T)^2) x bring every singular value of x that isn't tiny (0.002 of the
norm, say) to between 0.68 and 1.21: near enough, for matrix products alone. The factor makes the
step's typical element as large as one of AdamW's, 0.2 lr, so that both take the same rates.

(Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks", with its
coefficients; the factor and the decoupled decay: Liu et al. 2025, "Muon is scalable for LLM
training", equation 4.)
"""

import math
from collections.abc import Callable

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import changed_in_place

COEFFICIENTS = 3.4445, -4.7750, 2.0315
ROUNDS = 5
LIKE_ADAMW = 0.2  # the root mean square of AdamW's steps, as a part of the learning rate


def muon_step(
    parameters: np.ndarray,
    gradients: np.ndarray,
    velocity: np.ndarray,
    *,
    learning_rate: float,
    momentum: float = 0.95,
    weight_decay: float = 0.0,
    matrices: int = 1,
    scale: float = 1.0,
) -> None:
    """One step, in place, on a matrix (rows, columns): parameters and velocity change.

    `matrices`: how many lie side by side in it, each of which steps by itself, as q, k and v in
    w_qkv (D, 3HK). `scale` multiplies the gradients first (what clipping by the global norm asks
    for).

    Raises InputError for arrays of unlike shapes or dtypes, or that can't be changed in place, and
    for columns that can't be shared out among the matrices.
    """
    updates = muon_updates(parameters, gradients, velocity, momentum, matrices, scale)
    parameters *= 1 - learning_rate * weight_decay
    for part, update in updates:
        part -= learning_rate * muon_factor(update) * orthogonalised(update)


def muon_updates(
    parameters: np.ndarray,
    gradients: np.ndarray,
    velocity: np.ndarray,
    momentum: float,
    matrices: int,
    scale: float,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each matrix's part of the parameters, a view, and its u; the velocity changes."""
    gradients = changed_in_place(gradients, axes=2, parameters=parameters, velocity=velocity)
    columns = parameters.shape[1]
    if matrices < 1 or columns % matrices:
        raise InputError(f"{columns} columns can't be shared out among {matrices} matrices")
    g = gradients * scale
    velocity *= momentum
    velocity += g
    update = g + momentum * velocity
    return [
        (parameters[:, i : i + columns // matrices], update[:, i : i + columns // matrices])
        for i in range(0, columns, columns // matrices)
    ]


def muon_factor(update: np.ndarray) -> float:
    """0.2 sqrt(max(rows, columns)): with it a step is as large as AdamW's."""
    return LIKE_ADAMW * math.sqrt(max(update.shape))


def newton_schulz(x: np.ndarray, product: Callable = np.matmul) -> np.ndarray:
    """ROUNDS times x = a x + (b s + c s s) x, where s = x x^T: (rows, columns) -> the same.

    An odd polynomial of x, which acts on the singular values alone.
    """
    a, b, c = COEFFICIENTS
    for _ in range(ROUNDS):
        s = product(x, x.T)
        x = a * x + product(b * s + c * product(s, s), x)
    return x


def orthogonalised(matrix: np.ndarray, iterated: Callable = newton_schulz) -> np.ndarray:
    """(rows, columns) -> the same, with singular values near 1 in place of its own; 0 stays 0.

    x = matrix / |matrix|, whose singular values are at most 1, is `iterated`. A tall matrix is
    transposed: x x^T is then as small as can be.
    """
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = np.array(matrix.T if is_tall else matrix, order="C")
    x /= np.sqrt(np.square(x).sum()) + x.dtype.type(1e-7)  # a gradient of 0 stays 0
    x = iterated(x)
    return x.T if is_tall else x
