# %% [markdown]
# # Lesson 12: from loops to kernels
#
# *70 minutes; builds on lessons 3 and 6.*
#
# **The question.** A matrix product is three loops. Compiled as they stand they take fifty times as
# long as this processor needs, or far longer. Where does the time go, and which steps lead from the
# loops to a **kernel**, code that is nearly as fast as the machine?
#
# This lesson imports Numba, which compiles Python functions. It runs on one core.
#
# **The shapes.** c (M, N) = a (M, K) b (K, N): the last product of an attention branch, merged
# heads times w_out, for one image in the paper's ViT-B/16. M = T = 197 tokens, K = N = D = 768. And
# softmax over rows of T scores, T rows for each of H = 12 heads. All in float32: 4 bytes a number.

# %%
import math
import time

import numba
import numpy as np

from minivit import kernels, ops
from minivit.figures import keep_picture
from minivit.kernels.elementary import exp
from minivit.kernels.matrix import Matrix
from minivit.kernels.product.matmul import matmul
from minivit.kernels.simd import ROWS, VECTORS, lanes, tile

numba.set_num_threads(1)
M, K, N = 197, 768, 768
rng = np.random.default_rng(0)
a, b = (rng.normal(size=shape).astype(np.float32) for shape in ((M, K), (K, N)))
true = a.astype(np.float64) @ b
# The compiler may change the order of a sum, which vectors need (reassoc), multiply and add in one
# step (contract), take -0 for 0 (nsz). As in NumPy, division by 0 raises no error.
compiled = numba.njit(fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")


def fastest(function, *arguments, seconds=0.2):
    """The shortest of several calls: the others were disturbed by what else runs here."""
    function(*arguments)  # compiles
    times, end = [], time.process_time() + seconds  # on a busy machine that takes longer
    while not times or time.process_time() < end:
        begin = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - begin)
    return min(times)


# %% [markdown]
# ## The derivation: two limits
#
# A core calculates with what is in its **registers**: 16 or 32 places, each for a vector of 4 to 16
# float32 numbers. One **SIMD** instruction (single instruction, multiple data) multiplies and adds
# all numbers of a vector at once. Numbers come from memory in lines of 64 bytes; **caches**, small
# memories near the core, keep copies of the lines used last. The first level (L1) holds some 32 to
# 48 kB, the second (L2) 0.5 to 2 MB, the third more.
#
# The product does M N K multiplications and as many additions: 2 M N K FLOPs (floating-point
# operations). It must read a and b and write c at least once: 4 (M K + K N + M N) bytes. So there
# are two limits: the **peak**, FLOPs per second when the core waits for no number, and the
# **bandwidth**, bytes per second from memory. With its **intensity** I = FLOPs / bytes,
#
#     FLOPs per second  <=  min(peak, I bandwidth)
#
# Drawn over I this is a slope and a flat line, the **roofline** (Williams, Waterman and Patterson
# 2009). They meet at I = peak / bandwidth: left of it the core waits for memory, right of it for
# its own arithmetic.
#
# We measure the bandwidth with a sum of large arrays, and the peak with the heart of minivit's
# product (rung 5 below): `tile(rows, vectors, a, r, b, start, use_start, c, width, steps)`
# multiplies some rows of a, from row r on, by some columns of b, in `steps` steps. If each step
# takes the same numbers again (the next lie 0 further), it waits for none. (On paper: most cores
# begin two multiply-adds of vectors in a cycle; with 8 numbers a vector, 2 x 8 x 2 FLOPs, at 2.85
# GHz 91 GFLOP/s.)


# %%
WIDTH = VECTORS * lanes("float32")  # columns of a tile; lanes: numbers in a vector


@compiled
def multiply_add(a, b, c, steps, further):
    # A Matrix: its numbers, where it begins, how far on the next row lies, and the next column.
    rows, columns, sums = Matrix(a, 0, 1, further), Matrix(b, 0, further, 1), Matrix(c, 0, WIDTH, 1)
    # use_start is False: the sums begin with 0, and what stands for `start` is not read
    tile(ROWS, VECTORS, rows, 0, columns, sums, False, sums, WIDTH, steps)


