"""What inference spares: weights packed again, and what only a backward would read."""

import numpy as np
import pytest

pytest.importorskip("numba")

from minivit import ViT, backend, variant
from minivit.chosen import keeping_nothing, keeps_caches, made_of_weights, weights_stay
from minivit.kernels import mlp_forward
from minivit.kernels.product import packing, weights
from minivit.kernels.product.bf16 import instructions
from minivit.kernels.product.matmul import matmul
from minivit.kernels.product.tiled import stack_of

NEEDS_BF16 = pytest.mark.skipif(not instructions.available(), reason="no instruction for bf16")
SIZES = [(1, 1, 1), (5, 7, 3), (33, 65, 31), (100, 10, 64), (64, 64, 2100), (130, 700, 1500)]


def draw(*shapes):
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape).astype(np.float32) for shape in shapes]


@NEEDS_BF16
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_weights_that_are_packed_once_give_the_same_bits(size):
    m, n, k = size
    x, w, b = draw((m, k), (k, n), n)
    with backend.use("numba", precision="bf16"):
        expected = matmul(x, w, bias=b)
        with weights_stay():
            first, second = (matmul(x, w, bias=b, weights=True) for _ in range(2))
            assert len(made_of_weights()) == 1
    assert np.array_equal(first, expected) and np.array_equal(second, expected)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_packed_weights_fill_their_room_and_no_more(size, dtype, threads):
    """Panel after panel of each chunk, of a weight and of its transpose; no thread writes into
    what is another's."""
    _, n, k = size
    panel = packing.PANEL_BYTES // np.dtype(dtype).itemsize
    w = np.arange(1, k * n + 1, dtype=dtype).reshape(k, n)
    for b in (w, w.T):
        depth, columns = b.shape
        room = weights._size(depth, columns, w.itemsize)
        packed = np.full(room + 1000, -1, dtype)
        weights._pack((packed.dtype, 1), threads, ((stack_of(b), b.shape, packed),))
        assert (packed[room:] == -1).all()
        deep, _ = packing.chunk(columns, depth, w.itemsize)
        chunks = packed[:room].reshape(-1, -(-columns // panel), packing.steps(deep), panel)
        for c, chunk in enumerate(chunks):
            part = b[c * deep : (c + 1) * deep]
            flat = chunk.transpose(1, 0, 2).reshape(packing.steps(deep), -1)  # (steps, columns)
            assert np.array_equal(flat[: len(part), :columns], part)


@NEEDS_BF16
def test_a_product_without_weights_is_never_kept():
    x, w = draw((4, 40), (40, 30))
    with backend.use("numba", precision="bf16"), weights_stay():
        before = matmul(x, w)
        w *= 2
        assert np.array_equal(matmul(x, w), 2 * before) and not made_of_weights()


@NEEDS_BF16
def test_outside_of_it_weights_may_change():
    x, w = draw((4, 40), (40, 30))
    with backend.use("numba", precision="bf16"):
        with weights_stay():
            before = matmul(x, w, weights=True)
        w *= 2
        with weights_stay():
            assert np.array_equal(matmul(x, w, weights=True), 2 * before)
        assert made_of_weights() is None


def test_one_within_another_shares_what_was_made():
    with weights_stay():
        made_of_weights()["a"] = 1
        with weights_stay():
            assert made_of_weights() == {"a": 1}
        assert made_of_weights() == {"a": 1}


@pytest.mark.parametrize("gelu", ["erf", "tanh"])
@pytest.mark.parametrize("matmul", ["numba", "blas"])
def test_where_nothing_is_kept_the_result_has_the_same_bits(gelu, matmul):
    x, w1, b1, w2, b2 = draw((3, 17, 24), (24, 96), 96, (96, 24), 24)
    with backend.use("numba", matmul=matmul):
        expected, cache = mlp_forward(x, w1, b1, w2, b2, gelu=gelu)
        with keeping_nothing():
            y, bare = mlp_forward(x, w1, b1, w2, b2, gelu=gelu)
    assert np.array_equal(y, expected)
    assert cache.saved.z.shape == (51, 96) and bare.saved.z is None
    assert keeps_caches()


@pytest.mark.parametrize("precision", ["float32", pytest.param("bf16", marks=NEEDS_BF16)])
def test_logits_are_those_of_a_forward_that_keeps_all(precision):
    model = ViT(variant("digits"), seed=0, zero_head=False)
    images = np.random.default_rng(0).uniform(-1, 1, (5, 8, 8, 1)).astype(np.float32)
    with backend.use("numba", precision=precision):
        expected, _ = model.forward(images)
        assert np.array_equal(model.logits(images), expected)
        with weights_stay():
            for _ in range(2):
                assert np.array_equal(model.logits(images), expected)
