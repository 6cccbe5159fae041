"""Ops that keep something between their calls are found and told what it is; others are not."""

import numpy as np
import pytest

from minivit.checking import gradcheck
from minivit.checking.law import described
from minivit.checking.state import KEEPS, arrays_in

X = np.random.default_rng(0).standard_normal((2, 3))
Y = "the forward returns y in an array that the next call overwrites"
CACHE = "the cache holds an array that the next call overwrites"
GRADIENT = "the backward returns the gradient of x in an array that the next call overwrites"
BEHIND = "the backward uses what the last call left behind, and must take all from its cache"
FORWARD = "the forward gives another result after a call on other inputs"


def square(x):
    return x * x, x


def square_backward(dy, x):
    return 2 * x * dy


def y_in_one_array():
    buffer = np.empty_like(X)

    def forward(x):
        return np.multiply(x, x, out=buffer), x

    return forward, square_backward, [Y]


def y_in_a_view_of_one_array():
    buffer = np.empty(100)

    def forward(x):
        buffer[: x.size] = (x * x).ravel()
        return buffer[: x.size].reshape(x.shape), x

    return forward, square_backward, [Y]


def y_that_the_backward_overwrites():
    buffers = {}

    def forward(x):
        y = x * x
        return y, (x, y)

    def backward(dy, cache):
        x, y = cache
        buffers["y"] = y
        y[:] = 0
        return 2 * x * dy

    return forward, backward, [Y]


def y_and_cache_in_one_array():
    buffer = np.empty_like(X)

    def forward(x):
        y = np.exp(x, out=buffer)
        return y, y

    return forward, lambda dy, y: y * dy, [Y, CACHE]


def a_mask_in_one_array():
    mask = np.empty(X.shape, bool)

    def forward(x):
        np.greater(x, 0, out=mask)
        return x * mask, mask

    return forward, lambda dy, mask: dy * mask, [CACHE]


def a_cache_deep_inside():
    class Cache:
        def __init__(self, x):
            self.parts = {"x": [x]}

    buffer = np.empty_like(X)

    def forward(x):
        buffer[:] = x
        return x * x, Cache(buffer)

    return forward, lambda dy, cache: 2 * cache.parts["x"][0] * dy, [CACHE]


def a_closure_for_a_cache():
    buffer = np.empty_like(X)

    def forward(x):
        buffer[:] = x
        return x * x, lambda dy: 2 * buffer * dy

    return forward, lambda dy, cache: cache(dy), [CACHE]


def x_in_the_module():
    last = {}

    def forward(x):
        last["x"] = x
        return x * x, None

    return forward, lambda dy, cache: 2 * last["x"] * dy, [BEHIND]


def x_in_a_list():
    xs = []

    def forward(x):
        xs.append(x)
        return x * x, None

    return forward, lambda dy, cache: 2 * xs[-1] * dy, [BEHIND]


def a_factor_that_the_backward_leaves():
    state = {"factor": 2.0}

    def backward(dy, x):
        dx = state["factor"] * x * dy
        state["factor"] = 2.0 if np.array_equal(x, X) else 3.0
        return dx

    return square, backward, [BEHIND]


def a_gradient_in_one_array():
    buffer = np.empty_like(X)

    def backward(dy, x):
        return np.multiply(2 * x, dy, out=buffer)

    return square, backward, [GRADIENT]


def a_mean_of_the_call_before():
    state = {"mean": X.mean(), "before": X.mean()}

    def forward(x):
        y = x * x * state["mean"]
        state["mean"], factor = x.mean(), state["mean"]
        return y, (x, factor)

    return forward, lambda dy, cache: 2 * cache[0] * cache[1] * dy, [FORWARD]


FAULTY = [
    y_in_one_array,
    y_in_a_view_of_one_array,
    y_that_the_backward_overwrites,
    y_and_cache_in_one_array,
    a_mask_in_one_array,
    a_cache_deep_inside,
    a_closure_for_a_cache,
    x_in_the_module,
    x_in_a_list,
    a_factor_that_the_backward_leaves,
    a_gradient_in_one_array,
    a_mean_of_the_call_before,
]


@pytest.mark.parametrize("make", FAULTY)
def test_a_sentence_says_what_is_kept(make):
    forward, backward, sentences = make()
    report = gradcheck(forward, backward, X)
    assert not report.ok
    assert report.problems == [KEEPS + sentence for sentence in sentences]


@pytest.mark.parametrize("make", [make for make in FAULTY if make is not a_mean_of_the_call_before])
def test_a_right_gradient_does_not_get_the_blame(make):
    forward, backward, _ = make()
    assert gradcheck(forward, backward, X).rows[0].verdict == "excellent"


def test_two_gradients_in_arrays_that_are_kept():
    buffers = np.empty((2, *X.shape))

    def backward(dy, cache):
        x, w = cache
        buffers[0], buffers[1] = w * dy, x * dy
        return buffers[0], buffers[1]

    report = gradcheck(lambda x, w: (x * w, (x, w)), backward, X, X + 1)
    assert report.problems == [KEEPS + GRADIENT.replace("of x", "of x, w")]


def a_picky_decomposition(x):
    """L of x + x^T + 8 = L L^T: a forward that refuses numbers in any other order."""
    y = np.linalg.cholesky(np.tril(x) + np.tril(x, -1).T)
    return y, y


def its_backward(dy, y):
    """Murray 2016, equation 8."""
    inner = np.tril(y.T @ dy)
    inner[np.diag_indices(len(y))] /= 2
    inverse = np.linalg.inv(y)
    s = inverse.T @ (inner + inner.T) @ inverse
    return np.tril(s) - np.diag(np.diag(s)) / 2


def test_an_op_that_refuses_other_numbers():
    x = np.array([[4.0, 9.0, 9.0], [1.0, 5.0, 9.0], [-1.0, 2.0, 6.0]])
    assert gradcheck(a_picky_decomposition, its_backward, x).ok
    kept = {}

    def forward(x):
        kept["y"], _ = a_picky_decomposition(x)
        return kept["y"].copy(), None

    report = gradcheck(forward, lambda dy, _: its_backward(dy, kept["y"]), x)
    assert report.problems == [KEEPS + BEHIND]


@pytest.mark.parametrize(
    "forward, backward",
    [
        (lambda x: (np.log(x), x), lambda dy, x: dy / x),  # no shift makes a number negative
        (lambda x: (x, None), lambda dy, _: dy.copy()),  # x itself is y
        (lambda x: (x[::-1], x), lambda dy, x: dy[::-1].copy()),
        (lambda x: (np.float64(x.sum()), x), lambda dy, x: np.full_like(x, dy)),
        (lambda x: (x**2, {"x": x, "self": square}), lambda dy, cache: 2 * cache["x"] * dy),
        (lambda x: (x**2, np), lambda dy, cache: None),  # wrong, but keeps nothing
    ],
)
def test_nothing_is_said_of_an_op_that_keeps_nothing(forward, backward):
    assert gradcheck(forward, backward, np.abs(X) + 0.1).problems == []


def test_arrays_are_found_once_and_circles_end():
    circle = {"x": X}
    circle["itself"] = circle
    words = np.array(["a"])
    found = arrays_in((X, [X, circle], lambda: X, lambda: 0, np, np.ndarray, words, 1.0))
    assert [described(array) for array in found] == ["an array of shape (2, 3)"]
