# %% [markdown]
# # Lesson 8: the MLP and GELU
#
# *65 minutes; builds on lesson 4.*
#
# **The question.** Attention lets tokens exchange what they know; then each token thinks about it
# by itself, in the block's second half: a small network of two linear maps and a bend between them
# (the field calls it a **nonlinearity** or an activation function). Why two, why a bend, why the
# strange one called GELU? And what is its derivative?
#
# **The shapes.** The same two maps serve every token of every image.
#
# | array | shape | digits | B/16 |
# |---|---|---|---|
# | x | (B, T, D) | (64, 17, 64) | (B, 197, 768) |
# | z = x w1 + b1, h = gelu(z) | (B, T, M), M the MLP's width | (64, 17, 128) | (B, 197, 3072) |
# | out = h w2 + b2 | (B, T, D) again | (64, 17, 64) | (B, 197, 768) |
#
# Most ViTs take M = 4D (the digits model M = 2D). The two matrices hold 2 D M = 8 D^2 numbers, and
# attention's four hold 4 D^2: two thirds of a block's parameters are its MLP's.

# %%
import math

import numpy as np

import minivit
from minivit import ops
from minivit.checking.differences import central_gradient
from minivit.figures import keep_picture
from minivit.models.cost import cost_table
from minivit.ops.gelu import erf
from minivit.optim import Adam, warmup_cosine

rows = {row.name: row for row in cost_table(minivit.variant("B/16"))}
attention, mlp = rows["blocks.0.attention"], rows["blocks.0.mlp"]
print(f"B/16, one block: attention {attention.parameters:,} parameters, MLP {mlp.parameters:,}")
assert 1.9 < mlp.parameters / attention.parameters < 2.1

# %% [markdown]
# ## Why a bend
#
# Without one, two linear maps are one: (x w1) w2 = x (w1 w2), and M columns were in vain. Any bend
# will do for that. ReLU, max(z, 0), asks "is z positive?" and multiplies by the answer, 0 or 1.
# GELU (Hendrycks and Gimpel 2016) multiplies by a *probability* instead:
#
#     gelu(z) = z Phi(z),    Phi(z) = P(n < z) for a standard normal n = (1 + erf(z / sqrt(2))) / 2
#
# Far to the right Phi is 1 and z passes, far to the left it is 0 and z is stopped; in between it
# turns smoothly. erf(a) = 2/sqrt(pi) times the integral of exp(-s^2) from 0 to a; Python's `math`
# has it, for one number at a time.

# %%
rng = np.random.default_rng(0)
p = minivit.ViT("digits", seed=0, dtype=np.float64).parameters
B, T, (D, M) = 64, 17, p["blocks.0.mlp.w1"].shape
w1, b1, w2, b2 = (p[f"blocks.0.mlp.{name}"] for name in ("w1", "b1", "w2", "b2"))
x = rng.normal(size=(B, T, D))
assert np.allclose(x @ w1 @ w2, x @ (w1 @ w2))  # two maps without a bend are one


def Phi(z):
    return 0.5 * (1 + np.vectorize(math.erf)(z / math.sqrt(2)))


def mlp_forward(x):
    z = x @ w1 + b1  # (B, T, M)
    h = z * Phi(z)  # (B, T, M)
    return z, h, h @ w2 + b2  # (B, T, D)


z, h, out = mlp_forward(x)
theirs, cache = ops.mlp_forward(x, w1, b1, w2, b2)
print(f"out by hand and by the library: largest difference {np.abs(out - theirs).max():.1e}")
assert np.abs(out - theirs).max() < 1e-13
order = rng.permutation(T)
assert np.allclose(mlp_forward(x[:, order])[2], out[:, order])  # no token sees another

# %% [markdown]
# ## Two GELUs
#
# The authors of GELU gave a second form too, which needs no erf:
#
#     Phi(z) is about (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))) / 2
#
# Google's ViT takes that one; PyTorch's and Hugging Face's take erf by default. How far are they
# apart? (NumPy has no erf. The library's own is in `minivit/ops/gelu.py`.)