few = [np.full(size, 1e-3, np.float32) for size in (ROWS, WIDTH, ROWS * WIDTH)]
peak = 2e-9 * 50_000 * ROWS * WIDTH / fastest(multiply_add, *few, 50_000, 0)
large = [np.ones(1 << 24, np.float32) for _ in range(3)]  # 64 MiB each: in no cache
bandwidth = 3e-9 * large[0].nbytes / fastest(np.add, *large)  # the third is where sums go
flops, moved = 2 * M * N * K, 4 * (M * K + K * N + M * N)
print(f"a tile here: {ROWS} rows, {VECTORS} vectors of {lanes('float32')} numbers")
print(f"peak {peak:.0f} GFLOP/s, bandwidth {bandwidth:.0f} GB/s: they meet at "
      f"{peak / bandwidth:.1f} FLOPs per byte; the product has {flops / moved:.0f}")  # fmt: skip
assert flops == 232_390_656 and 65 < flops / moved < 66

# %% [markdown]
# The product stands far to the right: if each number is brought from memory only once, its limit is
# the arithmetic.
#
# ## By hand, rung by rung
#
# **1. i-j-k**, as in the formula. The inner loop walks down a column of b, whose numbers lie 3,072
# bytes apart. So they can't be loaded as a vector, and each step fetches a line of 64 bytes for the
# sake of four; the column's 768 lines, 49 kB, have often left L1 before the next column needs them.
#
# **2. i-k-j.** Two loops exchanged: the inner one walks along a row of b and a row of c, and the
# compiler makes vector instructions of it.
#
# **3. Blocked.** For each row of a, all of b passes by: 2.4 MB, more than L1 and L2 hold. Take
# `some` = 64 rows of b (197 kB, they fit L2), use them for all rows of a, then the next 64. (All at
# once is rung 2.)


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
def ikj(a, b, c, some):
    c[:] = 0
    for k0 in range(0, len(b), some):
        for i in range(len(c)):
            for k in range(k0, min(k0 + some, len(b))):
                x = a[i, k]
                for j in range(c.shape[1]):
                    c[i, j] += x * b[k, j]


# %% [markdown]
# **4. Packed.** For one multiply-add, rungs 2 and 3 load a number of b and one of c, and store c.
# Four steps of k at once load and store c once for four multiply-adds. And 48 x 128 numbers of b
# are **packed** before: copied so that they lie in one piece of memory, 24 kB, which fits L1.
#
# **5. SIMD tile.** The ROWS x WIDTH sums of a tile of c stay in vector registers during *all* steps
# of k. A step loads VECTORS vectors of b and ROWS numbers of a, does ROWS x VECTORS multiply-adds
# of vectors, and stores nothing. With 6 x 2 that is 12 multiply-adds for 8 loads, with rung 2 it is
# one for two loads and a store; a core can begin about two multiply-adds and two loads in a cycle.
# In registers are 12 sums, 2 vectors of b, one number of a (copied into all places of a vector): 15
# of 16. (With 32, as in AVX-512, it is 8 x 2.) No loop in Python can tell the compiler so: `tile`
# (`minivit/kernels/simd/tiles.py`) writes these instructions itself. WIDTH columns of b are packed.


# %%
@compiled
def packed(a, b, c):  # K is a multiple of 48 here
    c[:] = 0
    for k0 in range(0, len(b), 48):
        for j0 in range(0, c.shape[1], 128):
            p = b[k0 : k0 + 48, j0 : j0 + 128].copy()
            for i in range(len(c)):
                row = c[i, j0 : j0 + 128]
                for k in range(0, len(p), 4):
                    w, x, y, z = a[i, k0 + k], a[i, k0 + k + 1], a[i, k0 + k + 2], a[i, k0 + k + 3]
                    for j in range(len(row)):
                        row[j] += w * p[k, j] + x * p[k + 1, j] + y * p[k + 2, j] + z * p[k + 3, j]


@compiled
def tiles(a, b, c):  # N is a multiple of WIDTH here
    (M, K), N = a.shape, b.shape[1]
    flat_a, flat_c = a.reshape(-1), c.reshape(-1)
    for j in range(0, N, WIDTH):
        panel = Matrix(b[:, j : j + WIDTH].copy().reshape(-1), 0, WIDTH, 1)  # in one piece, flat
        for below in range(0, M, ROWS):
            i = min(below, M - ROWS)  # where rows are left over, the last tile overlaps another
            part = Matrix(flat_c, i * N + j, N, 1)
            rows = Matrix(flat_a, i * K, K, 1)
            tile(ROWS, VECTORS, rows, 0, panel, part, False, part, WIDTH, K)


