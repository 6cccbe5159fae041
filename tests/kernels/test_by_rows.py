"""Branches some rows at a time: against the ops and the general way, and the rules that choose."""

import numba
import numpy as np
import pytest

from minivit import backend, kernels, ops
from minivit.chosen import keeping_nothing, made_of_weights, weights_stay
from minivit.kernels import attention_branch, mlp_branch
from minivit.kernels.by_rows import attention as by_rows_attention
from minivit.kernels.by_rows import choice, cut, space
from minivit.kernels.by_rows import mlp as by_rows_mlp
from minivit.kernels.product import packing
from minivit.kernels.product.bf16 import gradient
from minivit.kernels.product.bf16 import packing as packing_bf16
from minivit.kernels.product.bf16.instructions import instruction
from minivit.kernels.simd import lanes
from minivit.ops.attention import PLAIN, AttentionOptions
from minivit.ops.chance import BranchDrop, Drop

SMALL = numba.config.DISABLE_JIT  # Python's loops are slow: a few sizes will do
DTYPES = [np.float32, np.float64]
# B, T, D, M: one row, one piece, rows that fill no tile, more pieces than threads
SIZES = [(1, 1, 3, 5), (3, 11, 5, 7)]
SIZES += [] if SMALL else [(10, 30, 20, 33), (64, 17, 64, 256), (33, 50, 16, 48)]
needs_lanes = pytest.mark.skipif(lanes(np.float32) != 16, reason="one head per lane takes AVX-512")


@pytest.fixture
def small_pieces(monkeypatch):
    """Many pieces, each of several times some rows, whatever the sizes are."""
    monkeypatch.setattr(cut, "LEAST", 4)
    for module in (by_rows_mlp, by_rows_attention):
        monkeypatch.setattr(module, "AT_ONCE_BACKWARD", 256)
        monkeypatch.setattr(module, "AT_ONCE_FORWARD", 512)
    clear_caches()
    yield
    clear_caches()


def clear_caches():
    cut.cut.cache_clear()
    by_rows_attention._groups.cache_clear()


@pytest.fixture
def threads():
    """Sets the thread count, and puts the former back."""
    former = numba.get_num_threads()
    yield numba.set_num_threads
    numba.set_num_threads(former)


def drawn(dtype, *shapes):
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) / max(1, len(shape) - 1) for shape in shapes]
    return [array.astype(dtype) for array in arrays]


def of_mlp(dtype, B, T, D, M):
    """x, gamma, beta, w1, b1, w2, b2, and dy."""
    shapes = (B, T, D), (D,), (D,), (D, M), (M,), (M, D), (D,), (B, T, D)
    *inputs, dy = drawn(dtype, *shapes)
    return inputs, dy


def of_attention(dtype, B, T, D):
    """x, gamma, beta, w_qkv, b_qkv, w_out, b_out, and dy."""
    shapes = (B, T, D), (D,), (D,), (D, 3 * D), (3 * D,), (D, D), (D,), (B, T, D)
    *inputs, dy = drawn(dtype, *shapes)
    inputs[3], inputs[5] = inputs[3] / dtype(D**0.5), inputs[5] / dtype(D**0.5)
    return inputs, dy


def both_ways(module, name, inputs, dy, **options):
    y, cache = getattr(module, f"{name}_forward")(*inputs, **options)
    return [y, *getattr(module, f"{name}_backward")(dy, cache)]


def check(name, dtype, inputs, dy, **options):
    """y and all gradients, as the ops have them in float64."""
    got = both_ways(kernels, name, inputs, dy, **options)
    exact = [None if x is None else x.astype(float) for x in inputs]
    for i, (x, right) in enumerate(
        zip(got, both_ways(ops, name, exact, dy.astype(float), **options), strict=True)
    ):
        assert (x is None) == (right is None), i
        if x is not None:
            assert x.dtype == dtype and x.shape == right.shape
            error = np.abs(x - right).max() / np.abs(right).max().clip(1)
            assert error < (1e-5 if dtype == np.float32 else 1e-12), (i, error)