# %%
line = np.linspace(-8, 8, 16_001)
exact, exact_cache = ops.gelu_forward(line)
fast, fast_cache = ops.gelu_forward(line, form="tanh")
slope = ops.gelu_backward(np.ones_like(line), exact_cache)
fast_slope = ops.gelu_backward(np.ones_like(line), fast_cache)
apart, slopes_apart = np.abs(exact - fast), np.abs(slope - fast_slope)
print(f"values: {apart.max():.1e} apart, at z = +-{abs(line[apart.argmax()]):.2f}")
print(f"slopes: {slopes_apart.max():.1e} apart, at z = +-{abs(line[slopes_apart.argmax()]):.2f}")
assert np.abs(erf(line) - np.vectorize(math.erf)(line)).max() < 4e-15
assert 4.7e-4 < apart.max() < 4.8e-4 and 8.6e-4 < slopes_apart.max() < 8.8e-4

# %% [markdown]
# Load weights that were trained with one form into a model with the other, and every MLP is off by
# that much. Does it matter? Train a model on the digits with erf (by the loop that lesson 11
# explains); give its weights to a twin with tanh.

# %%
data, steps = minivit.load_dataset("digits"), 150
model = minivit.ViT(minivit.variant("digits", gelu="erf"), seed=0, position_std=1.0)
optimiser = Adam(model.parameters, weight_decay=0.05)
for step in range(steps):
    batch = rng.integers(0, len(data.train.labels), 32)
    logits, model_cache = model.forward(data.train.images[batch])
    _, loss_cache = ops.cross_entropy_forward(logits, labels=data.train.labels[batch])
    model.zero_gradients()
    model.backward(ops.cross_entropy_backward(1.0, loss_cache), model_cache)
    optimiser.step(model.gradients, warmup_cosine(step, steps=steps, warmup=30, peak=2e-3))
twin = minivit.ViT(minivit.variant("digits", gelu="tanh"), seed=None)
twin.parameters.flat[:] = model.parameters.flat
logits, twin_logits = (each.logits(data.test.images) for each in (model, twin))
moved = np.abs(logits - twin_logits).max()
changed = (logits.argmax(axis=1) != twin_logits.argmax(axis=1)).sum()
print(f"erf's weights with tanh: logits (spread {logits.std():.1f}) move by up to {moved:.4f},")
print(f"and {changed} of {len(logits)} predictions change")
assert 1e-5 < moved < 0.05 and changed <= 2

# %% [markdown]
# It hardly matters for predictions. It matters when you compare numbers: a difference of 1e-3
# between two implementations looks like a mistake in one of them, and may be this.
#
# ## The derivative
#
# 1. gelu is a product, so gelu'(z) = Phi(z) + z Phi'(z).
# 2. Phi is the integral of the normal density phi, so Phi'(z) = phi(z) = exp(-z^2/2) / sqrt(2 pi).
# 3. The chain rule, elementwise: dz = dh (Phi(z) + z phi(z)).
#
# The second part is what the *probability* changes. gelu' is 1/2 at z = 0; its extremes are where
# its own derivative phi(z) (2 - z^2) is 0, at z = +-sqrt(2): there it is 1.129 and -0.129. So the
# slope may be above 1, and below 0. A ReLU's slope is 0 for every negative z: a unit, that is a
# column of z, that is always negative never learns again. A GELU's unit still gets a little.

