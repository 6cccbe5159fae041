# %% [markdown]
# # Lesson 25: what a bit is worth
#
# *60 minutes; builds on lessons 8, 10 and 12.*
#
# **The question.** Half as many bits are half as many bytes to move, and processors have
# instructions that multiply them several times as fast. So models are trained with numbers of 16
# bits, but not everywhere, and not with any 16 bits. What does a number lose, which sums notice,
# and why did one format of 16 bits need a trick that the other does without?
#
# **The shapes.** A number is three groups of bits: a sign s, an exponent e and a fraction f.
#
# | format | s | e | f | who |
# |---|---|---|---|---|
# | float32 | 1 | 8 | 23 | all numbers of this course so far |
# | float16 | 1 | 5 | 10 | IEEE 754's "half" |
# | bfloat16, bf16 | 1 | 8 | 7 | the upper half of a float32 (Google, 2018) |

# %%
import math
import time

import numpy as np

import minivit
from minivit import InputError, ops
from minivit.figures import keep_picture
from minivit.ops.product import rounded

FORMATS = {"float32": (8, 23), "float16": (5, 10), "bf16": (8, 7)}  # bits of e and of f
rng = np.random.default_rng(0)

# %% [markdown]
# ## The derivation: what bits mean
#
# 1. *A number.* Between two powers of 2 lie 2^n numbers, n bits of fraction, all equally far apart.
#    The exponent says between which; it is stored with a bias, so that it needs no sign:
#
#        x = (-1)^s 2^(e - bias) (1 + f / 2^n),     bias = 2^(bits of e - 1) - 1
#
#    The least and the largest e are kept for 0 and what is near it, and for infinity and NaN.
# 2. *The spacing* of numbers near x is 2^(e - bias - n): it grows with x. The nearest one is at
#    most half a spacing away, so rounding changes x by a part of at most u = 2^-(n + 1).
# 3. *The range* is a matter of e alone: the largest number is just below 2^(bias + 1), the least
#    with all its bits is 2^(1 - bias). Below that the spacing stays: down to 2^(1 - bias - n).
#
# More f, finer; more e, further. bf16 has float32's range and steps 65,536 times as long.


# %%
def taken_apart(bits, exponent, fraction):
    """The groups of bits of an unsigned number: s, e, f."""
    bits = int(bits)
    return (bits >> exponent + fraction, bits >> fraction & 2**exponent - 1,
            bits & 2**fraction - 1)  # fmt: skip


def put_together(s, e, f, exponent, fraction):
    bias = 2 ** (exponent - 1) - 1
    return (-1) ** s * 2.0 ** (e - bias) * (1 + f / 2**fraction)


x = np.float32(0.1)
stored = {"float32": x.view(np.uint32), "float16": np.float16(x).view(np.uint16)}
stored["bf16"] = rounded(x).view(np.uint32) >> 16
for name, bits in stored.items():
    exponent, fraction = FORMATS[name]
    s, e, f = taken_apart(bits, exponent, fraction)
    value, bias = put_together(s, e, f, exponent, fraction), 2 ** (exponent - 1) - 1
    print(f"0.1 in {name:7}: {s} {e:0{exponent}b} {f:0{fraction}b} = 2^{e - bias} (1 + {f} / "
          f"{2**fraction:,}) = {value:.9f};  from {2.0 ** (1 - bias):.0e} to "
          f"{2.0**bias * (2 - 2.0**-fraction):.1e}, u = 2^-{fraction + 1}")  # fmt: skip
    assert abs(value - 0.1) <= 0.1 * 2.0 ** -(fraction + 1)
    if name != "bf16":  # NumPy has no bf16: minivit keeps its numbers in float32, rounded
        least, info = 2.0 ** (1 - bias), np.finfo(name)
        assert (value, least, 2.0**-fraction) == ({"float32": x, "float16": np.float16(x)}[name],
                                                  info.smallest_normal, info.eps)  # fmt: skip

# %% [markdown]
# ## Rounding by hand, and the library's version
#
# bf16 is cheap to make: cut 16 bits off a float32. But the nearest one may be the next: up if what
# is cut off is more than half a step, and if it is just half, to the one whose last bit is 0 (*ties
# to even*: always up would move means). One more step is one more in the bits, and where the
# fraction is full the carry makes the exponent larger, as it must: no case of its own.