def general(*_, **__):
    """Nothing is done by rows."""
    return False


def way(inputs):
    """How the gradients of the branch's weights are made, where a block of rows stays together."""
    return choice.way_of_gradients(inputs[3], packing_bf16.BLOCK)


def without(inputs, *names):
    """The inputs without these biases."""
    places = {"first": 4, "second": 6}
    return [None if i in [places[n] for n in names] else x for i, x in enumerate(inputs)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", ["erf", "tanh"])
@pytest.mark.parametrize("size", SIZES)
def test_the_mlp_branch_is_the_op(small_pieces, size, form, dtype):
    inputs, dy = of_mlp(dtype, *size)
    assert choice.mlp_by_rows(inputs[0], inputs[3])
    for absent in [(), ("first",), ("second",), ("first", "second")]:
        check("mlp_branch", dtype, without(inputs, *absent), dy, gelu=form)


@needs_lanes
@pytest.mark.parametrize(
    ("B", "T", "D", "heads"), [(32, 5, 16, 4), (131, 3, 16, 2), (33, 17, 64, 4), (9, 50, 128, 16)]
)
def test_the_attention_branch_is_the_op(small_pieces, B, T, D, heads):
    """A group of heads may not be full, and a piece may have one group or several."""
    inputs, dy = of_attention(np.float32, B, T, D)
    assert choice.attention_by_rows(inputs[0], inputs[3], inputs[5], None, heads, PLAIN)
    for absent in [(), ("first",), ("second",)]:
        check("attention_branch", np.float32, without(inputs, *absent), dy, heads=heads)


IMAGES = [(9, 5, 6, 2)]  # B, T, D, heads: of one image a group, in chunks of queries
IMAGES += [] if SMALL else [(8, 1, 3, 3), (13, 70, 24, 3), (8, 65, 48, 1), (10, 130, 20, 5)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("B", "T", "D", "heads"), IMAGES)
def test_the_attention_branch_is_the_op_image_by_image(small_pieces, B, T, D, heads, dtype):
    inputs, dy = of_attention(dtype, B, T, D)
    assert choice.attention_by_rows(inputs[0], inputs[3], inputs[5], None, heads, PLAIN)
    for absent in [(), ("first",), ("second",), ("first", "second")]:
        check("attention_branch", dtype, without(inputs, *absent), dy, heads=heads)


@pytest.mark.parametrize(
    ("name", "options"), [("mlp", {}), ("attention", {"heads": 4}), ("attention", {"heads": 1})]
)
def test_what_is_kept_serves_the_general_way_and_the_other_way_round(monkeypatch, name, options):
    inputs, dy = of_mlp(np.float32, 40, 7, 16, 48) if name == "mlp" else of_attention(
        np.float32, 40, 7, 64)  # fmt: skip
    module = {"mlp": mlp_branch, "attention": attention_branch}[name]
    forward, backward = (getattr(module, f"{name}_branch_{way}") for way in ("forward", "backward"))
    results, by_rows = [], getattr(module, f"{name}_by_rows")
    for first in (True, False):
        for then in (True, False):
            monkeypatch.setattr(module, f"{name}_by_rows", by_rows if first else general)
            y, cache = forward(*inputs, **options)
            monkeypatch.setattr(module, f"{name}_by_rows", by_rows if then else general)
            results.append([y, *backward(dy, cache)])
    for result in results[1:]:
        for got, wanted in zip(result, results[0], strict=True):
            if wanted is not None:
                assert np.abs(got - wanted).max() <= 2e-5 * np.abs(wanted).max().clip(1)


@pytest.fixture
def later(monkeypatch):
    """However small weights are, they are packed before, and their gradients come afterwards."""
    for name in ("SUMMED", "SUMMED_BF16"):
        monkeypatch.setattr(choice, name, 0)
    monkeypatch.setattr(space, "PACKED_BEFORE", 0)
    clear_caches()
    yield
    clear_caches()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", SIZES)
def test_gradients_of_the_mlp_that_come_later_are_the_op_s(small_pieces, later, size, dtype):
    inputs, dy = of_mlp(dtype, *size)
    assert choice.mlp_by_rows(inputs[0], inputs[3]) and way(inputs) == cut.WRITTEN
    for absent in [(), ("first",), ("second",), ("first", "second")]:
        check("mlp_branch", dtype, without(inputs, *absent), dy)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("B", "T", "D", "heads"), [*IMAGES, (35, 17, 64, 4)])
