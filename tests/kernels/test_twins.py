"""Every kernel against the op that defines it: values, gradients, layouts, NaN and infinity."""

import sys

import numpy as np
import pytest
from numba import config
from numba.core.dispatcher import Dispatcher

from minivit import kernels, ops
from minivit.checking.calls import every_call
from minivit.checking.sizes import Sizes
from minivit.checking.twins import both_ways

# Small, primes, and large enough for several chunks, panels and threads.
SIZES = [(1, 1, 1), (2, 3, 5), (3, 7, 11), (2, 17, 48), (2, 33, 17), (3, 67, 132)]
SIZES = SIZES[:4] if config.DISABLE_JIT else SIZES
DTYPES = [np.float32, np.float64]
NAMES = list(every_call())
# (op, input that is not finite): the result that is not compared. 0 NaN is NaN, and of the zeros
# beside a map the op multiplies those beside x, convolution's kernel those beside dy as well, and
# the depthwise one none.
BESIDE_THE_MAP = {("convolution", 1): 1, ("depthwise_convolution", "dy"): 2}


def sized(B: int, T: int, n: int) -> Sizes:
    """n numbers a head, and 2 heads."""
    grid, channels = (2, (T + 1) // 2), 1 + n // 4
    return Sizes(B, T, H=2, K=n, M=3 * n + 1, C=n, P=1 + n % 3, grid=grid, channels=channels)


def drawn(name: str, *size: int, dtype) -> tuple:
    """A call of an op, and its inputs."""
    call = every_call(sized(*size))[name]
    return call, call.draw(np.random.default_rng(0), dtype)


def has_offset(call) -> bool:
    return any(array is not None and array.around for array in call.inputs)


def some_dy(call, inputs) -> np.ndarray:
    return np.array(np.random.default_rng(1).standard_normal(both_ways(ops, call, inputs)[0].shape))


def as_float64(inputs) -> list:
    return [x if x is None else x.astype(float) for x in inputs]


def assert_twins(results, expected, dtype, what="", offset=False):
    """Results in `dtype` against those in float64, relative to the largest number.

    With an offset in the inputs a digit more is lost: at -50, two numbers that differ by 1.
    """
    tolerance = (2e-5 if dtype == np.float32 else 2e-13) * (10 if offset else 1)
    for i, (got, right) in enumerate(zip(results, expected, strict=True)):
        assert (got is None) == (right is None), (what, i)
        if right is not None and right.size:
            assert got.dtype == dtype, (what, i)
            error = np.abs(got - right).max() / (np.abs(right).max() + 1e-2)
            assert error < tolerance, (what, i, error)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_same_values_and_gradients(name, dtype):
    for size in SIZES:
        call, inputs = drawn(name, *size, dtype=dtype)
        if has_offset(call) and size == (1, 1, 1):
            continue  # two numbers around -50: LayerNorm's dx is nothing but their rounding
        right = both_ways(ops, call, as_float64(inputs))
        assert_twins(both_ways(kernels, call, inputs), right, dtype, size, has_offset(call))


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
@pytest.mark.parametrize("name", NAMES)
def test_layouts_do_not_matter(name, layout, dtype):
    """For each input alone, for all, and for dy."""
    call, inputs = drawn(name, 2, 5, 6, dtype=dtype)
    dy = some_dy(call, inputs).astype(dtype)
    right = both_ways(ops, call, as_float64(inputs), dy.astype(float))
    present = [i for i, x in enumerate(inputs) if x is not None]
    for moved in [*([i] for i in present), present]:
        given = [layout(x) if i in moved else x for i, x in enumerate(inputs)]
        assert_twins(both_ways(kernels, call, given, dy), right, dtype, moved, has_offset(call))
    if dy.ndim:
        results = both_ways(kernels, call, inputs, layout(dy))
        assert_twins(results, right, dtype, "dy", has_offset(call))


def compiled_signatures() -> set:
    """Every kernel that is compiled, with the types that it is compiled for."""
    found = set()
    for module in list(sys.modules.values()):
        if module.__name__.startswith(f"{kernels.__name__}."):
            for kernel in vars(module).values():
                dispatcher = getattr(kernel, "compiled", kernel)
                if isinstance(dispatcher, Dispatcher):
                    found |= {(dispatcher.__name__, types) for types in dispatcher.signatures}
    return found


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled")
@pytest.mark.parametrize("name", NAMES)
def test_read_only_arrays_compile_nothing_anew(name):
    call, inputs = drawn(name, 2, 5, 6, dtype=np.float32)
    dy = some_dy(call, inputs).astype(np.float32)
    both_ways(kernels, call, inputs, dy)
    before = compiled_signatures()
    fixed = [None if x is None else read_only(x) for x in inputs]
    both_ways(kernels, call, fixed, read_only(dy))
    assert compiled_signatures() == before


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_an_empty_batch(name, dtype):
    if name.startswith(("cross_entropy", "mean_squared_error")):
        return  # no mean of nothing: ops and kernels both give NaN, and NumPy warns
    if name.startswith("weight_standardisation"):
        return  # filters are no batch
    call, inputs = drawn(name, 0, 3, 4, dtype=dtype)
    y, *gradients = both_ways(kernels, call, inputs)
    assert y.shape[0] == 0
    for x, gradient in zip(inputs, gradients, strict=False):
        assert (gradient is None) == (x is None)
        if x is not None:
            assert gradient.shape == x.shape
            assert not gradient.any()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, about what is not finite
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_finite_shows_where_it_does_in_numpy(name, bad, dtype):
    call, inputs = drawn(name, 2, 9, 11, dtype=dtype)
    dy = some_dy(call, inputs)
    places = [i for i, x in enumerate(inputs) if x is not None]
    for place in [*places, "dy"]:
        given = [x if x is None else x.copy() for x in inputs]
        upstream = np.array(dy)
        spoiled = upstream if place == "dy" else given[place]
        spoiled.reshape(-1)[spoiled.size // 2] = bad
        results = both_ways(kernels, call, given, upstream)
        expected = both_ways(ops, call, given, upstream)
        for i, (got, right) in enumerate(zip(results, expected, strict=True)):
            if right is not None and BESIDE_THE_MAP.get((call.op, place)) != i:
                assert np.array_equal(np.isfinite(got), np.isfinite(right)), (place, i)
                if i == 0:  # sums of several infinities may be NaN in one order and not in another
                    assert np.array_equal(np.isnan(got), np.isnan(right)), place


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "name", ["softmax", "attention", "multihead_attention", "cross_entropy", "mlp", "layernorm"]
)
def test_numbers_of_ten_thousand(name, dtype):
    call, inputs = drawn(name, 2, 9, 11, dtype=dtype)
    inputs[0] *= dtype(1e4)
    right = both_ways(ops, call, as_float64(inputs))
    results = both_ways(kernels, call, inputs)
    # A score of 1e4 is rounded by 1e-3 in float32, and its exponential by as much.
    if dtype == np.float64:
        for got, expected in zip(results, right, strict=True):
            if got is not None:
                assert np.abs(got - expected).max() <= 1e-8 * (np.abs(expected).max() + 1)
    assert all(np.isfinite(got).all() for got in results if got is not None)


@pytest.mark.parametrize("dtype", DTYPES)
def test_probabilities_are_there_for_whoever_asks(dtype):
    for name in (name for name in NAMES if name.split(":")[0] == "attention"):
        call, inputs = drawn(name, 2, 35, 8, dtype=dtype)
        _, cache = kernels.attention_forward(*inputs, **call.options)
        _, right = ops.attention_forward(*as_float64(inputs), **call.options)
        assert_twins([cache.probs], [right.probs], dtype, name)