# %%
def nearest_bf16(x):
    """x (...) float32 -> the nearest bf16, as float32"""
    bits = x.view(np.uint32)
    kept, cut = bits >> 16, bits & 0xFFFF
    half, odd = 0x8000, kept & 1 == 1
    up = (cut > half) | ((cut == half) & odd)
    near = ((kept + up) << 16).astype(np.uint32).view(np.float32)
    return np.where(np.isnan(x), x, near)  # a carry would make infinity of some NaNs


every = rng.integers(0, 2**32, 1_000_000, dtype=np.uint32).view(np.float32)  # any bits at all
halves = (np.arange(2**16, dtype=np.uint32) << 16 | 0x8000).view(np.float32)
for x in (every, halves, np.array([0.0, -0.0, np.inf, np.nan, 3.4e38], np.float32)):
    assert np.array_equal(nearest_bf16(x), rounded(x), equal_nan=True)
x = rng.standard_normal(100_000).astype(np.float32)
change = np.abs(rounded(x) / x - 1)
print(f"rounding changes a number by {change.mean():.2%} in the mean, and at most by "
      f"{change.max():.3%}: u = {2**-8:.3%}")  # fmt: skip
assert 2**-9 < change.max() <= 2**-8

# %% [markdown]
# ## Where sums must stay wide
#
# Add 1 to a sum s, again and again. From 256 on bf16's numbers lie 2 apart: 257 is as near to 256
# as to 258, the even one is 256, and there the sum stays for ever. In float16 that comes at 2,048,
# in float32 at 16,777,216. Any sum does so: what is less than half a spacing of s adds nothing.


# %%
def running_sum(x, to):
    """Every sum on the way, rounded each time: x (N,) -> (N,)"""
    total, path = np.float32(0), np.empty(len(x), np.float32)
    for i, number in enumerate(x):
        total = to(total + number)
        path[i] = total
    return path


def in_bf16(number):
    return nearest_bf16(np.float32(number).reshape(1))[0]


count = 10_000
ones, some = np.ones(count, np.float32), rng.uniform(0, 1, count).astype(np.float32)
paths = {"bf16": running_sum(some, in_bf16), "float16": running_sum(some, np.float16),
         "float32": running_sum(some, np.float32)}  # fmt: skip
for name, path in paths.items():
    print(f"10,000 numbers between 0 and 1, added in {name:7}: {path[-1]:9.2f}")
print(f"{'added in float64':>49}: {some.sum(dtype=np.float64):9.2f}")
assert running_sum(ones, in_bf16)[-1] == 256 and running_sum(ones, np.float16)[-1] == 2048
true = some.sum(dtype=np.float64)
assert paths["bf16"][-1] <= 256 and math.isclose(paths["float32"][-1], true, rel_tol=1e-5)

# %% [markdown]
# A matrix product is nothing but sums, of K terms, and K is 768 or 3,072 in the paper's models. So
# minivit (and every processor that multiplies bf16) rounds the *operands*, and adds in float32:
#
# 1. *Products are exact.* Two fractions of 8 bits (with the leading 1) make one of 16; float32 has
#    room for 24.
# 2. *Errors don't add up.* Each a and b is wrong by a part of at most u, up as often as down. Of
#    K such errors the sum grows like sqrt(K); the sum of the terms' sizes grows like K.
#
# Each number is rounded once, not K times. That is "mixed precision": wide sums, narrow operands.

# %%
K = 10_000
a, b = (rng.uniform(0, 1, (64, K)).astype(np.float32) for _ in range(2))
exact = np.einsum("ik,ik->i", a, b, dtype=np.float64)
a_, b_ = rounded(a), rounded(b)
assert np.array_equal(a_.astype(np.float64) * b_, a_ * b_)  # exact, in float32
wide = (a_[:, None, :] @ b_[:, :, None])[:, 0, 0]  # as ops.product makes it, 64 rows by 64 columns
narrow = np.array([running_sum(in_row, in_bf16)[-1] for in_row in a_[:2] * b_[:2]])
off, missing = np.abs(wide / exact - 1).max(), 1 - narrow / exact[:2]
print(f"64 sums of {K:,} products: with float32 sums wrong by at most {off:.4%}, with bf16 sums by "
      f"{missing.max():.0%}")  # fmt: skip
