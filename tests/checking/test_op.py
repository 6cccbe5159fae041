import numpy as np
import pytest

from minivit import InputError, ops
from minivit.checking import gradcheck

rng = np.random.default_rng(0)
X = rng.standard_normal((2, 3))


def square_forward(x):
    return x * x, x


def square_backward(dy, x):
    return 2 * x * dy


def test_a_students_op():
    report = gradcheck(square_forward, square_backward, X)
    assert report.ok
    assert [row.tensor for row in report.rows] == ["x"]
    assert report.rows[0].shape == (2, 3)
    assert report.title == "gradient check of square"


def test_works_in_float64_whatever_it_is_given():
    seen = set()

    def forward(x, w):
        seen.update((x.dtype, w.dtype))
        return x * w, (x, w)

    def backward(dy, cache):
        return dy * cache[1], dy * cache[0]

    assert gradcheck(forward, backward, X.astype(np.float32), [[1, 2, 3], [4, 5, 6]]).ok
    assert seen == {np.dtype(np.float64)}


def test_leaves_what_it_is_given_alone():
    x = X.copy()
    gradcheck(square_forward, square_backward, x)
    assert np.array_equal(x, X)


def test_optional_inputs_that_are_left_out_must_get_none():
    x, w = X, rng.standard_normal((3, 4))
    report = gradcheck(ops.linear_forward, ops.linear_backward, x, w)
    assert report.ok
    assert [(row.tensor, row.shape) for row in report.rows] == [
        ("x", (2, 3)),
        ("w", (3, 4)),
        ("b", None),
    ]

    def with_a_gradient(dy, cache):
        dx, dw, _ = ops.linear_backward(dy, cache)
        return dx, dw, dy.sum(axis=0)

    report = gradcheck(ops.linear_forward, with_a_gradient, x, w)
    assert not report.ok
    assert report.rows[2].note == (
        "it is an array of shape (4,): expected None, for an input that is None"
    )


def test_an_option_of_another_kind_is_no_input():
    def forward(x, power=2):
        return x**power, (x, power)

    def backward(dy, cache):
        x, power = cache
        return dy * power * x ** (power - 1)

    assert gradcheck(forward, backward, X).ok
    assert gradcheck(forward, backward, X, options={"power": 3}).ok
    assert not gradcheck(lambda x: (x**3, (x, 2)), backward, X).ok


def test_any_number_of_inputs():
    def forward(*parts):
        return sum(parts), len(parts)

    def backward(dy, n):
        return tuple(dy.copy() for _ in range(n))

    report = gradcheck(forward, backward, X, X, X)
    assert report.ok
    assert [row.tensor for row in report.rows] == ["parts[0]", "parts[1]", "parts[2]"]


def test_dropout_draws_the_same_mask_again():
    def forward(x, *, generator):
        mask = generator.random(x.shape) < 0.5
        return x * mask * 2, mask

    def backward(dy, mask):
        return dy * mask * 2

    assert gradcheck(forward, backward, X, options={"generator": np.random.default_rng(0)}).ok


def test_a_forward_that_draws_in_secret_is_found_out():
    secret = np.random.default_rng(0)

    def forward(x):
        mask = secret.random(x.shape) < 0.5
        return x * mask, mask

    report = gradcheck(forward, lambda dy, mask: dy * mask, X)
    assert not report.ok
    assert "gives another result every time" in str(report)


@pytest.mark.parametrize(
    ("forward", "sentence"),
    [
        (lambda x: x * x, "the forward returned an array of shape (2, 3): expected a pair"),
        (lambda x: (x, x, x), "the forward returned a tuple of 3: expected a pair"),
        (lambda x: None, "the forward returned None"),
        (lambda x: ((x * x).astype(int), x), "y of dtype int64: expected floats"),
        (lambda x: ((x * x).astype(np.float32), x), "returned dtype float32 for float64 inputs"),
        (lambda x: (x * x * np.inf, x), "the forward returned NaN or infinity"),
    ],
)
def test_a_forward_against_the_law(forward, sentence):
    report = gradcheck(forward, square_backward, X)
    assert not report.ok
    assert sentence in str(report)


def test_a_forward_that_writes_into_its_input():
    def forward(x):
        x *= 2
        return x * x, x

    report = gradcheck(forward, lambda dy, x: 4 * x * dy, X)
    assert report.problems == ["the forward writes into its input x"]
    assert report.rows[0].verdict != "wrong"  # its gradient is right, for what it computes


