"""Kernels stay inside their arrays: a fuzz over shapes with guard zones around inputs and outputs.

Inputs lie between NaN, so that a number from outside would show in the results. Outputs are filled
with NaN and lie between guards, so that what is not written shows, and what is written outside.
At last everything lies against pages that may not be touched at all: reading there, even what is
thrown away afterwards, ends the process.
"""

import ctypes
import math
import mmap
import os
import subprocess
import sys
from pathlib import Path

import llvmlite.binding
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config

from minivit import kernels
from minivit.checking.calls import every_call
from minivit.checking.sizes import Sizes
from minivit.kernels import (
    adam,
    attention,
    columns,
    convolution,
    cross_entropy,
    depthwise_convolution,
    embed,
    gelu,
    layernorm,
    max_pool,
    patchify,
    relu,
    sgd,
    softmax,
)
from minivit.kernels.attention_lanes.attended import attended_backward_into, attended_into
from minivit.kernels.global_norm import CHUNK, _sums_of_squares
from minivit.kernels.heads import heads_in, heads_of, three_heads_in
from minivit.kernels.layernorm_steps import backward_at
from minivit.kernels.product import endings, gathered, matmul
from minivit.kernels.product.patches import Patches
from minivit.kernels.product.sliding import Weights, patches_into
from minivit.kernels.simd import lanes
from minivit.kernels.winograd.convolved import convolved_into
from minivit.kernels.winograd.gradient import weights_gradient_into
from minivit.ops.sliding import sliding

ZONE = 80  # numbers; more than a panel
GUARD = 7.0
DTYPES = [np.float32, np.float64]
COUNT = 8 if config.DISABLE_JIT else 60

dtypes = st.sampled_from(DTYPES)
seeds = st.integers(0, 2**32 - 1)
sides = st.integers(1, 12 if config.DISABLE_JIT else 70)
small = st.integers(1, 9)
few_vectors = st.integers(1, 1 if config.DISABLE_JIT else 3)


class Zones:
    """Makes arrays with guard zones, and looks at the zones afterwards."""

    def __init__(self, dtype, seed):
        self.dtype, self.rng, self.outputs, self.inputs = dtype, np.random.default_rng(seed), [], []

    def around(self, shape, guard, content):
        size = int(np.prod(shape))
        memory = np.full(size + 2 * ZONE, guard, self.dtype)
        memory[ZONE : ZONE + size] = content
        return memory, memory[ZONE : ZONE + size].reshape(shape)

    def input(self, *shape):
        memory, array = self.around(shape, np.nan, self.rng.standard_normal(int(np.prod(shape))))
        self.inputs.append((memory, memory.copy()))
        return array

    def output(self, *shape):
        memory, array = self.around(shape, GUARD, np.nan)
        self.outputs.append((memory, array))
        return array

    def check(self):
        for memory, array in self.outputs:
            assert (memory[:ZONE] == GUARD).all(), "written before the output"
            assert (memory[-ZONE:] == GUARD).all(), "written behind the output"
            assert np.isfinite(array).all(), "not all written, or read from outside"
        for memory, before in self.inputs:
            assert np.array_equal(memory, before, equal_nan=True), "an input was written into"


def product(zones, m, n, k, turned, ending):
    """One product; `ending` says what else it does."""
    a = zones.input(k, m).T if turned & 1 else zones.input(m, k)
    b = zones.input(n, k).T if turned & 2 else zones.input(k, n)
    out, options = zones.output(m, n), {}
    if ending % 2:
        options["bias"] = zones.input(n)
    if ending % 3 == 1:
        options["residual"] = zones.input(m, n)
    if ending in (3, 4):
        options["column_sums"] = zones.output(n)
    if ending == 5:
        options |= {"mode": endings.GELU, "z": out, "h": zones.output(m, n)}
    if ending == 6:
        mode = endings.GELU_TANH_SLOPE
        options = {"mode": mode, "z": zones.input(m, n), "h": zones.output(m, n)}
    matmul._matmul_into(out, a, b, **options)