assert off < 2**-8 / 10 and missing.min() > 0.8

# %% [markdown]
# ## A model with rounded operands
#
# `minivit.use(..., precision="bf16")` (on the command line `--precision bf16`) does so in every
# linear map, forward and backward, and in attention over 128 tokens and more. All else stays
# float32: LayerNorm, softmax, loss, weights, the optimiser's moments. A step of AdamW moves a
# weight by a thousandth of itself: less than half of bf16's spacing, so it would add nothing.

# %%
data = minivit.load_dataset("digits")
small = minivit.variant("digits", depth=1, width=32, mlp=64)
recipe = minivit.TrainingConfig(small, learning_rate=0.006, epochs=2, warmup_epochs=0.5, shift=0)
models = {}
for precision in ("float32", "bf16"):
    with minivit.use("numpy", precision=precision):
        models[precision] = minivit.train(recipe, data).model
accuracy = {name: (m.logits(data.test.images).argmax(axis=1) == data.test.labels).mean()
            for name, m in models.items()}  # fmt: skip
print(", ".join(f"trained in {name}: {part:.1%}" for name, part in accuracy.items()))
assert abs(accuracy["bf16"] - accuracy["float32"]) < 0.05


def step(model, x, y):
    """logits (B, C), their gradients, and those of the parameters by name, copied"""
    logits, cache = model.forward(x)
    _, loss_cache = ops.cross_entropy_forward(logits, labels=y)
    dlogits = ops.cross_entropy_backward(1.0, loss_cache)
    model.zero_gradients()
    model.backward(dlogits, cache)
    return logits, dlogits, {name: g.copy() for name, g in model.gradients.items()}


model, (x, y) = models["float32"], (part[:100] for part in data.train)
logits, dlogits, gradients = step(model, x, y)
with minivit.use("numpy", precision="bf16"):
    logits_, _, gradients_ = step(model, x, y)
errors = {name: np.linalg.norm(gradients_[name] - g) / np.linalg.norm(g)
          for name, g in gradients.items() if "key" not in name}  # fmt: skip
off = np.abs(logits_ - logits).max() / np.abs(logits).max()
print(f"one model in both: logits differ by {off:.2%} of the largest, gradients by "
      f"{min(errors.values()):.2%} to {max(errors.values()):.2%} of their length")  # fmt: skip
assert 1e-4 < off < 0.03 and 1e-4 < max(errors.values()) < 0.2

# %% [markdown]
# Every operand lost 16 of its 24 bits, and what comes out is right to a percent. Gradients are
# noisy anyway, as batches are drawn: two batches differ by far more than that.
#
# ## Why gradients survive in bf16, and vanish in float16
#
# float16 has three bits more of fraction, and three less of exponent. What is below half of its
# least number, 2^-25 = 3e-8, becomes 0. The better a model reads, the smaller are its gradients;
# and the loss is a mean over the batch, which divides them once more. So take the gradients above,
# times a factor: which part of them is 0 or infinite then?


# %%
def lost(gradient, factor, to):
    """The part of the numbers that are neither 0 nor infinite, and become one of the two."""
    scaled = gradient[gradient != 0] * np.float32(factor)
    with np.errstate(over="ignore"):
        found = to(scaled)
    return np.mean((found == 0) | np.isinf(found))


g = np.concatenate([gradient.ravel() for gradient in gradients.values()])
factors = 2.0 ** np.arange(-32, 33, 2)
parts_lost = {name: [lost(g, factor, to) for factor in factors]
              for name, to in (("float16", np.float16), ("bf16", nearest_bf16))}  # fmt: skip
for factor in (1, 2**-16, 2**-24, 2**28):
    i = list(factors).index(factor)
    print(f"gradients times 2^{math.log2(factor):3.0f}: lost in float16 "
          f"{parts_lost['float16'][i]:4.0%}, in bf16 {parts_lost['bf16'][i]:.0%}")  # fmt: skip
