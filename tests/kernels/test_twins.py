"""Every kernel against the op that defines it: values, gradients, layouts, NaN and infinity."""

import math

import numpy as np
import pytest
from numba import config

from minivit import kernels, ops

# Small, primes, and large enough for several chunks, panels and threads.
SIZES = [(1, 1, 1), (2, 3, 5), (3, 7, 11), (2, 17, 48), (2, 33, 17), (3, 67, 132)]
SIZES = SIZES[:4] if config.DISABLE_JIT else SIZES
DTYPES = [np.float32, np.float64]


def cases(B: int, T: int, n: int) -> dict:
    """{what: (op, shapes of its arrays or None, options)}; n numbers a head, and 2 heads."""
    D, M, heads = 2 * n, 3 * n + 1, (B, 2, T, n)
    x, attention, mlp = (
        (B, T, D),
        ((D, 3 * D), (3 * D,), (D, D), (D,)),
        ((D, M), (M,), (M, D), (D,)),
    )
    bare, labels = ((D, 3 * D), None, (D, D), None), np.arange(B) % n
    return {
        "linear": ("linear", (x, (D, M), (M,)), {}),
        "linear without bias": ("linear", (x, (D, M), None), {}),
        "softmax": ("softmax", (x,), {}),
        "gelu": ("gelu", (x,), {"form": "erf"}),
        "gelu by tanh": ("gelu", (x,), {"form": "tanh"}),
        "layernorm": ("layernorm", (x, (D,), (D,)), {"eps": 1e-3}),
        "attention": ("attention", (heads,) * 3, {}),
        "msa": ("multihead_attention", (x, *attention, x), {"heads": 2}),
        "msa, bare": ("multihead_attention", (x, *bare, None), {"heads": n}),
        "mlp": ("mlp", (x, *mlp, x), {"gelu": "erf"}),
        "mlp by tanh": ("mlp", (x, *mlp, None), {"gelu": "tanh"}),
        "mlp, bare": ("mlp", (x, (D, M), None, (M, D), None, x), {}),
        "embed": ("embed", (x, (D, M), (M,), (M,), (T + 1, M)), {}),
        "embed without positions": ("embed", (x, (D, M), (M,), (M,), None), {}),
        "embed without cls": ("embed", (x, (D, M), (M,), None, (T, M)), {}),
        "embed, bare": ("embed", (x, (D, M), None, None, None), {}),
        "head": ("head", (x, (D, n), (n,)), {"pool": "cls"}),
        "head of the mean": ("head", (x, (D, n), None), {"pool": "mean"}),
        "patchify": ("patchify", ((B, 2 * T, 3 * n, 3),), {"patch": (T, n)}),
        "cross_entropy": ("cross_entropy", ((B, n),), {"labels": labels, "smoothing": 0.1}),
    }  # fmt: skip


CASES = list(cases(1, 1, 1))


def drawn(shapes, dtype, seed=0) -> list:
    """Activations of variance 1, weights whose products have it, too; None stays None."""
    rng = np.random.default_rng(seed)
    fan_in = [1 if shape is None or len(shape) != 2 else shape[0] for shape in shapes]
    return [
        None if shape is None else (rng.standard_normal(shape) / math.sqrt(f)).astype(dtype)
        for shape, f in zip(shapes, fan_in, strict=True)
    ]


def run(module, name: str, inputs, options: dict, dy=None) -> list:
    """[y, gradients ...] of an op; dy is drawn where it is not given."""
    y, cache = getattr(module, f"{name}_forward")(*inputs, **options)
    if dy is None:
        dy = np.random.default_rng(1).standard_normal(y.shape)
    gradients = getattr(module, f"{name}_backward")(np.asarray(dy, y.dtype), cache)
    return [y, *(gradients if isinstance(gradients, tuple) else (gradients,))]


def assert_twins(results, expected, dtype, what=""):
    """Results in `dtype` against those in float64, relative to the largest number."""
    tolerance = 2e-5 if dtype == np.float32 else 2e-13
    for i, (got, right) in enumerate(zip(results, expected, strict=True)):
        assert (got is None) == (right is None), (what, i)
        if right is not None and right.size:
            assert got.dtype == dtype, (what, i)
            error = np.abs(got - right).max() / (np.abs(right).max() + 1e-2)
            assert error < tolerance, (what, i, error)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_same_values_and_gradients(case, dtype):
    for size in SIZES:
        name, shapes, options = cases(*size)[case]
        inputs = drawn(shapes, dtype)
        right = run(ops, name, [x if x is None else x.astype(float) for x in inputs], options)
        assert_twins(run(kernels, name, inputs, options), right, dtype, size)


def gaps(x):
    """The same numbers with NaN between them: every other one of a row."""
    wide = np.full((*x.shape[:-1], 2 * x.shape[-1]), np.nan, x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]


