"""Ops at points where differences are hard: kinks, edges of a domain, numbers tiny and huge.

Each has right backwards, which must pass, and wrong ones, which must be rejected at that point.
"""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minivit.checking import gradcheck


class Hard(NamedTuple):
    """y = f(x); `right` and `wrong` are gradients as functions of (dy, x)."""

    f: object
    x: object
    right: dict
    wrong: dict


def elementwise(f, x, slope, **wrong):
    """An op on each element alone: its slope, and slopes that are wrong."""
    return Hard(
        f,
        np.asarray(x, float),
        {"right": lambda dy, x: dy * slope(x)},
        {name: lambda dy, x, w=w: dy * w(x) for name, w in wrong.items()}
        | {"sign": lambda dy, x: -dy * slope(x), "off": lambda dy, x: 1.01 * dy * slope(x)},
    )


def only(slope, keys, place):
    """The slope with one element spoiled by a factor."""

    def spoiled(x):
        s = np.array(slope(x), float)
        s[place] *= keys
        return s

    return spoiled


def single(f):
    return lambda x: f(x.astype(np.float32)).astype(np.float64)


def one_over(x):
    return 1 / x


def root_slope(x):
    with np.errstate(divide="ignore"):
        return 0.5 / np.sqrt(x)


def logistic(x):
    return 0.5 * (1 + np.tanh(x / 2))