# %% [markdown]
# ## The library's version
#
# `minivit.kernels.product` does the same with more care for caches, odd sizes and threads. Each
# rung is checked before it is timed. In float32 each addition rounds by up to 6e-8 of the sum so
# far; K such errors, some up, some down, make about sqrt(K) 6e-8, 2e-6. We ask for 1e-5 of the
# largest |c|.


# %%
def check(product, a=a, b=b, true=true):
    c = np.full(true.shape, np.nan, np.float32)  # what is not written is found
    product(a, b, c)
    error = np.abs(c - true).max() / np.abs(true).max()
    return error if error < 1e-5 else math.inf  # NaN is not below anything


rungs = {
    "i-j-k": ijk,
    "i-k-j": lambda a, b, c: ikj(a, b, c, len(b)),
    "blocked": lambda a, b, c: ikj(a, b, c, 64),
    "packed": packed,
    "SIMD tile": tiles,
    "minivit's product": lambda a, b, c: np.copyto(c, matmul(a, b)),
}
speeds, c = {}, np.empty((M, N), np.float32)
for name, product in rungs.items():
    error = check(product)
    assert error < 1e-5, f"{name} is wrong"
    speed = speeds[name] = 1e-9 * flops / fastest(product, a, b, c)
    print(f"{name:<18}{speed:6.1f} GFLOP/s,{speed / speeds['i-j-k']:5.0f} times i-j-k, "
          f"{speed / peak:5.1%} of the peak, off by {error:.0e}")  # fmt: skip
times = [speed / speeds["i-j-k"] for speed in speeds.values()]
assert min(times[1:3]) > 3 and times[3] > 6 and min(times[4:]) > 15

# %% [markdown]
# The largest step is the smallest change: two loops exchanged. It brings vectors. Blocks alone
# bring little here; with less to load and store as well (rungs 4 and 5) it goes on. (The asserts
# ask for much less: machines differ. At this size, on one core, the last two are about equal.)
#
# ## Break it
#
# The rows that tiles leave over are the classic mistake. 197 is no multiple of ROWS, 192 is:
# whoever checks with round sizes alone sees nothing.


# %%
def no_rest(a, b, c):
    whole = len(a) // ROWS * ROWS
    tiles(a[:whole], b, c[:whole])


round_size, real_size = check(no_rest, a[:192], b, true[:192]), check(no_rest)
print(f"without the rest: M = 192 off by {round_size:.0e}, M = 197 off by {real_size}")
assert round_size < 1e-5 and real_size == math.inf

# %% [markdown]
# ## Softmax: left of the corner
#
# Softmax takes about 24 FLOPs a number: exp about 20 (a polynomial), and 4 for the maximum, the
# difference, sum and product. It reads 4 bytes and writes 4: 24 FLOPs for 8 bytes, 3 per byte. From
# memory the limit would be 3 x bandwidth. But x, 1.9 MB, stays in L2 or L3, which are faster. So
# what counts is how exp is computed, and how often the numbers are walked through:
#
# - A loop over rows keeps its row in L1, but calls the C library's exp for one number at a time.
# - NumPy calculates with vectors, but makes five passes over all numbers.
# - minivit's `exp` has no branch and no call, so that the compiler can make vector instructions of
#   a loop; and its softmax takes several short rows at a time (`minivit/kernels/softmax.py`).


# %%
def softmax_with(exp):
    def by_rows(x):
        probs = np.empty_like(x)
        for row in range(len(x)):
            p, highest, total = probs[row], x[row].max(), np.float32(0)
            for j in range(len(p)):
                p[j] = exp(x[row, j] - highest)
                total += p[j]
            for j in range(len(p)):
                p[j] /= total
        return probs

    return compiled(by_rows)


x = rng.normal(size=(12 * 197, 197)).astype(np.float32)
e = np.exp(x.astype(np.float64))
softmaxes = {
    "loop, C's exp": softmax_with(math.exp),
    "NumPy's passes": lambda x: ops.softmax_forward(x)[0],
    "loop, vector exp": softmax_with(exp),
    "minivit's softmax": lambda x: kernels.softmax_forward(x)[0],
}
of_softmax = {}
for name, softmax in softmaxes.items():
    error = np.abs(softmax(x) - e / e.sum(axis=-1, keepdims=True)).max()
    assert error < 1e-6, f"{name} is wrong"
    speed = of_softmax[name] = 24e-9 * x.size / fastest(softmax, x)
    print(f"{name:<18}{speed:5.1f} GFLOP/s, off by {error:.0e}")
