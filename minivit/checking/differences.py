"""Derivatives without any calculus: move one number a little and look at what happens.

central differences:  d f / d x_i  =  (f(x + h e_i) - f(x - h e_i)) / 2h  +  O(h^2)
complex step:         d f / d x_i  =  Im f(x + i h e_i) / h               +  O(h^2)

The second has no difference in it, so nothing cancels and h may be 1e-20; it needs a forward that
takes complex numbers (Squire and Trapp 1998).
"""

from collections.abc import Callable, Iterable

import numpy as np

STEP = 1e-5  # times the scale of the data
COMPLEX_STEP = 1e-20


def data_scale(x: np.ndarray, least: float = 1e-2) -> float:
    """How far x spreads: the length that a step along x must be small against.

    The mean does not count: numbers around -50 may differ by 0.01, and a LayerNorm looks at nothing
    else. Never below `least`, since a step of almost 0 leaves only rounding errors.
    """
    if not x.size:
        return least
    largest, spread = float(np.abs(x).max()), float(x.std())
    if spread <= 1e-12 * largest:  # all the same number
        return max(largest, least)
    return max(spread, 1e-4 * largest, least)


def central_gradient(
    forward: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    dy: np.ndarray | float,
    step: float,
    indices: Iterable[tuple[int, ...]] | None = None,
) -> np.ndarray:
    """Gradient of sum(dy forward(x)): x (...) -> (...), or (n,) for n chosen `indices`."""
    chosen = list(np.ndindex(x.shape)) if indices is None else list(indices)
    gradient = np.empty(len(chosen))
    for n, index in enumerate(chosen):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        # Subtract before summing: what x_i does not touch then drops out exactly. And divide by
        # the step that was really made, after rounding.
        change = dy * (forward(up) - forward(down))
        gradient[n] = change.sum() / (up[index] - down[index])
    return gradient.reshape(x.shape) if indices is None else gradient


def central_slope(
    forward: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    dy: np.ndarray | float,
    step: float,
    direction: np.ndarray,
) -> float:
    """How fast sum(dy forward(x)) grows along a unit direction: the gradient's part along it."""
    change = dy * (forward(x + step * direction) - forward(x - step * direction))
    return float(change.sum() / (2 * step))


def complex_gradient(
    forward: Callable[[np.ndarray], np.ndarray], x: np.ndarray, dy: np.ndarray
) -> np.ndarray:
    """Gradient of sum(dy forward(x)) by complex steps: x (...) -> (...)."""
    gradient = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        moved = x.astype(np.complex128)
        moved[index] += 1j * COMPLEX_STEP
        gradient[index] = (dy * np.imag(forward(moved))).sum() / COMPLEX_STEP
    return gradient