def backwards(x):
    """The same numbers, the first row last in memory."""
    return np.ascontiguousarray(x[::-1])[::-1]


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", [np.asfortranarray, gaps, backwards, read_only])
@pytest.mark.parametrize("case", CASES)
def test_layouts_do_not_matter(case, layout, dtype):
    """For each input alone, for all, and for dy."""
    name, shapes, options = cases(2, 5, 6)[case]
    inputs = drawn(shapes, dtype)
    right = run(ops, name, [x if x is None else x.astype(float) for x in inputs], options)
    dy = np.random.default_rng(1).standard_normal(right[0].shape).astype(dtype)
    present = [i for i, x in enumerate(inputs) if x is not None]
    for moved in [*([i] for i in present), present]:
        given = [layout(x) if i in moved else x for i, x in enumerate(inputs)]
        assert_twins(run(kernels, name, given, options, dy), right, dtype, moved)
    if dy.ndim:
        assert_twins(run(kernels, name, inputs, options, layout(dy)), right, dtype, "dy")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_an_empty_batch(case, dtype):
    if case == "cross_entropy":
        return  # no mean of nothing: ops and kernels both give NaN, and NumPy warns
    name, shapes, options = cases(2, 3, 4)[case]
    batched = {(0, *shapes[0][1:])}
    shapes = [(0, *s[1:]) if s and len(s) > 2 else s for s in shapes]
    inputs = drawn(shapes, dtype)
    y, *gradients = run(kernels, name, inputs, options)
    assert y.shape[0] == 0
    for x, gradient in zip(inputs, gradients, strict=True):
        assert (gradient is None) == (x is None)
        if x is not None:
            assert gradient.shape == x.shape
            assert x.shape in batched or not gradient.any()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, about what is not finite
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("case", CASES)
def test_what_is_not_finite_shows_where_it_does_in_numpy(case, bad, dtype):
    name, shapes, options = cases(2, 9, 11)[case]
    inputs = drawn(shapes, dtype)
    dy = np.random.default_rng(1).standard_normal(run(ops, name, inputs, options)[0].shape)
    places = [i for i, x in enumerate(inputs) if x is not None]
    for place in [*places, "dy"]:
        given = [x if x is None else x.copy() for x in inputs]
        upstream = np.array(dy)
        spoiled = upstream if place == "dy" else given[place]
        spoiled.reshape(-1)[spoiled.size // 2] = bad
        results = run(kernels, name, given, options, upstream)
        expected = run(ops, name, given, options, upstream)
        for i, (got, right) in enumerate(zip(results, expected, strict=True)):
            if right is not None:
                assert np.array_equal(np.isfinite(got), np.isfinite(right)), (place, i)
                if i == 0:  # sums of several infinities may be NaN in one order and not in another
                    assert np.array_equal(np.isnan(got), np.isnan(right)), place


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "case", ["softmax", "attention", "msa", "cross_entropy", "mlp", "layernorm"]
)
def test_numbers_of_ten_thousand(case, dtype):
    name, shapes, options = cases(2, 9, 11)[case]
    inputs = drawn(shapes, dtype)
    inputs[0] *= dtype(1e4)
    right = run(ops, name, [x if x is None else x.astype(float) for x in inputs], options)
    results = run(kernels, name, inputs, options)
    # A score of 1e4 is rounded by 1e-3 in float32, and its exponential by as much.
    if dtype == np.float64:
        for got, expected in zip(results, right, strict=True):
            if got is not None:
                assert np.abs(got - expected).max() <= 1e-8 * (np.abs(expected).max() + 1)
    assert all(np.isfinite(got).all() for got in results if got is not None)


@pytest.mark.parametrize("dtype", DTYPES)
def test_probabilities_are_there_for_whoever_asks(dtype):
    name, shapes, _ = cases(2, 35, 8)["attention"]
    q, k, v = drawn(shapes, dtype)
    _, cache = kernels.attention_forward(q, k, v)
    _, right = ops.attention_forward(*(x.astype(float) for x in (q, k, v)))
    assert_twins([cache.probs], [right.probs], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_layernorm_adds_what_comes_by_the_skip_connection(dtype):
    x, gamma, beta, dy, plus = drawn([(3, 7, 19), (19,), (19,), (3, 7, 19), (3, 7, 19)], dtype)
    results, expected = [], []
    for module, found, real in ((kernels, results, dtype), (ops, expected, float)):
        _, cache = module.layernorm_forward(*(a.astype(real) for a in (x, gamma, beta)))
        found += module.layernorm_backward(dy.astype(real), cache, plus=plus.astype(real))
        found += module.layernorm_backward(dy.astype(real), cache, plus=gaps(plus.astype(real)))
    assert_twins(results, expected, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", ["msa", "mlp"])
def test_a_gradient_that_is_not_wanted_changes_no_other(case, dtype):
    name, shapes, options = cases(2, 5, 6)[case]
    y, cache = getattr(kernels, f"{name}_forward")(*drawn(shapes, dtype), **options)
    dy, backward = np.ones_like(y), getattr(kernels, f"{name}_backward")
    *some, none = backward(dy, cache, want_dresidual=False)
    *all_but_one, dresidual = backward(dy, cache)
    assert none is None
    assert np.array_equal(dresidual, dy)
    assert all(map(np.array_equal, some, all_but_one))