def attend(zones, B, H, T, K, _):
    """As the model does: q, k, v side by side in one array."""
    q, k, v = (zones.input(B, T, 3, H, K)[:, :, i].transpose(0, 2, 1, 3) for i in range(3))
    qkv = zones.input(B, T, 3, H, K).transpose(2, 0, 3, 1, 4)
    q, k, v = (q, k, v) if B % 2 else qkv
    y, dy = zones.output(B, T, H, K), zones.input(B, T, H, K)
    places, of_y = heads_of(q, k, v), heads_of(y.transpose(0, 2, 1, 3))
    cache = attention._attention_into(of_y, places, q, k, v)
    dqkv = zones.output(B, T, 3, H, K).transpose(2, 0, 3, 1, 4)
    of_dy = heads_of(dy.transpose(0, 2, 1, 3))
    attention._attention_backward_into(heads_of(*dqkv), of_dy, cache)
    again, dqkv_again = zones.output(B, T, H, K), zones.output(B, T, 3, H, K)
    again[:] = dy
    of_again = three_heads_in(dqkv_again.reshape(B, T, 3 * H * K), H)
    of_dy = heads_in(again.reshape(B, T, H * K), H)
    attention._attention_backward_into(of_again, of_dy, cache, y_for_dy=True)
    assert np.array_equal(again, y), "the forward's y did not take the place of dy, bit by bit"
    assert np.array_equal(dqkv_again.transpose(2, 0, 3, 1, 4), dqkv)


def attend_in_lanes(zones, B, H, T, K, _):
    """The same with one head per lane, and in the model's layout alone."""
    shape, factor = (B, H, T, K), zones.dtype(0.3)
    places = three_heads_in(zones.input(B, T, 3 * H * K), H)
    y, statistics = zones.output(B, T, H * K), (zones.output(B * H * T), zones.output(B * H * T))
    attended_into(heads_in(y, H), places, statistics, shape, factor)
    dqkv, again = zones.output(B, T, 3 * H * K), zones.output(B, T, H * K)
    again[:] = 1
    of_dqkv, of_dy = three_heads_in(dqkv, H), heads_in(again, H)
    attended_backward_into(of_dqkv, of_dy, places, statistics, shape, factor, True)
    assert np.array_equal(again, y), "the forward's y did not take the place of dy, bit by bit"


def over_rows(zones, rows, n, tasks, _, __):
    """LayerNorm, softmax and cross-entropy."""
    x, dy, gamma, beta = (zones.input(*s) for s in ((rows, n), (rows, n), (n,), (n,)))
    y, again, dx = (zones.output(rows, n) for _ in range(3))
    mean, rstd, eps = zones.output(rows), zones.output(rows), zones.dtype(0.1)
    layernorm._normalise(y, mean, rstd, x, gamma, beta, eps, False)
    layernorm._normalise(again, mean, rstd, x, gamma, beta, eps, True)
    assert np.allclose(again, y, rtol=1e-5, atol=1e-5)  # the compiler may order them otherwise
    sums = zones.output(min(tasks, 4), 2, n)
    plus = zones.input(rows, n)
    flat, norm = [a.reshape(-1) for a in (dx, dy, x, plus)], (gamma, gamma, mean, rstd, eps)
    at = backward_at(np.dtype(zones.dtype))
    layernorm._backward_rows(zones.dtype, len(sums), at, *flat, sums.reshape(-1, 2 * n), norm, True)
    probs, dx = zones.output(rows, n), zones.output(rows, n)
    softmax._softmax_forward_into(probs, x)
    softmax._softmax_backward_into(dx, dy, probs)
    assert np.isfinite(cross_entropy._cross_entropy_into(zones.output(rows, n), x, dy))