def test_gradients_of_attention_that_come_later_are_the_op_s(
    small_pieces, later, B, T, D, heads, dtype
):
    """In chunks of queries; the last in lanes, where the processor has them."""
    inputs, dy = of_attention(dtype, B, T, D)
    assert choice.attention_by_rows(inputs[0], inputs[3], inputs[5], None, heads, PLAIN)
    assert way(inputs) == cut.WRITTEN
    for absent in [(), ("first",), ("second",), ("first", "second")]:
        check("attention_branch", dtype, without(inputs, *absent), dy, heads=heads)


def precisions():
    return ["float32"] if instruction() is None else ["float32", "bf16"]


@pytest.mark.parametrize("precision", precisions())
@pytest.mark.parametrize("name", ["mlp", "attention"])
def test_gradients_that_come_later_are_those_of_the_pieces(monkeypatch, name, precision):
    inputs, dy = of_mlp(np.float32, 8, 130, 48, 96) if name == "mlp" else of_attention(
        np.float32, 8, 130, 48)  # fmt: skip
    options, results = {} if name == "mlp" else {"heads": 3}, []
    with backend.use("numba", precision=precision):
        for summed in (1 << 20, 0):
            monkeypatch.setattr(choice, "SUMMED", summed)
            monkeypatch.setattr(choice, "SUMMED_BF16", summed)
            assert choice.mlp_by_rows(inputs[0], inputs[3])
            assert (way(inputs) == cut.ADDED_UP) == (summed > 0)
            results.append(both_ways(kernels, f"{name}_branch", inputs, dy, **options))
    error = 1e-5 if precision == "float32" else 4e-3
    for of_pieces, afterwards in zip(*results, strict=True):
        if of_pieces is not None:
            assert np.abs(of_pieces - afterwards).max() < error * np.abs(of_pieces).max().clip(1)


# Rows that fill no block, one block's, several pieces'; some chunks along k, and two of columns.
MLPS = [(1, 5, 40, 70), (1, 32, 33, 64), (5, 65, 48, 96), (2, 1030, 40, 64), (9, 130, 24, 1100)]
# B, T, D, heads; pieces, and so many rows at once: images as long as a block; odd numbers of rows,
# one image at once, or 3 and then 2; in lanes, in chunks of queries and in bf16.
ATTENTIONS = [
    (8, 32, 24, 3, 64, 32), (9, 65, 48, 3, 64, 65), (9, 65, 48, 3, 2, 195),
    (130, 51, 6, 3, 64, 51), (35, 34, 64, 4, 64, 34), (8, 131, 60, 2, 2, 262),
]  # fmt: skip
PACKED = [("mlp", *size, 64, 8) for size in MLPS] + [("attention", *case) for case in ATTENTIONS]