@pytest.mark.parametrize(
    ("backward", "sentence"),
    [
        (lambda dy, x: (2 * x * dy,), "returned a tuple of 1: expected the bare gradient of x"),
        (lambda dy, x: (dy, dy), "returned a tuple of 2: expected the bare gradient of x"),
        (lambda dy, x: None, "it is None, expected an array"),
        (lambda dy, x: 3.0, "it is a float, expected an array"),
        (lambda dy, x: (2 * x * dy).T, "it has shape (3, 2), expected (2, 3)"),
        (lambda dy, x: dy, "it shares memory with dy"),
        (lambda dy, x: dy[::-1], "it shares memory with dy"),
        (lambda dy, x: 0 * dy, "the gradient is 0 everywhere"),
    ],
)
def test_a_backward_against_the_law(backward, sentence):
    report = gradcheck(square_forward, backward, X)
    assert not report.ok
    assert sentence in str(report)


@pytest.mark.parametrize(
    ("inputs", "options", "sentence"),
    [
        ((), {}, "can't be called with these inputs: missing a required argument: 'x'"),
        ((X, X), {}, "too many positional arguments"),
        ((X,), {"eps": 1}, "unexpected keyword argument 'eps'"),
        ((None,), {}, "there is no input to check"),
        ((np.array([1, np.nan]),), {}, "input 'x' holds NaN or infinity"),
        (("text",), {}, "input 'x' is a str of dtype <U4"),
        ((X * 1j,), {}, "needs real numbers; pass what has no gradient in options"),
    ],
)
def test_refuses_inputs(inputs, options, sentence):
    with pytest.raises(InputError, match=sentence):
        gradcheck(square_forward, square_backward, *inputs, options=options)


def test_complex_steps_see_what_differences_do_not():
    """A gradient that is off by a few millionths is right, but not to 1e-8."""

    def nearly(dy, x):
        return 2 * x * dy * (1 + 5e-6)

    assert gradcheck(square_forward, nearly, X).ok
    assert not gradcheck(square_forward, nearly, X, complex_step=True).ok
    exact = gradcheck(square_forward, square_backward, X, complex_step=True)
    assert exact.ok
    assert exact.worst < 1e-14


@pytest.mark.parametrize("forward", [ops.gelu_forward, lambda x: (x.real**2, x)])
def test_complex_steps_ask_for_a_forward_that_takes_them(forward):
    with pytest.raises(InputError, match="does not take complex numbers"):
        gradcheck(
            forward,
            ops.gelu_backward if forward is ops.gelu_forward else square_backward,
            X,
            complex_step=True,
        )


def test_the_seed_decides():
    one, same, other = (gradcheck(square_forward, square_backward, X, seed=s) for s in (1, 1, 2))
    assert one.rows == same.rows
    assert one.rows != other.rows


@pytest.mark.parametrize("seed", [0, 3])
def test_dy_is_not_x_where_both_come_from_one_seed(seed):
    """With dy = x, a backward that takes one for the other would pass."""
    x = np.random.default_rng(seed).standard_normal((2, 3))
    assert not gradcheck(square_forward, lambda dy, x: 2 * x * x, x, seed=seed).ok
    assert not gradcheck(square_forward, lambda dy, x: 2 * dy * dy, x, seed=seed).ok


def test_the_tolerance_can_be_chosen():
    def off(dy, x):
        return 2 * x * dy * 1.01

    assert not gradcheck(square_forward, off, X).ok
    assert gradcheck(square_forward, off, X, tolerance=0.1).ok


def test_a_shorter_step_is_tried_before_the_verdict():
    """A LayerNorm bends sharply where a row hardly varies; its backward is right even there."""
    x = np.array([[0.5, 0.5 + 1e-4, 0.5 - 1e-4], [-3.0, 0.0, 4.0]])
    report = gradcheck(ops.layernorm_forward, ops.layernorm_backward, x, np.ones(3), np.ones(3))
    assert report.ok


def test_scalars_and_nothing():
    assert gradcheck(square_forward, square_backward, 3.0).rows[0].shape == ()
    assert gradcheck(square_forward, square_backward, np.zeros((0, 3))).ok


def test_any_error_of_an_op_is_its_own():
    """In a row of the table: what it was, and in which line of the op's file."""

    def forward(x):
        return x * x, {"x": x}

    def backward(dy, cache):
        return 2 * cache["X"] * dy

    report = gradcheck(forward, backward, X)
    (row,) = report.rows
    line = backward.__code__.co_firstlineno + 1
    assert (row.tensor, row.verdict) == ("backward", "wrong")
    assert row.note == f"it raised KeyError: 'X' ({__file__}, line {line})"
    assert row.note in str(report)

    report = gradcheck(lambda x: np.linalg.cholesky(x), backward, X)
    assert report.rows[0].tensor == "forward"
    assert "it raised LinAlgError: " in report.rows[0].note


