"""Kernels where their tiles, chunks and vectors end: 1 to 2 tiles + 1 in every dimension.

`test_twins` shows that a kernel computes the right thing; here the sizes are walked through one by
one, into outputs that are filled with NaN, against NumPy in float64.
"""

import itertools
import math

import numba
import numpy as np
import pytest

from minivit import kernels, ops
from minivit.kernels import adam, gelu, softmax
from minivit.kernels.product import chunks, matmul, packing
from minivit.kernels.simd import ROWS, VECTORS, lanes

SMALL = numba.config.DISABLE_JIT  # Python's loops are slow: a few sizes will do
DTYPES = [np.float32, np.float64]


def around(*edges: int) -> list[int]:
    """1, each edge, and its neighbours."""
    return sorted({1, *(edge + step for edge in edges for step in (-1, 0, 1))} - {0})


def up_to(n: int) -> list[int]:
    return around(n) if SMALL else list(range(1, n + 1))


def normal(*shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def assert_near(got, right, dtype, depth=1, what=""):
    """`depth`: how many terms were summed."""
    error = np.abs(got - right).max(initial=0) / (1 + np.abs(right).max(initial=0))
    assert error < (1e-6 if dtype == np.float32 else 2e-15) * math.sqrt(10 + depth), (what, error)


# --- the matrix product --------------------------------------------------------------------------


FORMS = ["x w", "dy w^T", "x^T dy", "x^T w^T"]  # which of the two lies with its columns in a row


def operands(form: str, m, n, k, dtype):
    """a (m, k) and b (k, n) as the form has them in memory."""
    a = normal(k, m, dtype=dtype).T if form.startswith("x^T") else normal(m, k, dtype=dtype)
    b = normal(n, k, dtype=dtype, seed=1).T if form.endswith("w^T") else normal(k, n, dtype=dtype)
    return a, b


ENDINGS = ["plain", "bias", "bias and residual", "residual", "column sums", "gelu",
           "gelu by tanh", "slope", "slope by tanh"]  # fmt: skip


def check_product(form, ending, m, n, k, dtype):
    """One product with one ending, and everything it returns."""
    a, b = operands(form, m, n, k, dtype)
    right, out = a.astype(float) @ b.astype(float), np.full((m, n), np.nan, dtype)
    bias, residual = normal(n, dtype=dtype, seed=2), normal(m, n, dtype=dtype, seed=3)
    what = (form, ending, m, n, k)
    if "gelu" in ending or "slope" in ending:
        check_gelu_ending(a, b, right, bias, residual, ending, dtype, what)
        return
    sums = np.full(n, np.nan, dtype) if ending == "column sums" else None
    options = {"bias": bias} if "bias" in ending else {}
    options |= {"residual": residual} if "residual" in ending else {}
    right = right + options.get("bias", 0) + options.get("residual", 0)
    matmul._matmul_into(out, a, b, column_sums=sums, **options)
    assert_near(out, right, dtype, k, what)
    if sums is not None:
        assert_near(sums, b.astype(float).sum(axis=0), dtype, k, what)


def check_gelu_ending(a, b, product, bias, z, ending, dtype, what):
    form = "tanh" if "tanh" in ending else "erf"
    k = a.shape[1]
    if "slope" in ending:
        dz, h = matmul.matmul_gelu_backward(a, b, z, form=form)
        right_h, cache = ops.gelu_forward(z.astype(float), form=form)
        assert_near(dz, ops.gelu_backward(product, cache), dtype, k, what)
    else:
        z, h = matmul.matmul_gelu(a, b, bias, form=form)
        right_h, _ = ops.gelu_forward(product + bias, form=form)
        assert_near(z, product + bias, dtype, k, what)
    assert_near(h, right_h, dtype, k, what)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS)
