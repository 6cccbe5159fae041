# %% [markdown]
# # Lesson 12: from loops to kernels
#
# *70 minutes; builds on lessons 3 and 6.*
#
# **The question.** A matrix product is three loops. Compiled as they stand they take fifty to a
# hundred times as long as this processor needs. Where does the time go, and which steps lead from
# the loops to a **kernel**, a piece of code as fast as the machine?
#
# This is the lesson that imports Numba, which compiles Python functions. It runs on one core.
#
# **The shapes.** c (M, N) = a (M, K) b (K, N): what the output projection of ViT-B/16 does for one
# image. M = T = 197 tokens, K = N = D = 768. And softmax over rows of T = 197 scores, T rows for
# each of H = 12 heads. All in float32: 4 bytes a number.

# %%
import math
import time

import numba
import numpy as np

from minivit import kernels
from minivit.figures import picture_folder
from minivit.figures.curve import can_draw, new_figure, save_png
from minivit.kernels.elementary import exp
from minivit.kernels.matrix import Matrix
from minivit.kernels.product.matmul import matmul
from minivit.kernels.simd import ROWS, VECTORS, lanes, tile

numba.set_num_threads(1)
M, K, N = 197, 768, 768
rng = np.random.default_rng(0)
a, b = (rng.normal(size=shape).astype(np.float32) for shape in ((M, K), (K, N)))
true = a.astype(np.float64) @ b
# Let the compiler change the order of a sum, which it needs for vectors; NaN stays NaN.
compiled = numba.njit(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")


def fastest(function, *arguments, seconds=0.2):
    """The shortest of several calls: the others were disturbed by what else runs here."""
    function(*arguments)  # compiles
    best, end = math.inf, time.process_time() + seconds  # on a busy machine that takes longer
    while best == math.inf or time.process_time() < end:
        begin = time.perf_counter()
        function(*arguments)
        best = min(best, time.perf_counter() - begin)
    return best


# %% [markdown]
# ## The derivation: two limits
#
# The product does M N K multiplications and as many additions: 2 M N K FLOPs (floating-point
# operations). It must read a and b and write c at least once: 4 (M K + K N + M N) bytes. A
# processor has two limits: its **peak**, FLOPs per second when all numbers are in registers, and
# its **bandwidth**, bytes per second from memory. A computation with I = FLOPs / bytes, its
# **intensity**, can't be faster than either allows:
#
#     FLOPs per second  <=  min(peak, I x bandwidth)
#
# Drawn over I this is a slope and a flat line, the **roofline** (Williams, Waterman and Patterson
# 2009). They meet at I = peak / bandwidth: left of it one waits for memory, right of it for
# arithmetic. Both limits are measured here. `tile` is minivit's own piece of c in registers (more
# on it below); with a stride of 0 it multiplies the same few numbers again and again.

# %%
WIDTH = VECTORS * lanes("float32")  # columns of a tile


@compiled
def multiply_add(a, b, c, steps, stride):
    own = Matrix(c, 0, WIDTH, 1)  # a Matrix: numbers, where it begins, from row to row, to column
    rows, columns = Matrix(a, 0, 1, stride), Matrix(b, 0, stride, 1)
    tile(ROWS, VECTORS, rows, columns, own, False, own, WIDTH, steps)


@compiled
def triad(x, y, z):
    for i in range(len(x)):
        x[i] = y[i] + np.float32(3) * z[i]


few = [np.full(size, 1e-3, np.float32) for size in (ROWS, WIDTH, ROWS * WIDTH)]
peak = 2e-9 * 50_000 * ROWS * WIDTH / fastest(multiply_add, *few, 50_000, 0)
large = [np.ones(1 << 24, np.float32) for _ in range(3)]  # 64 MiB each: in no cache
bandwidth = 3e-9 * large[0].nbytes / fastest(triad, *large)
flops, moved = 2 * M * N * K, 4 * (M * K + K * N + M * N)
print(f"peak {peak:.0f} GFLOP/s, bandwidth {bandwidth:.0f} GB/s: they meet at "
      f"{peak / bandwidth:.1f} FLOPs per byte; the product has {flops / moved:.0f}")  # fmt: skip
assert flops == 232_390_656 and 65 < flops / moved < 66

# %% [markdown]
# The product stands far to the right: its limit is the arithmetic, if each number is brought from
# memory only once.
#
# ## By hand, rung by rung
#
# **1. i-j-k**, as in the formula. The inner loop walks down a column of b: neighbours lie 3,072
# bytes apart, and each step fetches a line of 64 bytes for the sake of four.
#
# **2. i-k-j.** Two loops exchanged: the inner one walks along a row of b and a row of c. The
# compiler makes vector instructions of it.
#
# **3. Blocked.** For each row of a, all of b passes by: 2.4 MB, more than the nearest caches hold.
# Take 64 rows of b, use them for all rows of a, then take the next 64.

# %%


@compiled
def ijk(a, b, c):
    for i in range(c.shape[0]):
        for j in range(c.shape[1]):
            total = np.float32(0)
            for k in range(len(b)):
                total += a[i, k] * b[k, j]
            c[i, j] = total


@compiled
def add_row(c, x, b):
    for j in range(len(c)):
        c[j] += x * b[j]


@compiled
def ikj(a, b, c):
    c[:] = 0
    for i in range(len(c)):
        for k in range(len(b)):
            add_row(c[i], a[i, k], b[k])


@compiled
def blocked(a, b, c):
    c[:] = 0
    for k0 in range(0, len(b), 64):
        for i in range(len(c)):
            for k in range(k0, min(k0 + 64, len(b))):
                add_row(c[i], a[i, k], b[k])


# %% [markdown]
# **4. Packed.** For one multiply-add, rungs 2 and 3 load a number of b and one of c, and store c.
# Eight steps of k at once load and store c once for eight multiply-adds. A block of b, 48 x 128, is
# *packed* before: copied so that it lies in one piece, 24 kB, which fits the first-level cache.
#
# **5. SIMD tile.** The sums of ROWS x WIDTH numbers of c stay in vector registers during *all*
# steps of k. A step loads VECTORS vectors of b and ROWS numbers of a for ROWS x VECTORS
# multiply-adds, and stores nothing. No Python loop can say this to the compiler: `tile`
# (`minivit/kernels/simd/tiles.py`) writes the instructions.

# %%


@compiled
def packed(a, b, c):  # K is a multiple of 48 here
    c[:] = 0
    for k0 in range(0, len(b), 48):
        for j0 in range(0, c.shape[1], 128):
            p = b[k0 : k0 + 48, j0 : j0 + 128].copy()
            for i in range(len(c)):
                row = c[i, j0 : j0 + 128]
                for k in range(0, len(p), 8):
                    x = a[i, k0 + k : k0 + k + 8]
                    for j in range(len(row)):
                        row[j] += (
                            x[0] * p[k, j] + x[1] * p[k + 1, j] + x[2] * p[k + 2, j]
                            + x[3] * p[k + 3, j] + x[4] * p[k + 4, j] + x[5] * p[k + 5, j]
                            + x[6] * p[k + 6, j] + x[7] * p[k + 7, j]
                        )  # fmt: skip


@compiled
def tiles(a, b, c):  # N is a multiple of WIDTH here
    (M, K), N = a.shape, b.shape[1]
    flat_a, flat_c = a.reshape(-1), c.reshape(-1)
    for j in range(0, N, WIDTH):
        panel = Matrix(b[:, j : j + WIDTH].copy().reshape(-1), 0, WIDTH, 1)  # packed
        for i in range(0, M - ROWS + 1, ROWS):
            part = Matrix(flat_c, i * N + j, N, 1)
            tile(ROWS, VECTORS, Matrix(flat_a, i * K, K, 1), panel, part, False, part, WIDTH, K)
        for i in range(M // ROWS * ROWS, M):  # the rows that are left, one by one
            part = Matrix(flat_c, i * N + j, N, 1)
            tile(1, VECTORS, Matrix(flat_a, i * K, K, 1), panel, part, False, part, WIDTH, K)


# %% [markdown]
# ## The library's version
#
# `minivit.kernels.product` does the same with more care for caches, odd sizes and threads. Each
# rung is checked first. The sum of K products in float32 may round by about sqrt(K) 6e-8 of its
# terms' size, so we ask for 1e-5 of the largest |c|, before we time it.


# %%
def check(product, a=a, b=b, true=true):
    c = np.full(true.shape, np.nan, np.float32)  # what is not written is found
    product(a, b, c)
    error = np.abs(c - true).max() / np.abs(true).max()
    return error if error < 1e-5 else math.inf  # NaN is not below anything


def library(a, b, c):
    c[:] = matmul(a, b)


speeds = {}
for product in (ijk, ikj, blocked, packed, tiles, library):
    error = check(product)
    c = np.empty((M, N), np.float32)
    speeds[product.__name__] = flops / fastest(product, a, b, c) / 1e9
    speed = speeds[product.__name__]
    print(f"{product.__name__:<8}{speed:7.1f} GFLOP/s,{speed / speeds['ijk']:5.0f} times i-j-k, "
          f"{speed / peak:4.0%} of the peak, off by {error:.0e}")  # fmt: skip
    assert error < 1e-5, f"{product.__name__} is wrong"
assert min(speeds[name] for name in ("ikj", "blocked")) > 3 * speeds["ijk"]
assert speeds["packed"] > 6 * speeds["ijk"]
assert min(speeds["tiles"], speeds["library"]) > 15 * speeds["ijk"]

# %% [markdown]
# The largest step is the smallest change: two loops exchanged. Blocks alone bring little here, for
# what limits rungs 2 and 3 is the loads and stores of each multiply-add. The other large steps keep
# sums in registers. (How large each step is depends on the machine, and on what else it does: the
# asserts ask for much less than was measured.)
#
# ## Break it
#
# The rows that a tile leaves over are the classic mistake. 197 is no multiple of ROWS, 192 is: who
# checks with round sizes alone sees nothing.


# %%
def no_rest(a, b, c):
    whole = len(a) // ROWS * ROWS
    tiles(a[:whole], b, c[:whole])


round_size, real_size = check(no_rest, a[:192], b, true[:192]), check(no_rest)
print(f"without the rest: M = 192 off by {round_size:.0e}, M = 197 off by {real_size}")
assert round_size < 1e-5 and real_size == math.inf

# %% [markdown]
# ## Softmax: the other side of the roof
#
# Softmax does about 5 FLOPs a number (maximum, difference, exp counted as one, sum, product) and
# moves 8 bytes: 0.6 FLOPs per byte, left of the corner. Here it counts how often memory is walked
# through, and how exp is computed. NumPy makes five passes over all numbers; a loop row by row
# keeps its row in the cache, but calls the C library's exp for each number. minivit's `exp` is a
# polynomial without branches, which the compiler makes vector instructions of, and its kernel takes
# several rows at a time (`minivit/kernels/softmax.py`).


# %%
def numpy_passes(x):
    probs = x - x.max(axis=-1, keepdims=True)
    np.exp(probs, out=probs)
    probs /= probs.sum(axis=-1, keepdims=True)
    return probs


def softmax_with(exp):
    def by_rows(x):
        probs = np.empty_like(x)
        for row in range(len(x)):
            p, highest, total = probs[row], x[row].max(), np.float32(0)
            for j in range(len(p)):
                p[j] = exp(x[row, j] - highest)
            for j in range(len(p)):
                total += p[j]
            for j in range(len(p)):
                p[j] /= total
        return probs

    return compiled(by_rows)


x = rng.normal(size=(12 * 197, 197)).astype(np.float32)
e = np.exp(x.astype(np.float64))
softmaxes = {
    "loop, C's exp": softmax_with(math.exp),
    "NumPy's passes": numpy_passes,
    "loop, vector exp": softmax_with(exp),
    "minivit's softmax": lambda x: kernels.softmax_forward(x)[0],
}
of_softmax = {}
for name, softmax in softmaxes.items():
    error = np.abs(softmax(x) - e / e.sum(axis=-1, keepdims=True)).max()
    assert error < 1e-6, f"{name} is wrong"
    speed = of_softmax[name] = 5e-9 * x.size / fastest(softmax, x)
    print(f"{name:<18}{speed:5.1f} GFLOP/s, {8 / 5 * speed:5.1f} GB/s, off by {error:.0e}")
slowest = of_softmax["loop, C's exp"]
assert min(of_softmax["loop, vector exp"], of_softmax["minivit's softmax"]) > 1.5 * slowest

# %% [markdown]
# ## A picture to keep
#
# The same work climbs straight up: its intensity is that of the task, and the way in which it is
# done decides how far below the roof it stays.

# %%
if can_draw():
    out = picture_folder()  # out, or another where that can\'t be written
    figure = new_figure(9, 6)
    axes = figure.subplots()
    intensities = np.array([0.1, peak / bandwidth, 2000])
    axes.loglog(intensities, np.minimum(peak, intensities * bandwidth), color="#555555")
    axes.text(1.2 * peak / bandwidth, peak * 1.1, f"peak: {peak:.0f} GFLOP/s", color="#555555")
    slope = f"memory:\n{bandwidth:.0f} GB/s"
    axes.text(0.13, bandwidth * 0.3, slope, color="#555555", ha="left")
    names = {"ijk": "i-j-k loops", "ikj": "i-k-j loops", "tiles": "SIMD tile",
             "library": "minivit's product"}  # fmt: skip
    of_product = {names.get(name, name): speed for name, speed in speeds.items()}
    for rungs, intensity, colour, marker in (
        (of_product, flops / moved, "#1f77b4", "o"),
        (of_softmax, 5 / 8, "#ff7f0e", "s"),
    ):
        axes.plot([intensity] * len(rungs), list(rungs.values()), marker, color=colour)
        height = 1.2 * peak
        for name, speed in sorted(rungs.items(), key=lambda rung: -rung[1]):
            height = min(speed, height / 1.35)  # labels stay apart, and below the roof
            place = {"xytext": (intensity * 1.6, height), "va": "center", "color": colour}
            line = {"arrowstyle": "-", "color": colour, "linewidth": 0.7}
            axes.annotate(f"{name}: {speed:.2g}", (intensity, speed), arrowprops=line, **place)
    axes.set(xlabel="intensity (FLOPs per byte)", ylabel="speed (GFLOP/s)", xlim=(0.1, 2000))
    axes.set(ylim=(0.2, 2.5 * peak))
    axes.set_title("Softmax (left) and a matrix product (right) climb towards one core's roof")
    figure.tight_layout()
    save_png(figure, out / "12_kernels.png")
    print(
        "The rungs of both ladders, in GFLOP/s, under the roof of one core: the product climbs "
        f"from far below the peak to just under it, softmax stays lower: {out / '12_kernels.png'}"
    )
else:
    print("Without matplotlib there is no figure: pip install matplotlib")

# %% [markdown]
# ## Exercises
#
# **12.1 Predict the roof** of a product (M, K) times (K, N) in float32: GFLOP/s, given the peak in
# GFLOP/s and the bandwidth in GB/s. With M = 1, one token alone, it is another world. Roughly 3
# lines.


# %%
def roof(M, K, N, peak, bandwidth):
    ### BEGIN SOLUTION
    intensity = 2 * M * K * N / (4 * (M * K + K * N + M * N))
    return min(peak, intensity * bandwidth)
    ### END SOLUTION


assert math.isclose(roof(197, 768, 768, 100, 20), 100), "many tokens: the peak is the limit"
found = roof(1, 768, 768, 100, 20)
assert abs(found - 9.974) < 0.001, f"you say {found}: each number of b is read for 2 FLOPs"
print("12.1 is right")

# %% [markdown]
# **12.2 Why 8 x 2?** A tile of `rows` x `vectors` keeps its sums, the vectors of b of one step and
# one broadcast number of a in registers. How many multiply-adds (of vectors) does a step make, how
# many loads does it need, how many registers? Roughly 1 line.


# %%
def tile_cost(rows, vectors):
    """-> multiply-adds, loads, registers"""
    ### BEGIN SOLUTION
    return rows * vectors, rows + vectors, rows * vectors + vectors + 1
    ### END SOLUTION


for shape, true_cost in {(1, 1): (1, 2, 3), (6, 2): (12, 8, 15), (8, 2): (16, 10, 19)}.items():
    assert tile_cost(*shape) == true_cost, f"{shape[0]} x {shape[1]}: it is {true_cost}"
print("6 x 2 fits the 16 registers of AVX2, 8 x 2 the 32 of AVX-512. 12.2 is right")

# %% [markdown]
# **12.3 Softmax in fewer passes.** Maximum and sum can be found in *one* walk along the row: when a
# larger number comes, what was summed so far must be scaled (Milakov and Gimelshein 2018). Derive
# by which factor, and code it: x (T,) -> highest, total. Begin with the first number. Roughly 6
# lines.


# %%
def highest_and_total(x):
    ### BEGIN SOLUTION
    highest, total = x[0], 1.0
    for number in x[1:]:
        if number > highest:
            total *= math.exp(highest - number)
            highest = number
        total += math.exp(number - highest)
    return highest, total
    ### END SOLUTION


for row in ([2.0, 1.0], [1.0, 2.0], [-3.0, 1e4, 1e4], list(x[0].astype(float))):
    highest, total = highest_and_total(np.array(row))
    assert highest == max(row), "the first is the maximum of all"
    right = sum(math.exp(number - highest) for number in row)
    assert math.isclose(total, right), f"{row[:3]}: the sum is {right}, not {total}"
print("12.3 is right")