assert max(parts_lost["bf16"]) == 0 and lost(g, 2**-16, np.float16) > 0.2
saved = lost(g, 2**-16 * 2**16, np.float16)
print(f"times 2^-16, and scaled by 2^16 before they are rounded: {saved:.1%} lost")
assert saved < 0.01 and lost(g, 2**28, np.float16) > 0.3

# %% [markdown]
# The last line is *loss scaling* (Micikevicius et al. 2018): multiply the loss by a large number
# before the backward, so that all gradients move into float16's range, and divide by it before the
# optimiser's step, in float32. Too large, and gradients are infinite: such a step is left out, and
# the scale halved. With float32's exponent nothing vanishes, and nothing need be scaled: that is
# why bf16 took over, though its numbers are coarser.
#
# ## How fast is it?
#
# The kernels (lesson 12) multiply bf16 where the processor can: by AVX-512, two products where
# there was one, or by AMX, whose registers hold whole tiles. Elsewhere they emulate it, if told.


# %%
def gflops(multiply, *matrices, seconds=0.3):
    multiply(*matrices)  # compiles
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        multiply(*matrices)
        times.append(time.perf_counter() - begin)
    return 2e-9 * 1024**3 / min(times)


left, right = (rng.standard_normal((1024, 1024)).astype(np.float32) for _ in range(2))
speeds = {}
for precision in ("float32", "bf16"):
    try:
        with minivit.use("numba", precision=precision):
            from minivit.kernels.product.matmul import matmul

            speeds[precision] = gflops(matmul, left, right)
            product = matmul(left, right)
    except InputError as reason:  # no Numba, or no such instruction
        print(f"not measured here: {reason}")
        continue
    print(f"1024 x 1024 x 1024 in {precision}: {speeds[precision]:.0f} GFLOP/s")
    operands = (left, right) if precision == "float32" else map(rounded, (left, right))
    assert np.allclose(product, np.matmul(*operands), atol=1e-3)  # 30 or more without the rounding
if len(speeds) == 2:
    print(f"bf16 is {speeds['bf16'] / speeds['float32']:.1f} times as fast")

# %% [markdown]
# A whole training step gains less: softmax, LayerNorm, GELU and the optimiser stay as they are.
#
# ## Break it: cut off
#
# Leave the rounding out, and only cut. One line less, and no shape, no type and hardly a number
# looks wrong. But every number becomes *smaller*, so errors no longer cancel.


# %%
def cut_off(x):
    return (x.view(np.uint32) & 0xFFFF0000).astype(np.uint32).view(np.float32)


means = {}
for word, to in (("rounded", nearest_bf16), ("cut off", cut_off)):
    there, and_back = np.float32(1.01), np.float32(1 / 1.01)
    walk = rng.uniform(1, 2, 10_000).astype(np.float32)
    begin = walk.mean()
    sums = (to(a)[:, None, :] @ to(b)[:, :, None])[:, 0, 0]
    for _ in range(50):  # as through layers that multiply by 1 in the end
        walk = to(to(walk * there) * and_back)
    means[word] = (sums / exact - 1).mean(), walk.mean() / begin - 1
    print(f"{word}: the sums of {K:,} products are off by {means[word][0]:+.4%} in the mean, "
          f"numbers after 100 roundings by {means[word][1]:+.2%}")  # fmt: skip
assert abs(means["rounded"][0]) < 1e-4 and -0.008 < means["cut off"][0] < -0.004
assert abs(means["rounded"][1]) < 0.02 and means["cut off"][1] < -0.1

# %% [markdown]
# ## A picture to keep


# %%
def draw(figure):
    """Left: the spacing of numbers grows with them, in steps; float16 ends early on either side.
    Middle: a sum of 10,000 numbers stalls where half the spacing is more than what is added. Right:
    gradients times a factor; float16 loses them on either side, bf16 nowhere."""
    spacing, sums, range_ = figure.subplots(1, 3)
    for name, (exponent, fraction) in FORMATS.items():
        bias = 2 ** (exponent - 1) - 1
        e = np.arange(max(1 - bias, -40), min(bias, 40) + 1)
        spacing.step(2.0**e, 2.0 ** (e - fraction), where="post", color=COLOURS[name], label=name)
        sums.plot(paths[name], color=COLOURS[name], label=name)
    spacing.set(xscale="log", yscale="log", xlabel="x", ylabel="distance to the next number")
    sums.set(yscale="log", xlabel="numbers added", ylabel="sum")
    for name, parts in parts_lost.items():
        range_.plot(factors, parts, color=COLOURS[name], label=name)
    range_.set(xscale="log", xlabel="factor", ylabel="part of the gradients that is lost")