print(f"limit if x came from memory: {3 * bandwidth:.0f} GFLOP/s")
slowest = of_softmax["loop, C's exp"]
assert min(of_softmax["loop, vector exp"], of_softmax["minivit's softmax"]) > 1.5 * slowest

# %% [markdown]
# ## A picture to keep
#
# The same work climbs straight up: its intensity is the task's, and how it is done decides how far
# below the roof it stays.


# %%
def draw(figure):
    """The rungs of both ladders, in GFLOP/s, and the roof of one core: the product climbs from far
    below the peak to near it, softmax stays lower."""
    axes = figure.subplots()
    intensities = np.array([0.1, peak / bandwidth, 2000])
    axes.loglog(intensities, np.minimum(peak, intensities * bandwidth), color="#555555")
    axes.text(1.2 * peak / bandwidth, 1.1 * peak, f"peak: {peak:.0f} GFLOP/s")
    axes.text(0.13, 0.3 * bandwidth, f"memory:\n{bandwidth:.0f} GB/s")
    for ladder, intensity, marker in ((speeds, flops / moved, "o"), (of_softmax, 24 / 8, "s")):
        axes.plot([intensity] * len(ladder), list(ladder.values()), marker)
        height = 1.2 * peak
        for name, speed in sorted(ladder.items(), key=lambda rung: -rung[1]):
            height = min(speed, height / 1.35)  # labels stay apart, and below the roof
            axes.annotate(f"{name}: {speed:.2g}", (intensity, speed), (1.6 * intensity, height),
                          va="center", arrowprops={"arrowstyle": "-"})  # fmt: skip
    axes.set(xlabel="intensity (FLOPs per byte)", ylabel="speed (GFLOP/s)")
    axes.set(xlim=(0.1, 2000), ylim=(0.2, 2.5 * peak))
    axes.set_title("Softmax (left) and a matrix product (right) climb towards one core's roof")


keep_picture(draw, "12_kernels.png", 9, 6)

# %% [markdown]
# ## Exercises
#
# **12.1 Predict the roof** of a product (M, K) times (K, N) in float32: GFLOP/s, given the peak in
# GFLOP/s and the bandwidth in GB/s. With M = 1, one token alone, which share of the peak is left?
# Roughly 3 lines.


# %%
def roof(M, K, N, peak, bandwidth):
    ### BEGIN SOLUTION
    intensity = 2 * M * K * N / (4 * (M * K + K * N + M * N))
    return min(peak, intensity * bandwidth)
    ### END SOLUTION


many, found = roof(197, 768, 768, 100, 20), roof(1, 768, 3072, 100, 20)
assert math.isclose(many, 100), f"you say {many:.4g}: for many tokens the peak is the limit, 100"
assert abs(found - 9.984) < 0.001, f"you say {found:.5g}: 4 bytes of b for 2 FLOPs, and a and c too"
print("12.1 is right: a tenth of the peak, since each number of b is used once")

# %% [markdown]
# **12.2 Softmax in fewer passes.** The maximum, and the sum of all exp(x_j - maximum), can be found
# in *one* walk along a row: when a larger number comes, what was summed so far must be scaled
# (Milakov and Gimelshein 2018). Derive by which factor, and code it: x, which gives its numbers one
# by one and only once (`for number in x`) -> highest, total. `math.exp(1e4)` overflows: let no
# exponent be positive. Roughly 7 lines.


# %%
def highest_and_total(x):
    ### BEGIN SOLUTION
    highest, total = -math.inf, 0.0
    for number in x:
        if number > highest:
            total *= math.exp(highest - number)
            highest = number
        total += math.exp(number - highest)
    return highest, total
    ### END SOLUTION


for row in ([2.0, 1.0], [1.0, 2.0], [-2e4, -1e4], [-3.0, 1e4, 1e4], x[0].tolist()):
    highest, total = highest_and_total(iter(row))
    assert highest == max(row), f"{row[:3]}: you say that {highest} is the largest of all"
    right = sum(math.exp(number - highest) for number in row)
    assert math.isclose(total, right, rel_tol=1e-6), (
        f"{row[:3]}: you say that the sum is {total}, it is {right}"
    )
print("12.2 is right")