def test_what_is_not_written_yet_is_no_verdict():
    def open_exercise(*arguments):
        raise NotImplementedError("exercise 6.2: heads")

    for forward, backward in ((open_exercise, None), (lambda x: (x, None), open_exercise)):
        with pytest.raises(NotImplementedError, match=r"exercise 6\.2: heads"):
            gradcheck(forward, backward, X)


def test_a_backward_that_uses_its_cache_up():
    report = gradcheck(lambda x: (x * x, {"x": x}), lambda dy, cache: 2 * cache.pop("x") * dy, X)
    assert len(report.problems) == 1
    assert "can't be called twice, it spoils its cache (it raised KeyError" in report.problems[0]


def test_a_forward_that_raises_outside_its_domain():
    def forward(x):
        if (x < 0).any():
            raise ValueError("x is negative")
        return np.sqrt(x), x

    x = np.array([1e-9, 0.25, 4.0])
    assert gradcheck(forward, lambda dy, x: 0.5 * dy / np.sqrt(x), x).ok
    assert not gradcheck(forward, lambda dy, x: 0.51 * dy / np.sqrt(x), x).ok


def test_a_forward_that_takes_nothing_beside_its_inputs():
    def forward(x):
        if not np.array_equal(x, X) and abs(x - X).max() > 0:
            raise ValueError("never seen")
        return x * x, x

    report = gradcheck(forward, square_backward, X)
    assert "it can't be checked at [0, 0]: no step from here stays inside" in report.rows[0].note


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("x", [X, 3.0])
def test_an_ignored_dy_is_no_factor(x, seed):
    """Two draws of dy tell them apart: what depends on the seed is no factor."""
    x = np.asarray(x)
    for factor in (7, -1, 1.01):
        report = gradcheck(
            square_forward, lambda dy, x, f=factor: np.asarray(f * 2 * x * dy), x, seed=seed
        )
        words = "has the wrong sign" if factor == -1 else f"is {factor} times the right one"
        assert report.rows[0].note == f"the gradient {words}"
    report = gradcheck(square_forward, lambda dy, x: np.asarray(2 * x), x, seed=seed)
    assert "the gradient is the same for every dy" in report.rows[0].note
    report = gradcheck(square_forward, lambda dy, x: np.asarray(2 * x * dy**2), x, seed=seed)
    assert "and should be" in report.rows[0].note


def test_a_true_zero_is_right():
    """The bias of the keys: it moves all scores of a row alike, and the softmax sees nothing."""

    def forward(b, q, k):
        probs, cache = ops.softmax_forward(q @ (k + b).T)
        return probs, (cache, q, k + b)

    def backward(dy, cache):
        cache, q, k = cache
        dscores = ops.softmax_backward(dy, cache)
        dk = dscores.T @ q
        return dk.sum(axis=0), dscores @ k, dk

    b, (q, k) = rng.standard_normal(3), rng.standard_normal((2, 5, 3))
    for scale in (1e-6, 1, 30):
        assert gradcheck(forward, backward, b, scale * q, k).ok
    wrong = lambda dy, cache: (backward(dy, cache)[0] + 1e-7, *backward(dy, cache)[1:])  # noqa: E731
    report = gradcheck(forward, wrong, b, q, k)
    assert [row.verdict == "wrong" for row in report.rows] == [True, False, False]


def test_a_kink_is_said():
    forward, x = lambda x: (np.maximum(x, 0), x), np.array([[0.0, 1.0], [-1.0, 0.0]])
    report = gradcheck(forward, lambda dy, x: dy * (x > 0), x)
    assert report.rows[0].verdict == "excellent"
    assert report.rows[0].note == ("not differentiable here: the slope jumps at [0, 0] and 1 more")
    report = gradcheck(forward, lambda dy, x: dy * np.where(x == 0, -1, x > 0), x)
    assert "should lie between" in report.rows[0].note
    assert report.rows[0].absolute_error > 0.1  # how far it lies outside
    assert "the slope jumps" in report.rows[0].note


def test_float32_inside_is_said():
    def forward(x):
        return np.sin(x.astype(np.float32)).astype(np.float64), x

    for backward, ok in ((np.cos, True), (np.sin, False)):
        report = gradcheck(forward, lambda dy, x, f=backward: dy * f(x), X)
        assert report.ok is ok
        assert "it seems to calculate in float32 inside" in report.remarks[0]
    assert gradcheck(lambda x: (np.sin(x), x), lambda dy, x: -dy * np.cos(x), X).remarks == []