COLOURS = {"float32": "#666666", "float16": "#d55e00", "bf16": "#0072b2"}
keep_picture(draw, "25_precision.png", 12, 3.6)

# %% [markdown]
# ## Exercises
#
# **25.1 Predict where it stops.** A sum begins at 0 and is rounded after each step. Where does it
# stay for ever if 1 is added in float16, 4 in bf16, and 3 in bf16? Think of the spacing, and of
# ties. Roughly 1 line.

# %%
### BEGIN SOLUTION
prediction = (2048, 1024, 1024)  # spacing 2; 8, a tie that goes to the even one; 8: 3 is below half
### END SOLUTION
asked = (1, np.float16), (4, in_bf16), (3, in_bf16)
for found, (number, to) in zip(prediction, asked, strict=True):
    stays = running_sum(np.full(3000, number, np.float32), to)[-1]
    assert found == stays, f"{number} again and again comes to {stays:.0f}, you say {found}"
print("25.1 is right")

# %% [markdown]
# **25.2 Rounding by chance.** 1/4 of a step above a number, go up once in four times: then sums of
# many are right in the mean, and none stalls. x (...) float32, u (...) from 0 to below 1, drawn ->
# bf16 as float32. Work on the bits: which number, at most 65,535, do you add before the 16 bits are
# cut off? (Do not care for NaN.) Roughly 3 lines.


# %%
def by_chance(x, u):
    ### BEGIN SOLUTION
    added = (u * 65536).astype(np.uint32)
    return cut_off((x.view(np.uint32) + added).astype(np.uint32).view(np.float32))
    ### END SOLUTION


x = np.full(100_000, 1 + 2**-9, np.float32)  # a quarter of the way from 1 to 1 + 2^-7
found = by_chance(x, rng.uniform(0, 1, len(x)))
assert set(found.tolist()) <= {1.0, 1 + 2.0**-7}, "only the two neighbours may come out"
up = np.mean(found > 1)
assert abs(up - 0.25) < 0.01, f"a quarter goes up; of yours {up:.1%}"
kept = rounded(rng.standard_normal(1000).astype(np.float32))
assert np.array_equal(by_chance(kept, rng.uniform(0, 1, 1000)), kept), "a bf16 stays as it is"
totals = np.zeros(200, np.float32)
for _ in range(1000):
    totals = by_chance(totals + np.float32(1), rng.uniform(0, 1, 200))
print(f"200 sums of a thousand ones, rounded by chance: {totals.mean():.0f} in the mean")
assert abs(totals.mean() / 1000 - 1) < 0.03, "no sum stalls, but the mean is wrong"
print("25.2 is right")

# %% [markdown]
# **25.3 float32 from bf16.** A processor that multiplies only bf16 can come near float32 all the
# same. Write x as high + low, both bf16: high the nearest, low what is left, rounded. Then a b is
# four products of bf16, one of which is so small that it may be left out. a (M, K), b (K, N) ->
# (M, N) with three products of rounded matrices. Roughly 4 lines.


# %%
def three_products(a, b):
    ### BEGIN SOLUTION
    a_high, b_high = rounded(a), rounded(b)
    a_low, b_low = rounded(a - a_high), rounded(b - b_high)
    return a_high @ b_high + (a_high @ b_low + a_low @ b_high)
    ### END SOLUTION


left, right = (rng.standard_normal((100, 100)) for _ in range(2))
expected = left @ right
one, three = (f(left.astype(np.float32), right.astype(np.float32)).astype(np.float64)
              for f in (lambda a, b: rounded(a) @ rounded(b), three_products))  # fmt: skip
one, three = (np.abs(found - expected).max() for found in (one, three))
print(f"largest error with one product {one:.1e}, with three {three:.1e}")
assert three < one / 100, "which two of the products make up for what rounding took?"
print("25.3 is right")