@pytest.mark.skipif(SMALL or instruction() is None, reason="compiled, by an instruction for it")
@pytest.mark.parametrize(("name", "B", "T", "D", "n", "pieces", "down"), PACKED)
def test_operands_packed_where_they_are_made_give_the_same(
    small_pieces, later, monkeypatch, threads, name, B, T, D, n, pieces, down
):
    """The same bits as a product that packs them, but for sums of columns, and where a row of zeros
    makes other pairs; for any number of threads; and nothing is written past their room."""
    inputs, dy = of_mlp(np.float32, B, T, D, n) if name == "mlp" else of_attention(
        np.float32, B, T, D)  # fmt: skip
    options = {} if name == "mlp" else {"heads": n}
    module = by_rows_mlp if name == "mlp" else by_rows_attention
    monkeypatch.setattr(module, "MANY", pieces)
    monkeypatch.setattr(module, "AT_ONCE_BACKWARD", down * (n if name == "mlp" else 3 * D))
    name, fences, whole = f"{name}_branch", [], []
    same = (0, 1, 4, 6) if T % 2 == 0 or name == "mlp_branch" else (0, 1)  # y, dx, dw first, second

    def fenced(count, dtype):
        fences.append(np.full(count + 200, np.nan, dtype))
        begin = 100 + -fences[-1][100:].ctypes.data % 64 // 4
        whole.append((begin, begin + count))
        return fences[-1][begin : begin + count]

    with backend.use("numba", precision="bf16"):
        of_attention_too = choice.attention_by_rows(inputs[0], inputs[3], inputs[5], None, n, PLAIN)
        assert choice.mlp_by_rows(inputs[0], inputs[3]) and way(inputs) == cut.PACKED
        assert of_attention_too or name == "mlp_branch"
        with monkeypatch.context() as patched:
            patched.setattr(module, "way_of_gradients", lambda *_: cut.WRITTEN)
            products = both_ways(kernels, name, inputs, dy, **options)
        monkeypatch.setattr(gradient, "aligned", fenced)
        found = []
        for count in (1, 2, 3):
            threads(min(count, numba.config.NUMBA_NUM_THREADS))
            found.append(both_ways(kernels, name, inputs, dy, **options)[:8])
        for absent, place in (("first", 5), ("second", 7)):
            got = both_ways(kernels, name, without(inputs, absent), dy, **options)[:8]
            assert [x is None for x in got] == [i == place for i in range(8)]
    for i, (got, right) in enumerate(zip(found[0], products[:8], strict=True)):
        if i in same:
            assert np.array_equal(got, right), i
        assert np.abs(got - right).max() <= 1e-5 * np.abs(right).max().clip(1), i
    for again in found[1:]:
        assert all(map(np.array_equal, found[0], again))
    assert len(fences) == 20  # two operands of two gradients, five times
    for numbers, (begin, end) in zip(fences, whole, strict=True):
        assert np.isnan(numbers[:begin]).all() and np.isnan(numbers[end:]).all()


@pytest.mark.skipif(SMALL or instruction() is None, reason="compiled, by an instruction for it")
def test_rectangles_of_packed_operands_may_be_empty(later, monkeypatch):
    """24 panels of dw1, for 11 threads 3 each: nothing is left for the last three."""
    inputs, dy = of_mlp(np.float32, 2, 33, 32, 768)
    parts_of, cuts = gradient.parts_of, []

    def of_eleven(batch, rows, columns, threads, tile):
        cuts.append(parts_of(batch, rows, columns, 11, tile))
        return cuts[-1]

    with backend.use("numba", precision="bf16"):
        right = both_ways(kernels, "mlp_branch", inputs, dy)
        monkeypatch.setattr(gradient, "parts_of", of_eleven)
        assert all(map(np.array_equal, both_ways(kernels, "mlp_branch", inputs, dy), right))
    assert cuts[0].count == cuts[0].across == 11 and 10 * cuts[0].wide > 768


@pytest.mark.parametrize("precision", ["float64", *precisions()])
def test_weights_that_were_packed_before_give_the_same(monkeypatch, precision):
    """Also their transposes, in a backward; and while weights stay. The largest take several chunks
    of k, and of columns."""
    dtype = np.float64 if precision == "float64" else np.float32
    cases = [("mlp", of_mlp(dtype, 8, 17, 33, 70), {})]
    cases += [("attention", of_attention(dtype, 8, 60, 48), {"heads": 3})]
    cases += [] if SMALL else [("mlp", of_mlp(dtype, 2, 17, 384, 1536), {})]
    with backend.use("numba", precision="bf16" if precision == "bf16" else "float32"):
        for name, (inputs, dy), options in cases:
            found = []
            for most in (1 << 30, 0):
                monkeypatch.setattr(space, "PACKED_BEFORE", most)
                found.append(both_ways(kernels, f"{name}_branch", inputs, dy, **options))
            monkeypatch.undo()
            with weights_stay():
                for _ in range(2):
                    found.append(both_ways(kernels, f"{name}_branch", inputs, dy, **options))
                assert len(made_of_weights()) == 4  # two weights, and their transposes
            for again in found[1:]:
                assert all(map(np.array_equal, found[0], again))


