# %% [markdown]
# # Lesson 21: convolution against attention
#
# *90 minutes; builds on lessons 5, 6 and 16.*
#
# **The question.** The paper's rival is a ResNet: convolutions, where a ViT has attention. What
# does a convolution take for granted, in numbers? What do its networks normalise, if not tokens?
# And how much data is it worth to take things for granted?
#
# **The shapes.** A map is an image whose pixels are vectors; R x S is the side of a window.
#
# | array | shape | meaning |
# |---|---|---|
# | x | (B, height, width, in) | a map of vectors with `in` channels |
# | w | (R, S, in, out) | a matrix for each place of the window |
# | y | (B, rows, columns, out) | what comes out, where the window stopped |
# | gamma, beta | (C,) | after normalising: a scale and a shift for each channel |

# %%
from functools import partial

import numpy as np

import minivit
from minivit import ops
from minivit.checking import adjoint_error
from minivit.experiments import EXPERIMENTS, grouped, print_means, tell
from minivit.figures import keep_picture
from minivit.ops import sliding
from minivit.ops.batchnorm import Running

rng = np.random.default_rng(0)
digits = (minivit.load_dataset("digits").test.images[:64].astype(float) + 1) / 2  # 0 is black

# %% [markdown]
# ## The derivation
#
#     y[i, j] = sum over (r, s) of  x[i stride + r, j stride + s] w[r, s]
#
# Each term is a linear map, y_rs = x_rs w_rs, of a map x_rs that has moved by (r, s). So:
#
# 1. dx_rs = dy w_rs^T, and dw_rs = sum over images and places of x_rs^T dy, as in lesson 8.
# 2. x_rs was *taken* from x, so dx_rs is *added* to dx in the same places.
# 3. Zeros around the map ("same" padding) are another linear map; its backward cuts them off.
#
# ## By hand, and the library's version


# %%
def seen(w, y, stride):
    """For each (r, s) which places of x the windows hold there."""
    rows, columns = y.shape[1:3]
    for r, s in np.ndindex(w.shape[:2]):
        below, right = r + rows * stride, s + columns * stride
        yield (r, s), np.s_[:, r:below:stride, s:right:stride]


def convolution(x, w, *, stride=1):
    stops = ((n - k) // stride + 1 for n, k in zip(x.shape[1:3], w.shape[:2], strict=True))
    y = np.zeros((len(x), *stops, w.shape[3]))
    for place, where in seen(w, y, stride):
        y += x[where] @ w[place]
    return y, (x, w, stride)


def convolution_backward(dy, cache):
    x, w, stride = cache
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for place, where in seen(w, dy, stride):
        dx[where] += dy @ w[place].T
        dw[place] = np.einsum("bijc,bijd->cd", x[where], dy)
    return dx, dw


x, w = rng.normal(size=(2, 7, 6, 3)), rng.normal(size=(3, 3, 3, 4))
for stride in (1, 2):
    y, cache = convolution(x, w, stride=stride)
    library_y, library_cache = ops.convolution_forward(x, w, stride=stride, padding="valid")
    dy = rng.normal(size=y.shape)
    mine, (dx, dw, _) = convolution_backward(dy, cache), ops.convolution_backward(dy, library_cache)
    for ours, theirs in zip((y, *mine), (library_y, dx, dw), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    error = adjoint_error(partial(convolution, w=w, stride=stride),
                          lambda dy, cache: convolution_backward(dy, cache)[0], x)  # fmt: skip
    print(f"stride {stride}: {x.shape} -> {y.shape}; adjoint test {error:.0e}")
    assert error < 1e-14
padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))  # "same": as many places come out as go in
np.testing.assert_allclose(ops.convolution_forward(x, w)[0], convolution(padded, w)[0], atol=1e-12)

# %% [markdown]
# ## Equivariance, as a number
#
# Move the image: does the map move alike, and nothing else happen? Call a the moved map of the
# image, and b the map of the moved image:
#
#     error = |b - a| / |a - mean(a)|
#
# The mean is over images and places. 0 is equivariant; two places that have nothing to do with each
# other differ by sqrt(2), about 1.4. Digits lie on a black ground so wide that no window with a
# part of one reaches the border, where zeros come in and equivariance ends.
#
# A map with stride s has a place for every s pixels. When the image moves by k, it should move by
# k/s places; where that is no whole number, the better of its two neighbours counts.

# %%
P, side = 4, 24
ground = np.zeros((64, side, side, 1))
ground[:, 8:16, 4:12] = digits  # there is room to move by 8 to the right
filters, deep = rng.normal(size=(3, 3, 1, 16)), rng.normal(size=(3, 3, 16, 16))