# %%
density = np.exp(-(line**2) / 2) / math.sqrt(2 * math.pi)
by_hand = Phi(line) + line * density
assert np.abs(by_hand - slope).max() < 1e-14
places = rng.choice(len(line), 50)
numeric = central_gradient(lambda z: z * Phi(z), line[places], 1.0, 1e-5)  # no calculus in it
print(f"slope by hand and by differences: {np.abs(numeric - by_hand[places]).max():.1e} apart")
assert np.abs(numeric - by_hand[places]).max() < 1e-9
top, bottom = line[by_hand.argmax()], line[by_hand.argmin()]
print(f"steepest: {by_hand.max():.4f} at {top:.3f}; falling: {by_hand.min():.4f} at {bottom:.3f}")
assert abs(top - math.sqrt(2)) < 1e-3 and abs(bottom + math.sqrt(2)) < 1e-3
assert abs(by_hand.max() - 1.1289) < 1e-4 and abs(by_hand.min() + 0.1289) < 1e-4

# %% [markdown]
# ## The picture


# %%
def draw(figure):
    """Left: GELU follows ReLU, and dips below 0 on its left. Middle: its slope rises smoothly, from
    below 0 to above 1. Right: erf's and tanh's values and slopes are less than 0.001 apart."""
    near, blue, orange = np.abs(line) <= 4, "#0072b2", "#e69f00"
    values, slopes, gaps = figure.subplots(1, 3)
    for axes, gelu, relu, title in (
        (values, exact, np.maximum(line, 0), "the bend"),
        (slopes, slope, (line > 0) * 1.0, "its slope"),
    ):
        axes.plot(line[near], relu[near], color=orange, linewidth=2, linestyle="--", label="ReLU")
        axes.plot(line[near], gelu[near], color=blue, linewidth=2, label="GELU")
        axes.set(title=title, xlabel="z", ylabel="gelu(z)" if axes is values else "gelu'(z)")
    gaps.plot(line[near], 1e4 * apart[near], color=blue, label="values")
    gaps.plot(line[near], 1e4 * slopes_apart[near], color=orange, linestyle="--", label="slopes")
    gaps.set(title="erf against tanh", xlabel="z", ylabel="difference, in 1/10,000")


keep_picture(draw, "08_gelu.png", 12, 3.8)

# %% [markdown]
# ## Break it: half a product rule
#
# Forget z phi(z): the slope is then smooth, between 0 and 1, and looks fine. So does the slope of
# the *other* form, which is off by less than 0.001. Ask the check; it judges every number by its
# own size, and where the slope is small, 0.001 is much.


# %%
def half_backward(dy, cache):
    return dy * cache.cdf  # cache.cdf is Phi(z); z Phi'(z) is missing


def other_backward(dy, cache):
    return ops.gelu_backward(dy, cache._replace(form="tanh"))  # tanh's slope at erf's Phi


points = rng.normal(size=(4, 5))
for backward in (ops.gelu_backward, half_backward, other_backward):
    report = minivit.gradcheck(ops.gelu_forward, backward, points)
    print(f"{backward.__name__}: relative error {report.worst:.1e}, {report.verdict}")
    assert report.ok == (backward is ops.gelu_backward)

# %% [markdown]
# ## Exercises
#
# **8.1 Count.** How many parameters has an MLP with biases, and how many multiplications does it do
# for one image of T tokens? Roughly 2 lines.


# %%
def count(T, D, M):
    ### BEGIN SOLUTION
    parameters = D * M + M + M * D + D
    return parameters, 2 * T * D * M
    ### END SOLUTION


parameters, multiplications = count(197, 768, 3072)
assert parameters == mlp.parameters - 2 * 768, "two matrices, and biases of M and D (no LayerNorm)"
assert 2 * multiplications == mlp.flops, "each token meets each weight of both matrices once"
print("8.1 is right")

# %% [markdown]
# **8.2 The whole backward.** From dout (B, T, D) and what the forward below keeps make dx, dw1,
# db1, dw2 and db2; the gradient of a bias that is None is None. With the rules of lesson 0 for a
# linear map and dz above, roughly 9 lines.
# `minivit check --exercise 8.2 FILE` checks `mlp_forward` and `mlp_backward`.