@needs_lanes
def test_the_probabilities_can_be_seen():
    inputs, _ = of_attention(np.float32, 40, 7, 16)
    _, cache = kernels.attention_branch_forward(*inputs, heads=4)
    _, of_op = ops.attention_branch_forward(*inputs, heads=4)
    assert np.abs(cache.msa.attention.probs - of_op.msa.probs).max() < 1e-6


@pytest.mark.skipif(SMALL, reason="one thread runs it all")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("comes", ["with the rows", "later"])
def test_the_same_bits_for_any_number_of_threads(request, dtype, comes, threads):
    """Also of dgamma and dbeta."""
    if comes == "later":
        request.getfixturevalue("later")
    cases = [("mlp_branch", of_mlp(dtype, 64, 17, 20, 80), {})]
    for tokens, heads in ((17, 4), (60, 3)):
        inputs = of_attention(dtype, 64, tokens, 16 * heads)
        cases.append(("attention_branch", inputs, {"heads": heads}))
    for name, (inputs, dy), options in cases:
        first = both_ways(kernels, name, inputs, dy, **options)
        for count in range(1, min(5, numba.config.NUMBA_NUM_THREADS) + 1):
            threads(count)
            again = both_ways(kernels, name, inputs, dy, **options)
            assert all(map(np.array_equal, first, again))


def test_inference_keeps_nothing_and_gives_the_same():
    inputs, _ = of_mlp(np.float32, 8, 17, 16, 48)
    y, _ = kernels.mlp_branch_forward(*inputs)
    with keeping_nothing():
        alone, cache = kernels.mlp_branch_forward(*inputs)
    assert cache.mlp.z is None and np.abs(alone - y).max() < 1e-6
    inputs, _ = of_attention(np.float32, 40, 7, 16)
    y, _ = kernels.attention_branch_forward(*inputs, heads=4)
    with keeping_nothing():
        alone, _ = kernels.attention_branch_forward(*inputs, heads=4)
    assert np.array_equal(alone, y)


@pytest.mark.skipif(instruction() is None, reason="no instruction multiplies bfloat16 here")
def test_bf16_rounds_as_the_op_does():
    with backend.use("numba", precision="bf16"):
        cases = [("mlp_branch", of_mlp(np.float32, 64, 17, 20, 80), {})]
        for heads, tokens in ((4, 17), (3, 17), (3, 200)):  # the last in bf16 itself
            inputs = of_attention(np.float32, 40 if tokens < 50 else 8, tokens, 16 * heads)
            cases.append(("attention_branch", inputs, {"heads": heads}))
        for name, (inputs, dy), options in cases:
            got = both_ways(kernels, name, inputs, dy, **options)
            for x, right in zip(got, both_ways(ops, name, inputs, dy, **options), strict=True):
                if right is not None:
                    assert np.abs(x - right).max() < 4e-3 * np.abs(right).max().clip(1)


