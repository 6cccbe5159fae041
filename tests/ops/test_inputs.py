"""Every op on both backends, given arrays as people have them: the right result, or a sentence."""

import numpy as np
import pytest

from minivit import InputError
from minivit.checking.calls import every_call
from minivit.checking.sizes import Sizes
from minivit.checking.twins import both_ways
from minivit.ops.inputs import reals, upstream

SIZES = Sizes(B=4, T=6, H=2, K=4, M=16)
CALLS = every_call(SIZES)
COMPUTE = [name for name, call in CALLS.items() if call.op != "patchify"]  # that moves any numbers
# A mean of nothing is no number, and weights alone have no batch.
OF_NO_BATCH = {"cross_entropy", "mean_squared_error", "weight_standardisation"}
NONE = {n: c for n, c in every_call(SIZES._replace(B=0)).items() if c.op not in OF_NO_BATCH}


def drawn(call, dtype="float32", seed=0):
    return call.draw(np.random.default_rng(seed), dtype)


def every(change, inputs):
    return [x if x is None else change(x) for x in inputs]


def assert_same(found, expected, rtol=0.0):
    for one, other in zip(found, expected, strict=True):
        assert (one is None) == (other is None)
        if other is not None:
            assert one.dtype == other.dtype and one.dtype.isnative
            np.testing.assert_allclose(one, other, rtol=rtol, atol=10 * rtol)


@pytest.mark.parametrize("name", CALLS)
def test_bytes_in_another_order(ops, name):
    call, dtype = CALLS[name], np.dtype("float32")
    turned = dtype.newbyteorder()
    inputs = drawn(call)
    y, *_ = expected = both_ways(ops, call, inputs)
    assert_same(both_ways(ops, call, every(lambda x: x.astype(turned), inputs)), expected)
    dy = np.ones_like(y)
    expected = both_ways(ops, call, inputs, dy)
    assert_same(both_ways(ops, call, inputs, dy.astype(turned)), expected)


@pytest.mark.parametrize("name", CALLS)
def test_lists_are_numbers_of_float64(ops, name):
    call = CALLS[name]
    inputs = drawn(call, "float64")
    dy = np.ones_like(both_ways(ops, call, inputs)[0])
    expected = both_ways(ops, call, inputs, dy)
    assert_same(both_ways(ops, call, every(np.ndarray.tolist, inputs), dy.tolist()), expected)


@pytest.mark.parametrize("name", CALLS)
def test_columns_first(ops, name):
    call = CALLS[name]
    inputs = drawn(call, "float64")
    expected = both_ways(ops, call, inputs)
    assert_same(both_ways(ops, call, every(np.asfortranarray, inputs)), expected, rtol=1e-12)


@pytest.mark.parametrize("name", CALLS)
def test_the_first_input_chooses_the_dtype(ops, name):
    """Of y and of every gradient, whatever the parameters and dy come in."""
    call = CALLS[name]
    first, *others = drawn(call)
    dy = np.ones_like(both_ways(ops, call, [first, *others])[0])
    expected = both_ways(ops, call, [first, *others], dy)
    wide = every(lambda x: x.astype("float64"), others)
    assert_same(both_ways(ops, call, [first, *wide], dy.astype("float64")), expected)
    assert {g.dtype for g in expected if g is not None} == {np.dtype("float32")}


@pytest.mark.parametrize("dtype", ["float16", "int64", "uint8", "bool", "longdouble", "U3", "O"])
@pytest.mark.parametrize("name", COMPUTE)
def test_what_leaves_the_dtype_open_is_refused(ops, name, dtype):
    call = CALLS[name]
    first, *others = drawn(call)
    if np.dtype(dtype) == np.float64:
        pytest.skip("a long double is a double here")
    with pytest.raises(InputError, match="an op computes in float32 or float64; convert it"):
        getattr(ops, f"{call.op}_forward")(first.astype(dtype), *others, **call.options)


@pytest.mark.parametrize("name", COMPUTE)
def test_numbers_that_are_not_real(ops, name):
    call = CALLS[name]
    forward, backward = (getattr(ops, f"{call.op}_{way}") for way in ("forward", "backward"))
    first, *others = drawn(call)
    if any(x is not None for x in others):
        with pytest.raises(InputError, match="expected real numbers"):
            forward(first, *every(lambda x: x.astype(complex), others), **call.options)
    y, cache = forward(first, *others, **call.options)
    with pytest.raises(InputError, match=r"the upstream gradient is complex128: expected real"):
        backward(np.ones(y.shape, complex), cache)