def test_products_at_every_edge_of_the_tile(form, dtype):
    """Each dimension from 1 to 2 tiles + 1, beside sizes around the tile in the others."""
    side, panel = lanes(dtype), VECTORS * lanes(dtype)
    rows, columns, depths = 2 * ROWS + 1, 2 * panel + 1, 2 * side + 1
    few = (1, ROWS, ROWS + 1), (1, side, panel - 1, panel + 1), (1, side + 1)
    sizes = [(m, n, k) for m in up_to(rows) for n in few[1] for k in few[2]]
    sizes += [(m, n, k) for n in up_to(columns) for m in few[0] for k in few[2]]
    sizes += [(m, n, k) for k in [0, *up_to(depths)] for m in few[0] for n in few[1]]
    for size, ending in zip(sizes, itertools.cycle(ENDINGS[:6])):
        check_product(form, ending, *size, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("form", FORMS)
def test_products_end_as_they_should(form, ending, dtype):
    """Every form with every ending: within a tile, past one, past a sweep, in several tasks."""
    panel = VECTORS * lanes(dtype)
    sizes = [(1, 1, 1), (ROWS - 1, panel - 1, 3), (ROWS + 1, panel + 1, 8), (3, 2 * panel, 5)]
    if not SMALL:
        sweep, deep = packing.SWEEP + 1, packing.WHOLE + 1
        sizes += [(sweep, 3, 7), (5, panel + 3, deep), (2 * sweep, 101, 2 * deep), (67, 600, 400)]
    for size in sizes:
        check_product(form, ending, *size, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [3, 70])
def test_products_of_packed_rows(columns, dtype):
    """x^T so deep that its rows are packed in groups: no tile may reach from one into the next."""
    depth = chunks.NEAR // ROWS + 1
    for m in (ROWS + 1,) if SMALL else up_to(packing.SWEEP + 2 * ROWS + 1):
        check_product("x^T dy", ENDINGS[0], m, columns, depth, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_products_of_operands_that_are_not_contiguous(dtype):
    a, b = normal(20, 33, dtype=dtype)[::2, ::3], normal(22, 51, dtype=dtype, seed=1)[::-2, ::-3]
    assert_near(matmul.matmul(a, b), a.astype(float) @ b.astype(float), dtype, 11)
    assert_near(matmul.matmul(b.T, a.T), (a.astype(float) @ b.astype(float)).T, dtype, 11)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stack", [(1,), (3,), (2, 3), (16,), (0,)])
def test_stacks_of_products(stack, form, dtype):
    for m, n, k in [(1, 1, 1), (ROWS + 1, 9, 5), (50, 50, 33)][: 2 if SMALL else 3]:
        a, b = normal(*stack, m, k, dtype=dtype), normal(*stack, k, n, dtype=dtype, seed=1)
        if form.startswith("x^T"):
            a = np.ascontiguousarray(a.swapaxes(-1, -2)).swapaxes(-1, -2)
        if form.endswith("w^T"):
            b = np.ascontiguousarray(b.swapaxes(-1, -2)).swapaxes(-1, -2)
        c = matmul.matmul(a, b)
        assert c.shape == (*stack, m, n)
        assert_near(c, a.astype(float) @ b.astype(float), dtype, k)


# --- attention and the ops that walk over rows ---------------------------------------------------


def check_op(name: str, inputs, dtype, depth, **options):
    """Forward and backward of a kernel against the op in float64."""
    results = []
    for module, real in ((kernels, dtype), (ops, float)):
        given = [None if x is None else x.astype(dtype).astype(real) for x in inputs]
        y, cache = getattr(module, f"{name}_forward")(*given, **options)
        dy = np.asarray(normal(*np.shape(y), dtype=dtype, seed=7), real)
        gradients = getattr(module, f"{name}_backward")(dy.astype(real), cache)
        results.append([y, *(gradients if isinstance(gradients, tuple) else (gradients,))])
    for i, (got, right) in enumerate(zip(*results, strict=True)):
        assert (got is None) == (right is None), (name, i)
        if right is not None:
            assert_near(got, right, dtype, 10 * depth, (name, [np.shape(x) for x in inputs], i))


@pytest.mark.parametrize("dtype", DTYPES)
def test_attention_at_every_edge(dtype):
    """Chunks of 64 queries, vectors of tokens and of a head's width, rows of the tile."""
    side = lanes(dtype)
    tokens = up_to(17) if SMALL else [*range(1, 35), *around(48, 64, 65, 128)]
    widths = up_to(2 * side + 1) if SMALL else [*range(1, 2 * side + 2), *around(4 * side), 64]
    sizes = [(T, K) for T in tokens for K in (1, 7, side + 1)] + [
        (T, K) for K in widths for T in (6, 19)
    ]
    for T, K in sizes:
        check_op("attention", normal(3, 2, 1, T, K), dtype, T + K)
        offsets = normal(1, 2 * T - T % 2, K, seed=5)
        check_op("attention", [*normal(3, 2, 1, T, K), offsets], dtype, T + K)


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_and_widths(dtype):
    side = lanes(dtype)
    for rows, width in [(r, 5) for r in up_to(9)] + [(3, n) for n in up_to(2 * side + 1)]:
        x, gamma, beta = normal(rows, width), normal(width, seed=1), normal(width, seed=2)
        check_op("layernorm", (x, gamma, beta), dtype, rows + width, eps=1e-2)
        check_op("softmax", (x,), dtype, width)
        check_op("gelu", (x,), dtype, 1)
        check_op("gelu", (x,), dtype, 1, form="tanh")
        labels = np.arange(rows) % width
        check_op("cross_entropy", (x,), dtype, width, labels=labels, smoothing=0.1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.skipif(SMALL, reason="chunks of thousands of numbers, in Python's loops")
def test_chunks_of_rows(dtype):
    for width in (1, 13, 4095, 4096, 4097):
        for rows in around(max(1, softmax.CHUNK // width))[-3:]:
            check_op("softmax", (normal(rows, width),), dtype, width)
    for n in around(gelu.CHUNK, 2 * gelu.CHUNK):
        check_op("gelu", (normal(n),), dtype, 1)
    for rows in (101, 1003):
        check_op("layernorm", (normal(rows, 37), normal(37), normal(37)), dtype, rows)


@pytest.mark.parametrize("dtype", DTYPES)
def test_patches_of_every_shape(dtype):
    for B, down, across, rows, columns, channels in itertools.product(
        (1, 2), (1, 3), (1, 2), (1, 5), (1, 4), (1, 3)
    ):
        images = normal(B, down * rows, across * columns, channels, dtype=dtype)
        patches, cache = kernels.patchify_forward(images, patch=(rows, columns))
        assert np.array_equal(patches, ops.patchify_forward(images, patch=(rows, columns))[0])
        assert np.array_equal(kernels.patchify_backward(patches, cache), images)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "n", [1, 2, 17] if SMALL else [1, 2, 17, *around(adam.CHUNK)[1:], 2 * adam.CHUNK + 5]
)
def test_flat_vectors(n, dtype):
    """Adam, SGD and the norm; weight decay ends before, at, and after a chunk's edge."""
    g, more = normal(n, dtype=dtype), normal(n, dtype=dtype, seed=1)
    length = math.sqrt((g.astype(float) ** 2).sum())
    assert abs(kernels.global_norm(g) - length) < 1e-12 * length
    for decayed in {0, 1, n // 2, min(n, adam.CHUNK), n}:
        results = []
        for module in (kernels, ops):
            options = {"weight_decay": 0.1, "decayed": decayed, "scale": 0.5, "learning_rate": 0.1}
            found = []
            for decoupled in (True, False):
                p, m, v = normal(n, dtype=dtype, seed=2), more.copy(), np.abs(more)
                module.adam_step(p, g, m, v, step=3, decoupled=decoupled, **options)
                found += [p, m, v]
            for momentum, nesterov in ((0.9, False), (0.9, True), (0.0, False)):
                p, v = normal(n, dtype=dtype, seed=2), more.copy() if momentum else None
                module.sgd_step(p, g, v, momentum=momentum, nesterov=nesterov, **options)
                found += [p, v] if momentum else [p]
            results.append(found)
        for got, right in zip(*results, strict=True):
            assert np.abs(got - right).max() < (2e-6 if dtype == np.float32 else 1e-14)


# --- the same bits -------------------------------------------------------------------------------


@pytest.fixture
def threads():
    """Sets the thread count, and puts the former back."""
    former = numba.get_num_threads()
    yield numba.set_num_threads
    numba.set_num_threads(former)


def everything(dtype):
    """Results of kernels on work large enough to be shared out."""
    a, b = normal(300, 200, dtype=dtype), normal(200, 130, dtype=dtype, seed=1)
    x, scores = normal(5, 2, 70, 16, dtype=dtype), normal(300, 65, dtype=dtype)
    y, cache = kernels.attention_forward(x, x[::-1], x + 1)
    images, offsets = normal(35, 2, 70, 16, dtype=dtype), normal(2, 140, 16, dtype=dtype)
    relative, relative_cache = kernels.attention_forward(images, images, images, offsets)
    probs, softmax_cache = kernels.softmax_forward(scores)
    z, h = matmul.matmul_gelu(a, b, b[0])
    sums = np.empty(130, dtype)
    dw = matmul._matmul_into(np.empty((200, 130), dtype), a.T, z, column_sums=sums)
    vectors = [normal(50_000, dtype=dtype, seed=s) for s in (1, 2, 3)]
    vectors.append(np.abs(normal(50_000, dtype=dtype, seed=4)))
    norm = kernels.global_norm(vectors[0])
    kernels.adam_step(*vectors, step=1, learning_rate=0.1)
    rows, gelu_cache = kernels.gelu_forward(normal(30_000, dtype=dtype))
    patches = normal(9, 7, 200, dtype=dtype)
    tokens, embed_cache = kernels.embed_forward(patches, b, b[0], b[1], b[:8])
    return [matmul.matmul(b.T, a.T), z, h, sums, dw, y, probs,
            *kernels.attention_backward(x, cache)[:3], relative,
            *kernels.attention_backward(images, relative_cache),
            kernels.softmax_backward(scores, softmax_cache), *vectors, np.array(norm), rows,
            kernels.gelu_backward(rows, gelu_cache), tokens,
            *kernels.embed_backward(tokens, embed_cache),
            kernels.layernorm_forward(scores, scores[0], scores[1])[0]]  # fmt: skip


@pytest.mark.skipif(SMALL, reason="one thread runs it all")
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_same_bits_again_and_with_any_number_of_threads(dtype, threads):
    first = everything(dtype)
    for count in (numba.config.NUMBA_NUM_THREADS, 1):
        threads(count)
        for one, other in zip(first, everything(dtype), strict=True):
            assert np.array_equal(one, other)


@pytest.mark.skipif(SMALL, reason="one thread runs it all")
@pytest.mark.parametrize("dtype", DTYPES)
def test_layernorm_gives_the_same_bits_with_the_same_threads(dtype, threads):
    """Each thread sums dgamma and dbeta over its own rows: another count, another order."""
    x, gamma, dy = (normal(*s, dtype=dtype, seed=1) for s in ((301, 65), (65,), (301, 65)))
    for count in {1, numba.config.NUMBA_NUM_THREADS}:
        threads(count)
        _, cache = kernels.layernorm_forward(x, gamma, gamma)
        first = kernels.layernorm_backward(dy, cache)
        for _ in range(5):
            assert all(map(np.array_equal, first, kernels.layernorm_backward(dy, cache)))