def convolved(*ws, stride=1):
    def maps(x):
        for w in ws:
            x = ops.relu_forward(ops.convolution_forward(x, w, stride=stride)[0])[0]
        return x

    return maps


def attended(**positions):
    """The tokens of an untrained ViT behind its one block, as a map"""
    c = minivit.variant("digits", image=(side, side), patch=P, depth=1, pool="mean", **positions)
    model = minivit.ViT(c, dtype=np.float64)
    model.parameters["embed.b"] = np.linspace(-1, 1, c.width)  # else black patches are all 0
    return lambda x: model.features(x)[1].reshape(len(x), side // P, side // P, -1)


LAYERS = {  # a map, and its stride
    "convolution": (convolved(filters), 1),
    "three convolutions": (convolved(filters, deep, deep), 1),
    "convolution, stride 2": (convolved(filters, stride=2), 2),
    "attention": (attended(positions="none"), P),
    "attention, positions": (attended(), P),
}


def apart(a, b):
    return np.linalg.norm(b - a) / np.linalg.norm(a - a.mean(axis=tuple(range(a.ndim - 1))))


def error_of(layer, k):
    maps, stride = LAYERS[layer]
    a, b = maps(ground), maps(np.roll(ground, k, axis=2))
    return min(apart(np.roll(a, n, axis=2), b) for n in (k // stride, -(-k // stride)))


errors = {layer: [error_of(layer, k) for k in range(9)] for layer in LAYERS}
print("moved by" + " " * 15, *(f"{k:6}" for k in range(9)))
for layer, found in errors.items():
    print(f"{layer:23}", *(f"{one:6.0e}" if 0 < one < 0.01 else f"{one:6.2f}" for one in found))
    stride, exact = LAYERS[layer][1], "positions" not in layer
    assert all((found[k] < 1e-12) == (exact and k % stride == 0) for k in range(1, 9))
for layer in ("convolution", "attention", "attention, positions"):
    of_mean = apart(*(LAYERS[layer][0](x).mean(axis=(1, 2))
                      for x in (ground, np.roll(ground, P, axis=2))))  # fmt: skip
    print(f"{layer}, then the mean over all places: moved by {P}, it changes by {of_mean:.1g}")
    assert (of_mean < 1e-12) == ("positions" not in layer)

# %% [markdown]
# A convolution is equivariant by construction, for whole strides and for no others. So is attention
# without positions, whose patches are a convolution of stride P. (It is more: any order of the
# patches is the same to it, lesson 2.) With positions it is not exact: that patch 8 means what
# patch 7 meant has to be learnt, from images. A mean over places makes invariance of equivariance.
#
# ## Locality: what one pixel reaches

# %%
pixel = ground.copy()
pixel[:, 11, 11] = 1 - pixel[:, 11, 11]
reached = {}
for layer in ("convolution", "three convolutions", "attention"):
    maps, _ = LAYERS[layer]
    change = ((maps(pixel) - maps(ground)) ** 2).sum(axis=(0, 3))  # of each place
    reached[layer] = change / change.sum()
    print(f"{layer:20} {(change > 0).sum():3} of {change.size} places change")
assert [(change > 0).sum() for change in reached.values()] == [9, 49, 36]
own, box = reached["attention"][2, 2], reached["attention"][1:4, 1:4].sum()
print(f"behind attention {own:.1%} of the change is in its own patch, {(box - own) / 8:.2%} in "
      f"each of 8 neighbours, {(1 - box) / 27:.2%} in each of the others")  # fmt: skip

# %% [markdown]
# After l layers of 3 x 3 a pixel has reached (2 l + 1)^2 places; after one attention it is
# everywhere, and untrained in near patches no more than in far ones. That neighbours belong
# together is given to the one; the other has to learn it.
#
# ## Norms: one formula, other axes
#
#     x_hat = (x - mean) / sqrt(var + eps),   y = x_hat gamma + beta
#
# Lesson 5 has derived its backward, for any axes of the mean. See a map as (B, height, width, G,
# C/G), its channels in G groups. What differs is who shares a mean:
#
# | | means over | so it looks at |
# |---|---|---|
# | LayerNorm | 3, 4 | one place |
# | GroupNorm | 1, 2, 4 | one image, one group of channels |
# | BatchNorm | 0, 1, 2 | all images, one channel |
# | weight standardisation | 0, 1, 2 of w (R, S, in, out) | one filter, and no image at all |


# %%
def in_groups(x, groups):
    return x.reshape(*x.shape[:-1], groups, -1)


def norm(x, gamma, beta, *, axes, groups=1, eps=1e-6):
    c = in_groups(x, groups)
    c = c - c.mean(axis=axes, keepdims=True)
    rstd = 1 / np.sqrt((c**2).mean(axis=axes, keepdims=True) + eps)
    x_hat = (c * rstd).reshape(x.shape)
    return x_hat * gamma + beta, (x_hat, rstd, gamma, axes, groups)


def norm_backward(dy, cache):
    x_hat, rstd, gamma, axes, groups = cache
    g, hat = in_groups(dy * gamma, groups), in_groups(x_hat, groups)
    along_x_hat = hat * (g * hat).mean(axis=axes, keepdims=True)
    dx = (rstd * (g - g.mean(axis=axes, keepdims=True) - along_x_hat)).reshape(dy.shape)
    return dx, (dy * x_hat).sum(axis=(0, 1, 2)), dy.sum(axis=(0, 1, 2))


x, dy = 3 * rng.normal(size=(2, 4, 3, 2, 6)) + 5  # twice (B, height, width, C) = (4, 3, 2, 6)
gamma, beta = rng.normal(size=(2, 6))
of_library = {
    "LayerNorm": ((3, 4), ops.layernorm_forward, ops.layernorm_backward, {}),
    "GroupNorm": ((1, 2, 4), ops.groupnorm_forward, ops.groupnorm_backward, {"groups": 3}),
    "BatchNorm": ((0, 1, 2), ops.batchnorm_forward, ops.batchnorm_backward, {"eps": 1e-6}),
}
for name, (axes, forward, backward, options) in of_library.items():
    y, cache = norm(x, gamma, beta, axes=axes, groups=options.get("groups", 1))
    library_y, library_cache = forward(x, gamma, beta, **options)
    theirs = (library_y, *backward(dy, library_cache))
    for ours, their in zip((y, *norm_backward(dy, cache)), theirs, strict=True):
        np.testing.assert_allclose(ours, their, atol=1e-11)
    count = cache[1].size
    print(f"{name}: {count} means of {x.size // count} numbers each, as in the library")

w, dw_hat = rng.normal(size=(2, 3, 3, 4, 8)) * 0.1 + 0.3  # twice (R, S, in, out)
w_hat, cache = norm(w, 1.0, 0.0, axes=(0, 1, 2), eps=1e-10)
library_w_hat, library_cache = ops.weight_standardisation_forward(w)
np.testing.assert_allclose(w_hat, library_w_hat, atol=1e-11)
np.testing.assert_allclose(norm_backward(dw_hat, cache)[0],
                           ops.weight_standardisation_backward(dw_hat, library_cache),
                           atol=1e-11)  # fmt: skip

# %% [markdown]
# ## Break it: standardise, and forget to come back
#
# The convolution computes with w_hat; hand its dw_hat to w as it is. A training with that runs.


# %%
def standardised(x, w):
    w_hat, of_w = ops.weight_standardisation_forward(w)
    y, cache = ops.convolution_forward(x, w_hat)
    return y, (of_w, cache)


def standardised_backward(dy, caches, come_back=ops.weight_standardisation_backward):
    dx, dw_hat, _ = ops.convolution_backward(dy, caches[1])
    return dx, come_back(dw_hat, caches[0])


few = rng.normal(size=(2, 3, 3, 2)), rng.normal(size=(3, 3, 2, 2))
assert minivit.gradcheck(standardised, standardised_backward, *few).ok
forgets = partial(standardised_backward, come_back=lambda dw_hat, cache: dw_hat)
report = minivit.gradcheck(standardised, forgets, *few)
print(report)
assert [row.tensor for row in report.rows if row.verdict == "wrong"] == ["w"]

# %% [markdown]
# ## Why BatchNorm needs running statistics
#
# In use there may be one image, and its answer must not depend on who else asks (lesson 5). So in
# training BatchNorm keeps averages of what it has seen, and uses these afterwards:
#
#     running <- (1 - momentum) running + momentum (mean, var) of this batch
#
# They get no gradient, and are no parameters; but the model is wrong without them. An op holds no
# state: they go in as an option, and come out in the cache.

# %%
maps = convolved(filters)(ground)[:, 8:16, 4:12]  # (64, 8, 8, 16), one channel for each filter
ones, zeros, running = np.ones(16), np.zeros(16), Running(np.zeros(16), np.ones(16))
for _ in range(100):
    batch = maps[rng.choice(64, 16, replace=False)]
    _, cache = ops.batchnorm_forward(batch, ones, zeros, running=running)
    running = cache.running
everyone, _ = ops.batchnorm_forward(maps, ones, zeros)
alone, _ = ops.batchnorm_forward(maps[:1], ones, zeros)
in_use, _ = ops.batchnorm_forward(maps[:1], ones, zeros, running=running, training=False)
errors_alone = [apart(everyone[:1], y) for y in (alone, in_use)]
print("image 0 among all 64, and by itself: they differ by {:.2f}, with running statistics by "
      "{:.2f}".format(*errors_alone))  # fmt: skip
assert errors_alone[1] < 0.5 * errors_alone[0]

# %% [markdown]
# GroupNorm needs none of it: an image normalises alone, in training and in use. On its own it was
# a little worse than BatchNorm in large batches; with standardised filters it is not, and batches
# may be small (Qiao et al. 2019; Kolesnikov et al. 2020). The paper's ResNet (BiT) has both.
#
# ## Who needs how much data
#
# Section 4.3 of the paper: on little data the ResNet is ahead, on much the ViT. Two experiments ask
# in small. First: how much equivariance is left in whole models after training, layer by layer, and
# at last in what the head reads?

# %%
trained = [row for row in tell("biases", EXPERIMENTS) if row["when"] == "trained"]
layers = grouped(trained, "error", "model", "layer")
for name in dict.fromkeys(model for model, _ in layers):
    means = [np.mean(seeds) for (model, _), seeds in layers.items() if model == name]
    print(f"{name:24} error in %:", *(f"{mean:.2g}" for mean in means))

# %% [markdown]
# And: how many are read right after learning from so many images?

# %%
print_means(tell("data", EXPERIMENTS), "images", "model", columns=("accuracy",))

# %% [markdown]
# ## A picture to keep


# %%
def draw(figure):
    """Left: what a changed pixel reaches after one convolution and after three (squares), and after
    one attention (all). Right: the error of equivariance is 0 for whole strides, but not with
    positions."""
    reach, moves = figure.subplots(1, 2)
    squares = [(reached[layer] > 0).astype(int) for layer in ("convolution", "three convolutions")]
    reach.imshow(sum(squares), cmap="Blues", vmin=-0.5, vmax=2.5)
    reach.set(title="What one pixel reaches", xticks=[], yticks=[])
    reach.set_xlabel("squares: one convolution, and three;\neverywhere: one attention")
    for layer in ("convolution", "convolution, stride 2", "attention", "attention, positions"):
        moves.plot(range(9), errors[layer], "o:" if "positions" in layer else "o-", label=layer)
    moves.set(title="Error of equivariance", xlabel="pixels moved", ylim=(-0.05, 2))
    moves.legend(frameon=False, fontsize="small", loc="upper left")


keep_picture(draw, "21_convolution.png", 9, 4.2)

# %% [markdown]
# ## Exercises
#
# **21.1 Predict.** A 3 x 3 convolution with stride 2, then one with stride 1, and again one with
# stride 1. How many pixels across does a number of the last map see? And how many weights has the
# second, from 16 to 32 channels, without bias? `prediction` is the two. Roughly 1 line.

# %%
### BEGIN SOLUTION
prediction = (11, 4608)  # 3; then 2 more places on each side, of 2 pixels: 3 + 4 + 4; 9 * 16 * 32
### END SOLUTION
ones = np.ones((3, 3, 1, 1))
dx = np.zeros((1, 11, 11, 1))
dx[:, 5, 5] = 1  # back from one number: which pixels have a gradient?
for sides, stride in ((13, 1), (15, 1), (31, 2)):
    dx, _ = convolution_backward(dx, (np.zeros((1, sides, sides, 1)), ones, stride))
assert prediction[0] == dx.any(axis=(0, 1, 3)).sum(), "behind a stride of 2 a place is two pixels"
assert prediction[1] == np.zeros((3, 3, 16, 32)).size, "a matrix for each place of the window"
print("21.1 is right")

# %% [markdown]
# **21.2 Back is a convolution too.** With stride 1 and "same" padding dx is itself a convolution of
# dy: with which window? Make w2 (R, S, out, in) from w (R, S, in, out), R and S odd. (Who looked at
# whom forward, and from which side?) Roughly 1 line.


# %%
def window_back(w):
    ### BEGIN SOLUTION
    return w[::-1, ::-1].swapaxes(2, 3)
    ### END SOLUTION


for sides in ((3, 3), (1, 1), (5, 3)):
    x, w = rng.normal(size=(2, 6, 7, 3)), rng.normal(size=(*sides, 3, 4))
    y, cache = ops.convolution_forward(x, w)
    dy = rng.normal(size=y.shape)
    w2 = window_back(w)
    assert np.shape(w2) == (*sides, 4, 3), f"{sides}: (R, S, out, in), not {np.shape(w2)}"
    mine, _ = ops.convolution_forward(dy, w2)
    true, *_ = ops.convolution_backward(dy, cache)
    assert np.allclose(mine, true), f"{sides}: y[i] saw x[i + r], so x[i] was seen by y[i - r]"
print("21.2 is right")

# %% [markdown]
# **21.3 BatchNorm vanishes.** In use BatchNorm only scales and shifts each channel, and the
# convolution before it is linear: together they are one convolution. Give its w2 (R, S, in, out)
# and b2 (out,). Roughly 2 lines.


# %%
def folded(w, gamma, beta, running, eps):
    ### BEGIN SOLUTION
    scale = gamma / np.sqrt(running.var + eps)
    return w * scale, beta - running.mean * scale
    ### END SOLUTION


x, w = rng.normal(size=(2, 5, 5, 3)), rng.normal(size=(3, 3, 3, 6))
running = Running(rng.normal(size=6), rng.uniform(0.5, 2, size=6))
y, _ = ops.convolution_forward(x, w)
true, _ = ops.batchnorm_forward(y, gamma, beta, running=running, training=False, eps=1e-5)
w2, b2 = folded(w, gamma, beta, running, 1e-5)
assert np.shape(w2) == w.shape and np.shape(b2) == (6,), "the shapes of w and of a bias"
assert np.allclose(ops.convolution_forward(x, w2, b2)[0], true), "(y - mean) scale + beta: sort it"
print("21.3 is right")

# %% [markdown]
# **21.4 One window for each channel.** A depthwise convolution mixes places, and no channels: w is
# (R, S, channels), and y_c is x_c seen through w_c. Code dx, dw and db (None without a bias). In
# `minivit.ops.sliding` are the places: `padded(x, at)` is x with zeros beside it, `seen(wide, at,
# r, s)` what all windows see at (r, s), a view, and `unpadded(wide, at, x.shape)` the map alone.
# Roughly 9 lines.
# `minivit check --exercise 21.4 FILE` checks `depthwise_convolution_backward`.


# %%
def depthwise_convolution_backward(dy, cache):
    x, w, at, has_bias = cache
    ### BEGIN SOLUTION
    wide = sliding.padded(x, at)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for r, s in np.ndindex(w.shape[:2]):
        sliding.seen(dwide, at, r, s)[:] += dy * w[r, s]
        dw[r, s] = (sliding.seen(wide, at, r, s) * dy).sum(axis=(0, 1, 2))
    db = dy.sum(axis=(0, 1, 2)) if has_bias else None
    return sliding.unpadded(dwide, at, x.shape).copy(), dw, db
    ### END SOLUTION


x, w, b = rng.normal(size=(2, 5, 6, 3)), rng.normal(size=(3, 2, 3)), rng.normal(size=3)
for bias, how in ((b, {}), (None, {"stride": 2}), (b, {"padding": "valid"})):
    report = minivit.gradcheck(
        ops.depthwise_convolution_forward, depthwise_convolution_backward, x, w, bias, options=how
    )
    assert report.ok, f"{how}: taken forward is added back, at the same places:\n{report}"
print("21.4 is right")

# %% [markdown]
# **21.5 BatchNorm both ways.** Its backward, for maps with any axes before C. In training the mean
# and the variance depend on x, as in lesson 5; in use (`training` is False) they are two constants
# for each channel. Roughly 9 lines.
# `minivit check --exercise 21.5 FILE` checks `batchnorm_backward`.


# %%
def batchnorm_backward(dy, cache):
    x_hat, rstd, gamma, training, *_ = cache
    ### BEGIN SOLUTION
    axes = tuple(range(dy.ndim - 1))
    g = dy * gamma
    dgamma, dbeta = (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)
    if not training:
        return rstd * g, dgamma, dbeta
    return rstd * (g - g.mean(axis=axes) - x_hat * (g * x_hat).mean(axis=axes)), dgamma, dbeta
    ### END SOLUTION


x, gamma, beta = rng.normal(size=(2, 4, 3, 6)), rng.normal(size=6), rng.normal(size=6)
for how in ({}, {"running": running, "training": False}):
    report = minivit.gradcheck(
        ops.batchnorm_forward, batchnorm_backward, x, gamma, beta, options=how
    )
    assert report.ok, f"{how or 'in training'}: who depends on x?\n{report}"
print("21.5 is right")
