"""The eight outlines of `shapes`, as rules for which points lie inside.

A point (u, v) counts from the middle of a shape of radius 1, v downwards. The rules have only
+, -, * and comparisons: so they give the same answer, to the bit, on every machine.
"""

import numpy as np

# The five directions in which a star's rays point, 72 degrees apart; the first one is up.
RAYS = (
    (0.0, -1.0),
    (0.9510565162951535, -0.30901699437494745),
    (0.5877852522924731, 0.8090169943749475),
    (-0.5877852522924731, 0.8090169943749475),
    (-0.9510565162951535, -0.30901699437494745),
)
CROSSING = 0.30901699437494745  # how far from the middle the line across each ray runs
ROOT_3 = 1.7320508075688772


def circle(u, v):
    return u * u + v * v <= 0.9


def ring(u, v):
    square = u * u + v * v
    return (square <= 1) & (square >= 0.33)


def square(u, v):
    return (np.abs(u) <= 0.8) & (np.abs(v) <= 0.8)


def triangle(u, v):
    return (v <= 0.6) & (ROOT_3 * np.abs(u) <= v + 1)


def star(u, v):
    """Its middle lies behind all five lines, a ray behind all but its own."""
    behind = [right * u + down * v <= CROSSING for right, down in RAYS]
    return sum(side.astype(np.int8) for side in behind) >= 4


def cross(u, v):
    wide, narrow = 0.95, 0.3
    upright = (np.abs(u) <= narrow) & (np.abs(v) <= wide)
    return upright | ((np.abs(u) <= wide) & (np.abs(v) <= narrow))


def heart(u, v):
    """(x^2 + y^2 - 1)^3 <= x^2 y^3, y upwards, made smaller and moved up."""
    x, y = 1.2 * u, 0.15 - 1.2 * v
    inside = x * x + y * y - 1
    return inside * inside * inside <= x * x * y * y * y


def crescent(u, v):
    right = u - 0.45
    return (u * u + v * v <= 1) & (right * right + v * v >= 0.55)


OUTLINES = {
    "circle": circle,
    "ring": ring,
    "square": square,
    "triangle": triangle,
    "star": star,
    "cross": cross,
    "heart": heart,
    "crescent": crescent,
}