def over_vectors(zones, m, n, tanh, decayed, _):
    """GELU, Adam, SGD and the norm."""
    x, dy, g = (zones.input(m * n) for _ in range(3))
    gelu._gelu_forward_into(zones.output(m * n), x, tanh % 2 == 0)
    gelu._gelu_backward_into(zones.output(m * n), dy, x, tanh % 2 == 0)
    numbers, decayed = np.full(9, 0.5, zones.dtype), min(decayed, m * n)
    for coupled in (None, zones.dtype(0.1)):
        p, first, second = (zones.output(m * n) for _ in range(3))
        for array in (p, first, second):
            array[:] = 1
        kind = zones.dtype, coupled is None
        adam._adam_into(kind, 2, p, first, second, g, numbers, decayed, coupled)
    for has_velocity in (True, False):
        p, v = (zones.output(m * n) for _ in range(2))
        p[:] = v[:] = 1
        kind, v = (zones.dtype, not has_velocity), v if has_velocity else None
        sgd._sgd_into(kind, 2, p, v, g, numbers, tanh % 2 == 0, decayed)
    sums = np.empty(-(-g.size // CHUNK))  # of float64, whatever the gradient's type
    _sums_of_squares(g.dtype, 2, sums, g)
    assert np.isfinite(sums).all()


def patches(zones, bands, rows, across, run, _):
    close, cut = (bands, rows + across - 1, run + across - 1), (bands, across, across, rows, run)
    patchify._overlapping(zones.input(*close), zones.output(*cut), 1, 1)
    patchify._add_overlapping(zones.output(*close), zones.input(*cut), 1, 1)
    tokens = zones.input(bands, rows, run), zones.input(run), zones.input(rows + 1, run)
    shares = min(across, rows + 1)
    embed._tokens_into(zones.dtype, shares, zones.output(bands, rows + 1, run), *tokens)
    dx, dprojected = zones.input(bands, rows + 1, run), zones.output(bands, rows, run)
    sums = zones.output(rows + 1, run)
    embed._tokens_backward_into(zones.dtype, shares, dprojected, sums, dx)


def windows(zones, B, height, width, channels, kind):
    """A window that slides over maps: a convolution's products, a depthwise one, the largest."""
    side, stride = (1 + kind % 3, 1 + kind // 3 % 3), (1 + kind % 2, 1 + kind // 2 % 3)
    x, n = zones.input(B, height, width, channels), 1 + 5 * kind
    at = sliding(x, side, stride, "same")
    stops = B, *at.stops
    patches, rows, inside = convolution.patches_of(x, at), int(np.prod(stops)), side[0] * side[1]
    w, turned = zones.input(*side, channels, n), zones.input(inside * n * channels)
    dy = zones.input(rows, n)
    weights = convolution.weights_of(w)
    patches_into(zones.output(rows, n), patches, weights, bias=zones.input(n))
    part = n * channels
    weights = Weights(turned, (inside - 1) * part, -side[1] * part, -part, 1, channels)
    patches_into(zones.output(rows, n), patches, weights)
    gathered.transposed_into(zones.output(inside * channels, n), patches, dy)
    how = zones.dtype, 1 + kind % 2
    slides, of_y = (stops, x.shape[1:], side, stride, at.before), rows * channels
    w, b, dy, flat = *(zones.input(n) for n in (inside * channels, channels, of_y)), x.reshape(-1)
    depthwise_convolution._depthwise_into(*how, zones.output(of_y), flat, w, b, *slides)
    depthwise_convolution._depthwise_maps_into(*how, zones.output(x.size), dy, w, *slides)
    depthwise_convolution._depthwise_weights_into(*how, zones.output(B * w.size), dy, flat, *slides)
    place = np.full(of_y, -1, np.int32)
    max_pool._largest_into(*how, zones.output(of_y), place, flat, *slides)
    assert (place >= 0).all()
    max_pool._largest_backward_into(*how, zones.output(x.size), dy, place, *slides)


def squares(zones, B, height, width, channels, n):
    """A convolution of 3 x 3 in squares, and its dx and dw; `channels` and n count vectors."""
    channels, n = (count * lanes(zones.dtype) for count in (channels, n))
    x, w = zones.input(B, height, width, channels), zones.input(3, 3, channels, n)
    for padding in ("same", "valid") if min(height, width) > 2 else ("same",):
        at = sliding(x, (3, 3), (1, 1), padding)
        seen, rows, part = convolution.patches_of(x, at), B * math.prod(at.stops), channels * n
        convolved_into(zones.output(rows, n), seen, convolution.weights_of(w), bias=zones.input(n))
        dy = zones.input(B, *at.stops, n)
        weights_gradient_into(zones.output(9 * channels, n), seen, dy.reshape(rows, n))
        turned = Weights(w.reshape(-1), 8 * part, -3 * part, -part, 1, n)
        first = at.before[0] - 2, at.before[1] - 2
        back = Patches(dy.reshape(-1), dy.shape[1:], (height, width), (3, 3), (1, 1), first)
        convolved_into(zones.output(B * height * width, channels), back, turned)


def over_columns(zones, rows, n, height, _, __):
    """What the normalisations of maps are made of, and ReLU."""
    parts, how = -(-rows // height), (zones.dtype, 1 + n % 3)
    x, dy, middle = zones.input(rows, n), zones.input(rows, n), zones.input(1, n)
    scale, shift = zones.input(parts, n), zones.input(1, n)
    columns._moments_into(*how, zones.output(parts, n), zones.output(parts, n), x, height)
    columns._sums_into(*how, zones.output(-(-rows // columns.HEIGHT), n), x)
    columns._products_into(
        *how, zones.output(parts, n), zones.output(parts, n), dy, x, middle, height
    )
    columns._scaled_into(*how, zones.output(rows, n), x, middle, scale, shift, height)
    columns._blended_into(*how, zones.output(rows, n), dy, x, middle, scale, scale, shift, height)
    y = zones.output(rows * n)
    relu._relu_into(y, x.reshape(-1))
    relu._relu_backward_into(zones.output(rows * n), dy.reshape(-1), y)


def every_op(zones, B, T, n, *_):
    """What anybody may call, with its inputs and dy between zones; what it returns is its own."""
    sizes = Sizes(
        B, T, H=2, K=n, M=3 * n + 1, C=n + 1, P=1 + n % 3, grid=(B, T), channels=1 + n % 4
    )
    for call in every_call(sizes).values():
        inputs = [array and zones.input(*array.shape) for array in call.inputs]
        y, cache = getattr(kernels, f"{call.op}_forward")(*inputs, **call.options)
        dy = zones.input(*y.shape) if y.shape else y
        gradients = getattr(kernels, f"{call.op}_backward")(dy, cache)
        gradients = gradients if isinstance(gradients, tuple) else (gradients,)
        for array in (y, *gradients):
            assert array is None or np.isfinite(array).all(), f"{call.name}: read from outside"


def guarded(run, dtype, seed, *shape):
    zones = Zones(dtype, seed)
    run(zones, *shape)
    zones.check()


@given(dtypes, seeds, sides, sides, st.integers(0, 40), st.integers(0, 3), st.integers(0, 6))
@settings(max_examples=2 * COUNT)
def test_products(dtype, seed, m, n, k, turned, ending):
    guarded(product, dtype, seed, m, n, k, turned, ending)


@given(dtypes, seeds, st.integers(1, 3), st.integers(1, 3), sides, st.integers(1, 40))
@settings(max_examples=COUNT)
def test_attention(dtype, seed, B, H, T, K):
    guarded(attend, dtype, seed, B, H, T, K, 0)


@given(dtypes, seeds, st.integers(1, 4), st.integers(1, 5), st.integers(1, 24), st.integers(1, 40))
@settings(max_examples=COUNT)
def test_attention_in_lanes(dtype, seed, B, H, T, K):
    guarded(attend_in_lanes, dtype, seed, B, H, T, K, 0)


@given(dtypes, seeds, sides, sides, small)
@settings(max_examples=COUNT)
def test_rows(dtype, seed, rows, n, tasks):
    guarded(over_rows, dtype, seed, rows, n, tasks, 0, 0)


@given(dtypes, seeds, sides, sides, small, sides)
@settings(max_examples=COUNT)
def test_vectors(dtype, seed, m, n, tanh, decayed):
    guarded(over_vectors, dtype, seed, m, n, tanh, decayed, 0)


@given(dtypes, seeds, small, small, small, small)
@settings(max_examples=COUNT)
def test_patches(dtype, seed, bands, rows, across, run):
    guarded(patches, dtype, seed, bands, rows, across, run, 0)


@given(dtypes, seeds, st.integers(1, 3), small, small, st.integers(1, 40), small)
@settings(max_examples=COUNT)
def test_windows(dtype, seed, B, height, width, channels, kind):
    guarded(windows, dtype, seed, B, height, width, channels, kind)


@given(dtypes, seeds, st.integers(1, 3), small, small, few_vectors, few_vectors)
@settings(max_examples=COUNT)
def test_squares(dtype, seed, B, height, width, channels, n):
    guarded(squares, dtype, seed, B, height, width, channels, n)


@given(dtypes, seeds, sides, sides, small)
@settings(max_examples=COUNT)
def test_columns(dtype, seed, rows, n, height):
    guarded(over_columns, dtype, seed, rows, n, height, 0, 0)


@given(dtypes, seeds, st.integers(1, 3), st.integers(1, 40), small)
@settings(max_examples=COUNT // 4)
def test_every_op(dtype, seed, B, T, n):
    guarded(every_op, dtype, seed, B, T, n, 0, 0)


def test_the_zones_are_looked_at():
    """A guard that was overwritten, a hole in an output and a changed input are all found."""
    for spoil in ("before", "behind", "hole", "input"):
        zones = Zones(np.float32, 0)
        given, out = zones.input(3), zones.output(3)
        out[:] = 1 if spoil != "hole" else [1, np.nan, 1]
        memory = zones.outputs[0][0]
        if spoil == "before":
            memory[ZONE - 1] = 0
        if spoil == "behind":
            memory[-ZONE] = 0
        if spoil == "input":
            given[1] = 0
        with pytest.raises(AssertionError):
            zones.check()


# --- pages that may not be touched ---------------------------------------------------------------


class Fences(Zones):
    """Arrays that end where a forbidden page begins, or begin where one ends."""

    def __init__(self, dtype, seed, at_the_end: bool):
        super().__init__(dtype, seed)
        self.at_the_end, self.maps = at_the_end, []

    def around(self, shape, guard, content):
        size = int(np.prod(shape)) * np.dtype(self.dtype).itemsize
        inside = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        memory = mmap.mmap(-1, inside + 2 * mmap.PAGESIZE)
        self.maps.append(memory)
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for page in (start, start + mmap.PAGESIZE + inside):
            assert not ctypes.CDLL(None).mprotect(ctypes.c_void_p(page), mmap.PAGESIZE, 0)
        first = mmap.PAGESIZE + (inside - size if self.at_the_end else 0)
        array = np.frombuffer(memory, self.dtype, int(np.prod(shape)), first)
        array[:] = content
        return array, array.reshape(shape)

    def check(self):
        assert all(np.isfinite(array).all() for _, array in self.outputs)


VECTORS = {  # which tile is compiled: Numba's name of a processor, and what it has
    "this machine": (),
    "AVX2": ("haswell", "avx2", "fma", "avx"),
    "SSE": ("nehalem", "sse4.2", "sse4.1", "ssse3", "sse3", "sse2", "sse"),
}


def features() -> list[str]:
    """What this processor has."""
    return llvmlite.binding.get_host_cpu_features().flatten().split(",")


def walk_along_fences(count: int) -> None:
    """What the subprocess does."""
    rng = np.random.default_rng(0)
    for i in range(count):
        dtype, at_the_end = DTYPES[i % 2], bool(i // 2 % 2)
        m, n, k = (int(side) for side in rng.integers(1, 70, 3))
        turned, ending = int(rng.integers(4)), int(rng.integers(7))
        for run, shape in (
            (product, (m, n, k, turned, ending)),
            (product, (m, (n // 4 + 1) * 4, k, turned & 1, ending)),  # b read where it lies
            (attend, (1 + i % 3, 1 + i % 2, m, k, 0)),
            (attend_in_lanes, (1 + i % 5, 1 + i % 4, m, k, 0)),
            (over_rows, (m, n, 3, 0, 0)),
            (over_vectors, (m, n, i, k, 0)),
            (patches, (k % 5 + 1, m % 5 + 1, n % 5 + 1, k, 0)),
            (windows, (1 + i % 2, m % 9 + 1, n % 9 + 1, k % 40 + 1, i % 9)),
            (squares, (1 + i % 2, m % 9 + 1, n % 9 + 1, k % 3 + 1, i % 3 + 1)),
            (over_columns, (m, n, k % 9 + 1, 0, 0)),
            (every_op, (1 + i % 3, m % 40 + 1, n % 9 + 1)),
        ):
            zones = Fences(dtype, i, at_the_end)
            run(zones, *shape)
            zones.check()


@pytest.mark.skipif(sys.platform != "linux", reason="mprotect, as Linux has it")
@pytest.mark.skipif(config.DISABLE_JIT, reason="NumPy's views read nothing outside")
@pytest.mark.parametrize("held_to", VECTORS)
def test_nothing_outside_is_even_read(held_to):
    """With the vectors of this machine, and with the narrower ones that it has too."""
    if any(f"+{kind}" not in features() for kind in VECTORS[held_to][1:]):
        pytest.skip(f"this processor has no {held_to}")
    code = "import test_guards as t; t.walk_along_fences({})"
    fences = [sys.executable, "-X", "faulthandler", "-c", code.format(COUNT)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    if held_to != "this machine":
        name, *kinds = VECTORS[held_to]
        held = {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ",".join(f"+{k}" for k in kinds)}
        environment |= held
    result = subprocess.run(
        fences, cwd=Path(__file__).parent, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr[-3000:]