# %%
def mlp_forward(x, w1, b1, w2, b2):
    z, _ = ops.linear_forward(x, w1, b1)
    h, bend = ops.gelu_forward(z)
    out, _ = ops.linear_forward(h, w2, b2)
    return out, (x, w1, b1, z, bend.cdf, h, w2, b2)  # bend.cdf is Phi(z)


def mlp_backward(dout, cache):
    x, w1, b1, z, Phi_z, h, w2, b2 = cache
    ### BEGIN SOLUTION
    dh = dout @ w2.T  # (..., M)
    dz = dh * (Phi_z + z * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi))
    rows, dz_rows, dout_rows = (a.reshape(-1, a.shape[-1]) for a in (x, dz, dout))  # of tokens
    dw1, dw2 = rows.T @ dz_rows, h.reshape(dz_rows.shape).T @ dout_rows
    db1 = None if b1 is None else dz_rows.sum(axis=0)
    db2 = None if b2 is None else dout_rows.sum(axis=0)
    return dz @ w1.T, dw1, db1, dw2, db2
    ### END SOLUTION


mine, kept = mlp_forward(x, w1, b1, w2, b2)
dout = rng.normal(size=mine.shape)
found, expected = mlp_backward(dout, kept), ops.mlp_backward(dout, cache)
for name, ours, theirs in zip(("dx", "dw1", "db1", "dw2", "db2"), found, expected, strict=True):
    error = np.abs(ours - theirs).max() / np.abs(theirs).max()
    assert error < 1e-12, f"{name} is off by {error:.1e} of its size"
print("8.2 is right")

# %% [markdown]
# **8.3 A cheaper bend.** The same paper offers z sigmoid(1.702 z), with sigmoid(a) = 1/(1 + e^-a)
# (CLIP's models use it). Write its forward, which returns y and a cache, and derive its backward.
# Roughly 3 lines each. (sigmoid' = sigmoid (1 - sigmoid).)


# %%
def quick_forward(x):
    ### BEGIN SOLUTION
    s = 1 / (1 + np.exp(-1.702 * x))
    return x * s, (x, s)
    ### END SOLUTION


def quick_backward(dy, cache):
    ### BEGIN SOLUTION
    x, s = cache
    return dy * (s + 1.702 * x * s * (1 - s))
    ### END SOLUTION


report = minivit.gradcheck(quick_forward, quick_backward, points)
assert report.ok, f"forward and backward do not fit:\n{report}"
distance = np.abs(quick_forward(line)[0] - exact).max()
assert 0.0203 < distance < 0.0204, f"it is {distance:.4f} from GELU, and should be 0.0203"
print("8.3 is right")

# %% [markdown]
# **8.4 GELU from memory.** Write both directions of the erf form, for x of any shape. NumPy has no
# erf, and `np.vectorize` makes float64 of it: y has x's dtype, or in float32 a model would turn
# into float64 here. Roughly 6 lines.
# `minivit check --exercise 8.4 FILE` checks `gelu_forward` and `gelu_backward`.


# %%
def gelu_forward(x):
    ### BEGIN SOLUTION
    Phi_x = (np.vectorize(math.erfc)(-x / math.sqrt(2)) / 2).astype(
        x.dtype
    )  # 1 + erf(a) = erfc(-a)
    return x * Phi_x, (x, Phi_x)
    ### END SOLUTION


def gelu_backward(dy, cache):
    ### BEGIN SOLUTION
    x, Phi_x = cache
    return dy * (Phi_x + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi))
    ### END SOLUTION


y, _ = gelu_forward(points)
assert np.allclose(y, ops.gelu_forward(points)[0], rtol=1e-6), "x times the probability Phi(x)"
assert gelu_forward(points.astype(np.float32))[0].dtype == np.float32, "float32 stays float32"
report = minivit.gradcheck(gelu_forward, gelu_backward, points)
assert report.ok, f"a product has two terms; is the second one there?\n{report}"
print("8.4 is right")