MIXED = [1e-3, 1.0, 1e4]
HARD = {
    "log of mixed sizes": elementwise(
        np.log, MIXED, one_over,
        small=only(one_over, 1.01, 0), middle=only(one_over, -1, 1), large=only(one_over, 0, 2),
    ),
    "log near 0": elementwise(np.log, [1e-7], one_over, zero=lambda x: 0 * x),
    "log from 1e-12 to 1e12": elementwise(
        np.log, [1e-12, 1e12, 1.0], one_over,
        small=only(one_over, 1.001, 0), large=only(one_over, -1, 1), middle=only(one_over, 1.1, 2),
    ),
    "root near 0": elementwise(np.sqrt, [1e-9, 4.0], root_slope, one=lambda x: 0.5 / x),
    "reciprocal": elementwise(
        one_over, [-1e-3, 1e-5, 50.0], lambda x: -1 / x**2, log=lambda x: -1 / np.abs(x)
    ),
    "cube at 0": elementwise(
        lambda x: x**3, [0.0, 1.0], lambda x: 3 * x**2, constant=lambda x: 3 * x**2 + 1e-3
    ),
    "cube at 0 alone": Hard(
        lambda x: x**3, np.zeros(2),
        {"right": lambda dy, x: 3 * x**2 * dy},
        {"one": lambda dy, x: dy + 0, "tiny": lambda dy, x: 1e-6 * dy},
    ),
    "softplus at large x": elementwise(
        lambda x: np.logaddexp(0, x), [-20.0, 0.0, 500.0], logistic,
        step=lambda x: (x > 0) * 1.0, small=only(logistic, 2, 0),
    ),
    "1e-8": elementwise(
        lambda x: 1e-8 * x, [1.0, -2.0], lambda x: 1e-8 + 0 * x, zero=np.zeros_like
    ),
    "1e-12": elementwise(
        lambda x: 1e-12 * np.sin(x), [1.0, -2.0], lambda x: 1e-12 * np.cos(x), zero=np.zeros_like
    ),
    "1e12": elementwise(
        lambda x: 1e12 * np.sin(x), [1.0, -2.0], lambda x: 1e12 * np.cos(x), zero=np.zeros_like
    ),
    "mixed scales": elementwise(
        lambda x: np.array([1e-4, 1.0, 1e4]) * x, [1e-3, 1.0, 1e3],
        lambda x: np.array([1e-4, 1.0, 1e4]) + 0 * x,
        small=lambda x: np.array([-1e-4, 1.0, 1e4]), none=lambda x: np.array([0.0, 1.0, 1e4]),
        middle=lambda x: np.array([1e-4, 0.0, 1e4]),
    ),
    "whole numbers": elementwise(
        lambda x: x * x, [[3, 1], [2, -5]], lambda x: 2 * x, one=lambda x: x
    ),
    "a scalar": elementwise(np.exp, 0.5, np.exp, one=np.ones_like),
    "nothing": Hard(np.exp, np.zeros((0, 3)), {"right": lambda dy, x: dy * np.exp(x)}, {}),
    "all the same": elementwise(np.tanh, np.full(4, 0.3), lambda x: 1 / np.cosh(x) ** 2),
    "far from 0": elementwise(
        lambda x: (x - 1e6) ** 2, [1e6 + 1, 1e6 - 2], lambda x: 2 * (x - 1e6),
        half=lambda x: x - 1e6,
    ),
    "arcsine near its edge": elementwise(
        np.arcsin, [1 - 1e-8, -1 + 1e-6, 0.0], lambda x: 1 / np.sqrt((1 - x) * (1 + x)),
        edge=only(lambda x: 1 / np.sqrt((1 - x) * (1 + x)), 1.02, 0),
    ),
    "power 1.5 at its edge": elementwise(
        lambda x: x**1.5, [0.0, 4.0], lambda x: 1.5 * np.sqrt(x), constant=lambda x: 1.5 + 0 * x
    ),
    "float32 inside": elementwise(
        single(np.sin), [0.3, -1.0, 2.5], lambda x: np.cos(x), zero=np.zeros_like, sine=np.sin
    ),
    "float32 inside, whole numbers": elementwise(
        single(np.square), [3, 1, -2], lambda x: 2 * x, half=lambda x: x
    ),
    "relu at 0": Hard(
        lambda x: np.maximum(x, 0), np.array([0.0, 1.0, -2.0, 0.0]),
        {
            "0": lambda dy, x: dy * (x > 0), "1": lambda dy, x: dy * (x >= 0),
            "half": lambda dy, x: dy * (np.sign(x) + 1) / 2,
        },
        {
            "2 there": lambda dy, x: dy * np.where(x == 0, 2, x > 0),
            "-1 there": lambda dy, x: dy * np.where(x == 0, -1, x > 0),
            "below": lambda dy, x: dy * (x <= 0), "all": lambda dy, x: dy + 0,
        },
    ),
    "relu close to 0": elementwise(
        lambda x: np.maximum(x, 0), [1e-9, -1e-9, 1.0, -1.0], lambda x: (x > 0) * 1.0,
        half=lambda x: np.where(abs(x) < 1e-6, 0.5, x > 0), other=lambda x: (x > -1e-6) * 1.0,
    ),
    "abs at 0": Hard(
        np.abs, np.array([0.0, 1.0, -2.0]),
        {"0": lambda dy, x: dy * np.sign(x), "1": lambda dy, x: dy * np.where(x < 0, -1, 1)},
        {"2 there": lambda dy, x: dy * np.where(x == 0, 2, np.sign(x)),
         "one side": lambda dy, x: dy * (x > 0)},
    ),
    "clip at its ends": Hard(
        lambda x: np.clip(x, -1, 1), np.array([-1.0, 1.0, 0.5, 3.0]),
        {"open": lambda dy, x: dy * (abs(x) < 1), "closed": lambda dy, x: dy * (abs(x) <= 1)},
        {"none": lambda dy, x: 0 * dy + 1e-9, "twice": lambda dy, x: dy * (abs(x) <= 1) * 2,
         "ignored": lambda dy, x: dy + 0},
    ),
    "max with ties": Hard(
        lambda x: x.max(axis=-1), np.array([[2.0, 2.0, 1.0], [0.0, 3.0, 3.0]]),
        {
            "first": lambda dy, x: dy[:, None] * np.eye(3)[x.argmax(-1)],
            "shared": lambda dy, x: dy[:, None] * share(x),
        },
        {
            "not the largest": lambda dy, x: dy[:, None] * np.eye(3)[x.argmin(-1)],
            "all": lambda dy, x: dy[:, None] * np.ones(x.shape),
        },
    ),
    "leaky relu at 0": Hard(
        lambda x: np.where(x > 0, x, 0.1 * x), np.array([0.0, 2.0, -1.0]),
        {"right": lambda dy, x: dy * np.where(x > 0, 1, 0.1)},
        {"0": lambda dy, x: dy * np.where(x > 0, 1, np.where(x < 0, 0.1, 0))},
    ),
    "a relu of two signs": Hard(
        lambda x: np.stack([np.maximum(x, 0), np.maximum(-x, 0)]), np.array([0.0, 1.0, -1.0]),
        {"0": lambda dy, x: dy[0] * (x > 0) - dy[1] * (x < 0)},
        {"sign": lambda dy, x: dy[0] * (x > 0) + dy[1] * (x < 0)},
    ),
    "root at 0": Hard(
        np.sqrt, np.array([0.0, 4.0]),
        {"infinite": lambda dy, x: dy * root_slope(x),
         "masked": lambda dy, x: dy * np.where(x > 0, root_slope(x + (x == 0)), 0)},
        {"sign": lambda dy, x: -dy * root_slope(x),
         "nan": lambda dy, x: dy * np.array([np.nan, 0.25])},
    ),
    "floor at whole numbers": Hard(
        np.floor, np.array([1.0, 2.5]), {"0": lambda dy, x: 0 * dy},
        {"straight through": lambda dy, x: dy + 0},
    ),
}  # fmt: skip