def test_the_rules():
    x, wide = np.zeros((64, 17, 64), np.float32), np.zeros((8, 50, 768), np.float32)
    assert choice.mlp_by_rows(x, np.zeros((64, 256)))
    assert choice.mlp_by_rows(wide[..., :384], np.zeros((384, 1536)))
    assert not choice.mlp_by_rows(wide, np.zeros((768, 3072)))
    assert not choice.mlp_by_rows(x[:0], np.zeros((64, 256)))
    w_qkv, w_out = np.zeros((64, 192), np.float32), np.zeros((64, 64), np.float32)
    fits = lanes(np.float32) == 16
    assert choice.attention_by_rows(x, w_qkv, w_out, None, 4, PLAIN)
    large = np.zeros((768, 2304), np.float32), np.zeros((768, 768), np.float32)
    assert not choice.attention_by_rows(wide, *large, None, 12, PLAIN)
    # An image's qkv is too much at once.
    tall, large = np.zeros((8, 400, 384), np.float32), [w[:384, : w.shape[1] // 2] for w in large]
    assert choice.attention_by_rows(tall[:, :197], *large, None, 6, PLAIN)
    assert not choice.attention_by_rows(tall, *large, None, 6, PLAIN)
    of_gradients = choice.way_of_gradients
    assert of_gradients(np.zeros((192, 768)), 32) == cut.ADDED_UP
    assert of_gradients(large[0], 1) == of_gradients(large[0], 32) == cut.WRITTEN
    with backend.use("numpy", precision="bf16"):
        assert of_gradients(np.zeros((64, 192)), 32) == cut.ADDED_UP
        assert of_gradients(np.zeros((192, 768)), 32) == cut.PACKED
        assert of_gradients(np.zeros((192, 768)), 31) == cut.WRITTEN
    for D, M, by_rows in [(443, 1772, True), (444, 1776, False), (512, 1536, True)]:
        assert choice.mlp_by_rows(np.zeros((1, 1, D)), np.zeros((D, M))) == by_rows
    # One thread would do an image, and few images would leave threads idle.
    assert not choice.attention_by_rows(x[:7], w_qkv, w_out, None, 4, PLAIN)
    # Lanes that heads don't fill evenly: the general way has lanes, too.
    uneven = x[:, :, :60], w_qkv[:60, :180], w_out[:60, :60], None, 5, PLAIN
    assert choice.attention_by_rows(*uneven) != fits
    for given in [(x, w_qkv, None, None, 4, PLAIN), (x, w_qkv, w_out, w_out, 4, PLAIN),
                  (x, w_qkv, w_out, None, 4, AttentionOptions(top_k=2)),
                  (x, w_qkv[:, :90], w_out, None, 4, PLAIN),
                  (x, w_qkv, w_out, None, 5, PLAIN)]:  # fmt: skip
        assert not choice.attention_by_rows(*given)


def test_a_branch_that_leaves_something_out_goes_the_general_way():
    """What is dropped is drawn image by image: the op and the kernel drop the same."""
    inputs, dy = of_mlp(np.float64, 6, 5, 8, 16)
    drop = BranchDrop(inside=Drop(0.5, seed=3))
    check("mlp_branch", np.float64, inputs, dy, drop=drop)


@pytest.mark.skipif(SMALL, reason="one thread runs it all, and slowly")
@pytest.mark.parametrize("precision", ["float32", "bf16"])
@pytest.mark.parametrize(("rows", "D", "M"), [(6423, 174, 70), (6143, 8, 256), (5000, 100, 700)])
def test_nothing_is_written_past_the_workspace(monkeypatch, threads, rows, D, M, precision):
    """The last rows may be fewer, and are packed in one go where more take two: in more room."""
    if precision == "bf16" and instruction() is None:
        pytest.skip("no instruction multiplies bfloat16 here")
    threads(1)
    workspaces, made = [], space.workspace_for

    def guarded(*given):
        shares, workspace = made(*given)
        workspaces.append(np.full(workspace.size + 100_000, 7, workspace.dtype))
        return shares, workspaces[-1][: workspace.size]

    monkeypatch.setattr(by_rows_mlp, "workspace_for", guarded)
    monkeypatch.setattr(space, "APART", 0)
    space.room.cache_clear()
    inputs, dy = of_mlp(np.float32, 1, rows, D, M)
    with backend.use("numba", precision=precision):
        assert choice.mlp_by_rows(inputs[0], inputs[3]) or precision == "bf16"
        both_ways(kernels, "mlp_branch", inputs, dy)
    space.room.cache_clear()
    assert all((workspace[-99_900:] == 7).all() for workspace in workspaces)


@pytest.mark.skipif(SMALL, reason="one thread runs it all, and slowly")
@pytest.mark.parametrize("precision", ["float32", "bf16"])
@pytest.mark.parametrize(
    ("B", "T", "D", "heads"), [(33, 17, 64, 4), (9, 70, 24, 3), (8, 131, 60, 2), (8, 1, 6, 3)]
)
def test_attention_writes_nothing_past_its_workspace(
    monkeypatch, small_pieces, threads, B, T, D, heads, precision
):
    """In lanes, in chunks of queries and, where there are many tokens, in bf16."""
    if precision == "bf16" and instruction() is None:
        pytest.skip("no instruction multiplies bfloat16 here")
    threads(1)
    workspaces, made = [], by_rows_attention._room

    def guarded(*given):
        numbers = made(*given).size
        workspaces.append(np.full(numbers + 100_000, 7, np.float32))
        return workspaces[-1][:numbers]

    monkeypatch.setattr(by_rows_attention, "_room", guarded)
    inputs, dy = of_attention(np.float32, B, T, D)
    with backend.use("numba", precision=precision):
        both_ways(kernels, "attention_branch", inputs, dy, heads=heads)
    assert len(workspaces) == 2
    assert all((workspace[-100_000:] == 7).all() for workspace in workspaces)


@pytest.mark.parametrize("rounds", [False, True])
@pytest.mark.parametrize(
    ("D", "wide", "unit"), [(64, 256, 8), (64, 192, 200), (192, 768, 8), (512, 1536, 1200)]
)
def test_the_room_is_enough_for_any_rest(D, wide, unit, rounds):
    """And no more than the rest that needs most."""
    sizes, needed = cut.cut(6400, D, wide, unit, 2 * D * wide, cut.AT_ONCE_FORWARD), []
    for down in (*range(1, packing_bf16.DEEP + 1), sizes.down):
        shapes = [(down, wide, D), (down, D, wide), (D, wide, down), (wide, D, down)]
        for shape, rows_apart in zip(shapes, (False, False, True, True), strict=True):
            kept = packing_bf16.room(*shape) if rounds else packing.room(*shape, 4, rows_apart)
            needed += [kept] * (down <= sizes.down)
    narrow, wide = space.widths(sizes)
    exactly = max(needed) + 3 * narrow + 2 * wide + space.APART // 4
    assert space.room(sizes, 4, rounds) == exactly


def test_the_cut():
    """Pieces of whole units, a power of two; less where their sums would be too many."""
    sizes = cut.cut(1088, 64, 256, 8, 33_000, cut.AT_ONCE_BACKWARD)
    assert (sizes.piece, sizes.down) == (136, 136)
    sizes = cut.cut(6400, 64, 256, 8, 33_000, cut.AT_ONCE_BACKWARD)
    assert (sizes.piece, sizes.down) == (400, 400)
    sizes = cut.cut(4160, 192, 768, 8, 296_000, cut.AT_ONCE_BACKWARD)
    assert (
        sizes.piece == 520
        and sizes.down % 8 == 0
        and sizes.down * 768 <= cut.AT_ONCE_BACKWARD + 8 * 768
    )
    assert cut.cut(6400, 64, 192, 200, 17_000, cut.AT_ONCE_BACKWARD).down == 400
    assert cut.cut(3, 64, 256, 8, 33_000, cut.AT_ONCE_BACKWARD).piece == 8


@pytest.mark.parametrize(
    "sizes",
    [(70, 10, 10), (75, 15, 15), (300, 65, 65), (640, 195, 65), (641, 195, 130), (97, 32, 32)],
)
def test_rows_are_packed_one_after_the_other(sizes):
    """And after an odd number that is done at once, one of zeros."""
    rows, piece, down = sizes
    sizes, place = cut.Sizes(rows, 64, 256, 1, piece, down), 0
    for r0 in range(0, rows, piece):
        after = min(r0 + piece, rows)
        for r in range(r0, after, down):
            assert cut.packed_rows(r, sizes) == place
            place += (min(down, after - r) + 1) // 2 * 2
    assert cut.packed_rows(rows, sizes) == place