@pytest.mark.parametrize("name", NONE)
def test_a_batch_of_no_images(ops, name):
    y, dx, *gradients = both_ways(ops, NONE[name], drawn(NONE[name]))
    assert (len(y), len(dx)) == (0, 0)
    assert not any(g.any() for g in gradients if g is not None)


def test_the_mean_over_no_images(ops):
    with pytest.raises(InputError, match=r"logits have shape \(0, 3\): .* at least one image"):
        ops.cross_entropy_forward(np.ones((0, 3)), labels=[])


def test_whole_numbers_are_only_moved(ops):
    images = np.arange(16).reshape(1, 4, 4, 1)
    for dtype in ("int16", ">i4", "uint8", "bool"):
        patches, cache = ops.patchify_forward(images.astype(dtype), patch=2)
        assert patches.dtype == np.dtype(dtype).newbyteorder("=")
        assert ops.patchify_backward(np.ones(patches.shape), cache).dtype == np.float64
    for dtype in ("float16", "U2"):
        with pytest.raises(InputError, match="images is"):
            ops.patchify_forward(images.astype(dtype), patch=2)


def test_adam_says_what_it_cannot_change(ops):
    def vectors():
        return [np.ones(10, np.float32) for _ in range(4)]

    readonly = np.ones(10, np.float32)
    readonly.flags.writeable = False
    apart, whole = np.ones(20, np.float32)[::2], np.ones(10, int)
    wrong = np.ones(10), np.ones(9, np.float32), readonly, apart, whole, [1.0] * 10
    for place in (0, 2, 3):
        for given in wrong:
            given = [*vectors()[:place], given, *vectors()[place + 1 :]]
            with pytest.raises(InputError, match="flat vector"):
                ops.adam_step(*given, step=1, learning_rate=0.1)
    for gradients in (np.ones(1, np.float32), np.ones((10, 1)), 1.0):
        p, _, m, v = vectors()
        with pytest.raises(InputError, match="gradients have the shape"):
            ops.adam_step(p, gradients, m, v, step=1, learning_rate=0.1)
        assert (p == 1).all()


def test_sgd_says_what_it_cannot_change(ops):
    def vectors():
        return [np.ones(10, np.float32) for _ in range(3)]

    readonly = np.ones(10, np.float32)
    readonly.flags.writeable = False
    apart = np.ones(20, np.float32)[::2]
    for place in (0, 2):
        for given in (np.ones(10), np.ones(9, np.float32), readonly, apart, [1.0] * 10):
            given = [*vectors()[:place], given, *vectors()[place + 1 :]]
            with pytest.raises(InputError, match="flat vector"):
                ops.sgd_step(*given, learning_rate=0.1)
    p, _, v = vectors()
    with pytest.raises(InputError, match="gradients have the shape"):
        ops.sgd_step(p, np.ones((10, 1)), v, learning_rate=0.1)
    assert (p == 1).all() and (v == 1).all()


def test_gradients_for_adam_and_the_norm_are_read_like_others(ops):
    found = []
    for gradients in (np.ones(4, np.float32), np.ones(4, ">f8"), [1, 1, 1, 1], np.ones(8)[::2]):
        p, m, v = (np.ones(4, np.float32) for _ in range(3))
        ops.adam_step(p, gradients, m, v, step=1, learning_rate=0.1)
        found.append(p)
        assert ops.global_norm(gradients) == 2.0
    assert all(np.array_equal(p, found[0]) for p in found)
    assert ops.global_norm(np.ones((2, 2))) == 2.0


def test_what_is_right_is_not_copied():
    x, w = np.ones(3, np.float32), np.ones(2, np.float32)
    assert all(a is b for a, b in zip(reals(x=x, w=w, b=None), (x, w, None), strict=True))
    assert upstream(x, w.dtype) is x


def test_lists_of_unequal_lengths(ops):
    with pytest.raises(InputError, match="x is no array of numbers"):
        ops.softmax_forward([[1.0, 2.0], [3.0]])
    with pytest.raises(InputError, match="x is object"):
        ops.linear_forward(None, np.ones((2, 3)))
