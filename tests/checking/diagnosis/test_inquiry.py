"""What `gradcheck` says of wrong backwards, of an op of minivit and of one it does not know."""

import numpy as np
import pytest

from minivit import ops
from minivit.checking import gradcheck
from minivit.checking.diagnosis.inquiry import of_one

rng = np.random.default_rng(0)
X, GAMMA, BETA = rng.standard_normal((4, 5, 6)), rng.standard_normal(6), rng.standard_normal(6)
TRUE = rng.standard_normal((3, 3))
RIGHT = ops.layernorm_backward


def mean(x):
    return x.mean(axis=-1, keepdims=True)


def without(dy, cache, centred=True, along=True):
    x_hat, rstd, gamma = cache
    g = dy * gamma
    dx = rstd * (g - centred * mean(g) - along * x_hat * mean(g * x_hat))
    return dx, *RIGHT(dy, cache)[1:]


def first_image(dy, cache):
    only = np.zeros_like(dy)
    only[0] = dy[0]
    return (RIGHT(dy, cache)[0], *RIGHT(only, cache)[1:])


def causes(backward, forward=ops.layernorm_forward):
    report = gradcheck(forward, backward, X, GAMMA, BETA)
    return {row.tensor: row.cause.name for row in report.rows if row.cause}


@pytest.mark.parametrize(
    ("backward", "expected"),
    [
        (lambda dy, c: without(dy, c, centred=False),
         {"x": "layernorm-mean-correction-forgotten"}),
        (lambda dy, c: without(dy, c, along=False),
         {"x": "layernorm-variance-correction-forgotten"}),
        (lambda dy, c: (-RIGHT(dy, c)[0], *RIGHT(dy, c)[1:]), {"x": "wrong-sign"}),
        (lambda dy, c: (RIGHT(dy, c)[0], *RIGHT(dy, c)[:0:-1]),
         {"gamma": "layernorm-gamma-gradient-without-x-hat", "beta": "other-inputs-gradient"}),
        (lambda dy, c: (RIGHT(dy, c)[0], 0 * GAMMA, dy),
         {"gamma": "all-zero", "beta": "not-summed"}),
        (first_image, {"gamma": "first-image-only", "beta": "first-image-only"}),
        (lambda dy, c: (*RIGHT(dy, c)[:2], np.ones(6)), {"beta": "upstream-ignored"}),
        (lambda dy, c: (*RIGHT(dy, c)[:2], dy.copy()), {"beta": "not-summed"}),
    ],
)  # fmt: skip
def test_an_op_of_minivit(backward, expected):
    assert causes(backward) == expected


def test_the_ops_own_backward_is_not_asked(monkeypatch):
    """Whoever breaks minivit/ops/layernorm.py breaks what the right gradients would come from."""
    broken = lambda dy, cache: without(dy, cache, along=False)  # noqa: E731
    monkeypatch.setattr(ops, "layernorm_backward", broken)
    assert causes(broken) == {"x": "layernorm-variance-correction-forgotten"}


def own(name):
    """A LayerNorm by hand, with a cache and names of its own."""

    def forward(rows, scale, shift):
        std = np.sqrt(rows.var(axis=-1, keepdims=True) + 1e-6)
        return (rows - mean(rows)) / std * scale + shift, {"r": rows, "std": std, "scale": scale}

    def backward(dy, cache):
        x_hat = (cache["r"] - mean(cache["r"])) / cache["std"]
        g = dy * cache["scale"]
        dx = (g - x_hat * mean(g * x_hat)) / cache["std"]
        return dx, (dy * x_hat).sum(axis=(0, 1)), dy.sum(axis=(0, 1))

    forward.__name__ = name
    return forward, backward


def test_a_function_that_is_named_as_an_op_and_gives_the_same_y():
    forward, backward = own("layernorm_forward")
    assert causes(backward, forward) == {"rows": "layernorm-mean-correction-forgotten"}


def test_a_function_that_leaves_out_an_input_of_the_op():
    x, w = X[0], rng.standard_normal((6, 2))
    forward = lambda x, w: (x @ w, (x, w))  # noqa: E731
    forward.__name__ = "linear_forward"
    report = gradcheck(forward, lambda dy, c: (dy @ c[1].T, c[0].T @ dy / 5), x, w)
    assert report.rows[1].cause.name == "linear-averaged-over-rows"
    report = gradcheck(forward, lambda dy, c: (dy @ c[1].T, c[0][:1].T @ dy[:1]), x, w)
    assert report.rows[1].cause.name == "first-image-only"


def test_a_wrong_shape_may_be_a_mistake_of_the_op():
    """That a head pools is forgotten: its dx is that of the pooled vector."""
    w, b = rng.standard_normal((6, 3)), rng.standard_normal(3)
    right = ops.head_backward
    wrong = lambda dy, c: (dy @ w.T, *right(dy, c)[1:])  # noqa: E731
    report = gradcheck(ops.head_forward, wrong, X, w, b, options={"pool": "mean"})
    assert report.rows[0].note == "it has shape (4, 6), expected (4, 5, 6)"
    assert report.rows[0].cause.name == "head-pooling-forgotten-in-the-backward"


def test_a_function_that_minivit_does_not_know():
    forward, backward = own("my_norm")
    report = gradcheck(forward, backward, X, GAMMA, BETA)
    assert report.rows[0].cause is None
    assert "and should be" in report.rows[0].note


def test_a_function_with_the_name_of_an_op_and_another_y():
    forward = lambda x, gamma, beta: (x * gamma + beta, (x, gamma))  # noqa: E731
    forward.__name__ = "layernorm_forward"
    backward = lambda dy, c: (-dy * c[1], (dy * c[0]).sum(axis=(0, 1)), dy.sum(axis=(0, 1)))  # noqa: E731
    assert causes(backward, forward) == {"x": "wrong-sign"}


def test_causes_are_looked_for_only_where_something_is_wrong(monkeypatch):
    from minivit.checking.diagnosis import inquiry

    monkeypatch.setattr(inquiry, "Inquiry", None)
    assert gradcheck(ops.layernorm_forward, RIGHT, X, GAMMA, BETA).ok


def test_the_report_tells_identifier_hint_and_derivation():
    backward = lambda dy, c: without(dy, c, along=False)  # noqa: E731
    report = gradcheck(ops.layernorm_forward, backward, X, GAMMA, BETA)
    assert "  x: layernorm-variance-correction-forgotten\n    It breaks:  dx = rstd" in str(report)
    cause = report.to_dict()["rows"][0]["cause"]
    assert set(cause) == {"identifier", "sentence", "hint", "derivation"}
    assert report.rows[0].note == cause["sentence"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (-TRUE, "wrong-sign"),
        (TRUE / 7, "constant-factor"),
        (0 * TRUE, "all-zero"),
        (TRUE.T, "transposed"),
        (np.where(TRUE > 0, np.nan, TRUE), "no-numbers"),
        (TRUE + np.eye(3), None),
    ],
)
def test_one_gradient_alone(given, name):
    found = of_one(given, TRUE)
    assert (found and found.name) == name


def test_one_number_has_no_factor():
    assert of_one(np.array([2.0]), np.array([-1.0])) is None
    assert of_one(np.array(2.0), np.array(-2.0)).name == "wrong-sign"
    assert of_one(np.array([0.5, 1.0]), np.zeros(2)) is None