def share(x):
    best = x == x.max(axis=-1, keepdims=True)
    return best / best.sum(axis=-1, keepdims=True)


def check(name, gradient, seed=0):
    hard = HARD[name]

    def forward(x):
        return np.array(hard.f(x)), x

    def backward(dy, x):
        return np.asarray(gradient(dy, x))

    return gradcheck(forward, backward, hard.x, seed=seed)


RIGHT = [(name, which) for name, hard in HARD.items() for which in hard.right]
WRONG = [(name, which) for name, hard in HARD.items() for which in hard.wrong]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("name", "which"), RIGHT)
def test_right(name, which, seed):
    report = check(name, HARD[name].right[which], seed)
    assert report.ok, f"\n{report}"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("name", "which"), WRONG)
def test_wrong(name, which, seed):
    report = check(name, HARD[name].wrong[which], seed)
    assert not report.ok, f"\n{report}"
    assert "should be nan" not in str(report)


@given(
    exponents=st.lists(st.integers(-8, 8), min_size=1, max_size=5),
    power=st.sampled_from([-2, -1, 0.5, 1, 2, 3]),
    size=st.integers(-12, 12),
    spoiled=st.integers(0, 4),
    factor=st.sampled_from([-1, 0, 0.99, 1.01, 2]),
    seed=st.integers(0, 99),
)
def test_powers_of_all_sizes(exponents, power, size, spoiled, factor, seed):
    """c x^p: each element may be of another size, and so may the gradient as a whole."""
    place = spoiled % len(exponents)
    rng = np.random.default_rng(seed)
    x = 10.0 ** np.array(exponents) * rng.uniform(1, 5, len(exponents))
    c = 10.0**size
    # Ordered, so that y spans no more than what two floats in one sum can hold apart.
    x = x if np.ptp(power * np.log10(x)) < 6 else x / x * rng.uniform(1, 5, x.size)

    def forward(x):
        return c * x**power, x

    def right(dy, x):
        return dy * c * power * x ** (power - 1)

    def wrong(dy, x):
        dx = right(dy, x)
        dx[place] *= factor
        return dx

    report = gradcheck(forward, right, x, seed=seed)
    assert report.ok, f"\n{report}"
    assert not gradcheck(forward, wrong, x, seed=seed).ok
