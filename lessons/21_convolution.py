# %% [markdown]
# # Lesson 21: convolution against attention
#
# *85 minutes; builds on lessons 5, 6 and 16.*
#
# **The question.** The paper's rival is a ResNet: convolutions, where a ViT has attention. Both
# make a map of vectors from another. What does a convolution take for granted, in numbers? What do
# its networks normalise, if not tokens? And how much data is it worth to take things for granted?
#
# **The shapes.** A map is an image whose pixels are vectors. R x S is the side of a window.
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
from minivit.experiments import EXPERIMENTS, grouped, tell
from minivit.figures import keep_picture
from minivit.ops.batchnorm import Running

rng = np.random.default_rng(0)
digits = (minivit.load_dataset("digits").test.images[:64].astype(float) + 1) / 2  # 0 is black

# %% [markdown]
# ## The derivation
#
#     y[i, j] = sum over (r, s) of  x[i stride + r, j stride + s] w[r, s]
#
# A linear map for each place of the window, of a map that has moved by (r, s); then a sum. So:
#
# 1. Each term is y_rs = x_rs w_rs, with x_rs the moved map. As for any linear map (lesson 8)
#    dx_rs = dy w_rs^T, and dw_rs = sum over images and places of x_rs^T dy.
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
    # <dy, A x> = <A^T dy, x>: linear in x, and linear in w
    in_x = adjoint_error(lambda a, k=stride: convolution(a, w, stride=k),
                         lambda dy, c: convolution_backward(dy, c)[0], x)  # fmt: skip
    in_w = adjoint_error(lambda a, k=stride: convolution(x, a, stride=k),
                         lambda dy, c: convolution_backward(dy, c)[1], w)  # fmt: skip
    print(f"stride {stride}: {x.shape} -> {y.shape}; adjoint test {in_x:.0e} in x, {in_w:.0e} in w")
    assert max(in_x, in_w) < 1e-14
same, _ = ops.convolution_forward(x, w)  # "same": as many places come out as went in
padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
np.testing.assert_allclose(same, convolution(padded, w)[0], atol=1e-12)

# %% [markdown]
# ## Equivariance, as a number
#
# Move the image by S: does the map move alike, and nothing else happen? Call a the moved map of the
# image, and b the map of the moved image:
#
#     error = |b - a| / |a - mean(a)|
#
# The mean is over images and places. 0 is equivariant; two places that have nothing to do with each
# other differ by sqrt(2), about 1.4. Digits lie on a black ground so wide that no window with a
# part of one reaches the border; there zeros come in, and equivariance ends.
#
# A map with stride s has a place for every s pixels. When the image moves by k, it should move by
# k/s places; where that is no whole number, the better of its two neighbours counts.

# %%
P, side = 4, 24
ground = np.zeros((64, side, side, 1))
ground[:, 8:16, 4:12] = digits  # there is room to move by 8 to the right
filters, deep = rng.normal(size=(3, 3, 1, 16)), rng.normal(size=(3, 3, 16, 16))
size = {"image": (side, side), "patch": (P, P), "depth": 1, "pool": "mean"}
bare = minivit.ViT(minivit.variant("digits", positions="none", **size), dtype=np.float64)
# Without a bias, the first LayerNorm would blow up the smallest positions of black patches.
bare.parameters["embed.b"] = rng.normal(size=64)


def with_positions(spread):
    """The same model, and a table of positions"""
    model = minivit.ViT(minivit.variant("digits", **size), dtype=np.float64, position_std=spread)
    for name in bare.parameters:
        model.parameters[name] = bare.parameters[name]
    return model


def tokens(model, depth):
    """The model's tokens after so many blocks, as a map"""
    return lambda x: model.features(x)[depth].reshape(len(x), side // P, side // P, -1)


def convolved(*ws, stride=1):
    def maps(x):
        for w in ws:
            x = ops.relu_forward(ops.convolution_forward(x, w, stride=stride)[0])[0]
        return x

    return maps


LAYERS = {  # a map, and its stride; "attention" is a block: an MLP for each place follows
    "convolution": (convolved(filters), 1),
    "three of them": (convolved(filters, deep, deep), 1),
    "convolution, stride 2": (convolved(filters, stride=2), 2),
    "patches": (tokens(bare, 0), P),
    "patches, attention": (tokens(bare, 1), P),
    "positions of 0.02, attention": (tokens(with_positions(0.02), 1), P),
    "positions of 1, attention": (tokens(with_positions(1.0), 1), P),
}


def apart(a, b):
    return np.linalg.norm(b - a) / np.linalg.norm(a - a.mean(axis=tuple(range(a.ndim - 1))))


def error(layer, k):
    maps, stride = LAYERS[layer]
    a, b = maps(ground), maps(np.roll(ground, k, axis=2))
    return min(apart(np.roll(a, n, axis=2), b) for n in (k // stride, -(-k // stride)))


errors = {layer: [error(layer, k) for k in range(9)] for layer in LAYERS}
print("moved by" + " " * 22, *(f"{k:6}" for k in range(9)))
for layer, found in errors.items():
    print(f"{layer:30}", *(f"{one:6.0e}" if 0 < one < 0.01 else f"{one:6.2f}" for one in found))
    stride, exact = LAYERS[layer][1], "positions" not in layer
    assert all((found[k] < 1e-12) == (exact and k % stride == 0) for k in range(1, 9))

order = rng.permutation((side // P) ** 2)  # not a shift: any other order of the patches


def in_patches(maps):
    """A map, or pixels -> (B, patches, what lies in one); of tokens each is one"""
    return ops.patchify_forward(maps, patch=P * maps.shape[1] // side)[0]


_, cache = ops.patchify_forward(ground, patch=P)
torn = ops.patchify_backward(in_patches(ground)[:, order], cache)  # images again
shuffled, pooled = {}, {}
for layer in ("convolution", "patches, attention", "positions of 1, attention"):
    maps, _ = LAYERS[layer]
    shuffled[layer] = apart(in_patches(maps(ground))[:, order], in_patches(maps(torn)))
    means = [maps(x).mean(axis=(1, 2)) for x in (ground, np.roll(ground, P, axis=2))]
    pooled[layer] = apart(*means)
    print(f"{layer:30} error when patches change places {shuffled[layer]:.1g}; of the mean over "
          f"all places, when the image moves by {P}: {pooled[layer]:.1g}")  # fmt: skip
assert [error < 1e-12 for error in shuffled.values()] == [False, True, False]
assert [error < 1e-12 for error in pooled.values()] == [True, True, False]

# %% [markdown]
# A convolution is equivariant by construction, for whole strides and for no others. So are patches,
# which are one. Attention without positions is more than that: any order of the patches is the same
# to it, but not to a convolution. With positions it is not exact any more, and the larger they are
# the further off: that patch 8 means now what patch 7 meant has to be learnt, from images. A mean
# over places makes of equivariance invariance: what moved along stays the same.
#
# ## Locality: what one pixel reaches

# %%
pixel = ground.copy()
pixel[:, 11, 11] = 1 - pixel[:, 11, 11]
reached = {}
for layer in ("convolution", "three of them", "patches, attention"):
    maps, _ = LAYERS[layer]
    change = ((maps(pixel) - maps(ground)) ** 2).sum(axis=(0, 3))  # of each place
    reached[layer] = change / change.sum()
    print(f"{layer:20} {(change > 0).sum():3} of {change.size} places change")
assert [(change > 0).sum() for change in reached.values()] == [9, 49, 36]
change = reached["patches, attention"]
own, box = change[2, 2], change[1:4, 1:4].sum()
near, far = (box - own) / 8, (1 - box) / 27
print(f"behind attention: {own:.1%} in its own patch, {near:.2%} in each neighbour, {far:.2%} in "
      "each of the others")  # fmt: skip
assert own > 0.5 and 0.5 < near / far < 2

# %% [markdown]
# After l layers of 3 x 3 a pixel has reached (2 l + 1)^2 places: twelve layers for all of 24 x 24,
# or strides. After one attention it is everywhere, if only a little, and (untrained) in near
# patches no more than in far ones. That neighbours belong together is given to the one; the other
# has to learn it.
#
# ## Norms: one formula, other axes
#
#     x_hat = (x - mean) / sqrt(var + eps),   y = x_hat gamma + beta
#
# Lesson 5 has derived it for any axes of the mean. See a map as (B, height, width, G, C/G), its
# channels in G groups. What differs is who shares a mean:
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


def norm_backward(dy, cache, forget=None):
    x_hat, rstd, gamma, axes, groups = cache
    g, hat = in_groups(dy * gamma, groups), in_groups(x_hat, groups)
    along_mean = g.mean(axis=axes, keepdims=True) if forget != "mean" else 0
    along_x_hat = hat * (g * hat).mean(axis=axes, keepdims=True) if forget != "x_hat" else 0
    dx = (rstd * (g - along_mean - along_x_hat)).reshape(dy.shape)
    return dx, (dy * x_hat).sum(axis=(0, 1, 2)), dy.sum(axis=(0, 1, 2))


x, dy = 3 * rng.normal(size=(2, 4, 3, 2, 6)) + 5  # twice (B, height, width, C) = (4, 3, 2, 6)
gamma, beta = rng.normal(size=(2, 6))
AXES = {"LayerNorm": (3, 4), "GroupNorm": (1, 2, 4), "BatchNorm": (0, 1, 2)}
of_library = {
    "LayerNorm": (ops.layernorm_forward, ops.layernorm_backward, {}),
    "GroupNorm": (ops.groupnorm_forward, ops.groupnorm_backward, {"groups": 3}),
    "BatchNorm": (ops.batchnorm_forward, ops.batchnorm_backward, {"eps": 1e-6}),
}
for name, (forward, backward, options) in of_library.items():
    y, cache = norm(x, gamma, beta, axes=AXES[name], groups=options.get("groups", 1))
    library_y, library_cache = forward(x, gamma, beta, **options)
    theirs = (library_y, *backward(dy, library_cache))
    for ours, their in zip((y, *norm_backward(dy, cache)), theirs, strict=True):
        np.testing.assert_allclose(ours, their, atol=1e-11)
    count = cache[1].size
    print(f"{name}: {count} means of {x.size // count} numbers each, as in the library")

w, dw_hat = rng.normal(size=(2, 3, 3, 4, 8)) * 0.1 + 0.3  # twice (R, S, in, out)
w_hat, cache = norm(w, 1.0, 0.0, axes=(0, 1, 2), eps=1e-10)
dw = norm_backward(dw_hat, cache)[0]
library_w_hat, library_cache = ops.weight_standardisation_forward(w)
library_dw = ops.weight_standardisation_backward(dw_hat, library_cache)
np.testing.assert_allclose(w_hat, library_w_hat, atol=1e-11)
np.testing.assert_allclose(dw, library_dw, atol=1e-11)

# %% [markdown]
# ## Break it
#
# *BatchNorm's backward without the term of the mean*, or without that of x_hat, as if the batch's
# mean and variance were constants. In use they are (below), in training every x moves them.
#
# *Weight standardisation without its gradient*: the convolution computes with w_hat, and its dw_hat
# is handed to w as it is.


# %%
for term in (None, "mean", "x_hat"):
    backward, how = partial(norm_backward, forget=term), {"axes": AXES["BatchNorm"]}
    report = minivit.gradcheck(norm, backward, x, gamma, beta, options=how)
    wrong = [row.tensor for row in report.rows if row.verdict == "wrong"]
    print(f"BatchNorm without {term or 'nothing'}: wrong {wrong}, off by {report.worst:.0e}")
    assert wrong == (["x"] if term else [])


def standardised(x, w):
    w_hat, of_w = ops.weight_standardisation_forward(w)
    y, cache = ops.convolution_forward(x, w_hat)
    return y, (of_w, cache)


def standardised_backward(dy, caches, through=True):
    of_w, cache = caches
    dx, dw_hat, _ = ops.convolution_backward(dy, cache)
    return dx, ops.weight_standardisation_backward(dw_hat, of_w) if through else dw_hat


few = rng.normal(size=(2, 3, 3, 2)), rng.normal(size=(3, 3, 2, 2))
assert minivit.gradcheck(standardised, standardised_backward, *few).ok
not_through = partial(standardised_backward, through=False)
report = minivit.gradcheck(standardised, not_through, *few)
print(report)
assert [row.tensor for row in report.rows if row.verdict == "wrong"] == ["w"]
# What standardising takes away, no gradient asks for: w + number, and w times a number.
assert np.abs(dw.sum(axis=(0, 1, 2))).max() < 1e-11
assert np.abs((dw * (w - w.mean(axis=(0, 1, 2)))).sum(axis=(0, 1, 2))).max() < 1e-6

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
off = []
for step in range(101):
    if step in (0, 10, 50, 100):
        off.append(np.abs(running.mean - maps.mean(axis=(0, 1, 2))).mean())
    batch = maps[rng.choice(64, 16, replace=False)]
    _, cache = ops.batchnorm_forward(batch, ones, zeros, running=running)
    running = cache.running
print("running mean, off by:", ", ".join(f"{one:.3f}" for one in off), "after 0, 10, 50, 100 steps")
assert off[1] < off[0] and off[3] < 0.1 * off[0]
everyone, _ = ops.batchnorm_forward(maps, ones, zeros)
alone, _ = ops.batchnorm_forward(maps[:1], ones, zeros)
in_use, _ = ops.batchnorm_forward(maps[:1], ones, zeros, running=running, training=False)
print(f"image 0: alone it differs from image 0 among all by {apart(everyone[:1], alone):.2f}, "
      f"with running statistics by {apart(everyone[:1], in_use):.2f}")  # fmt: skip
assert apart(everyone[:1], in_use) < 0.5 * apart(everyone[:1], alone)

# %% [markdown]
# GroupNorm needs none of it: an image normalises alone, in training and in use. On its own it was
# a little worse than BatchNorm in large batches; with standardised filters it is not, and batches
# may be small (Qiao et al. 2019; Kolesnikov et al. 2020). The paper's ResNet (BiT) has both.
#
# ## What is it worth? Who needs how much data
#
# The paper's section 4.3: on little data the ResNet is ahead, on much the ViT; what is built in
# need not be learnt, and can't be unlearnt. Two experiments ask that in small; their tables are
# told here. First: what equivariance is left in whole models after training, layer by layer, and at
# last in what the head reads?

# %%
biases = [row for row in tell("biases", EXPERIMENTS) if row["when"] == "trained"]
for (model,), found in grouped(biases, "error", "model").items():
    layers = len({row["layer"] for row in biases if row["model"] == model})
    means = np.reshape(found, (-1, layers)).mean(axis=0)  # over the seeds
    print(f"{model:24} error in %:", *(f"{mean:.2g}" for mean in means))

# %% [markdown]
# And: how many are read right after learning from so many images?

# %%
learnt = grouped(tell("data", EXPERIMENTS), "accuracy", "model", "images")
for (model, images), found in learnt.items():
    print(f"{images:7,.0f} images, {model:8}{np.mean(found):5.1f} % ({min(found):.1f} - "
          f"{max(found):.1f})")  # fmt: skip

# %% [markdown]
# ## A picture to keep


# %%
def draw(figure):
    """Left: what a changed pixel reaches after one convolution and after three (squares), and after
    one attention (all). Then which numbers share a mean, and that the error of equivariance is 0
    for whole strides, but not with positions. Last, if there is a table: accuracy over the number
    of images to learn from."""
    from matplotlib.colors import ListedColormap

    reach, means, moves, *data = figure.subplots(1, 4 if learnt else 3)
    convolved = (reached["three of them"] > 0) + (reached["convolution"] > 0).astype(int)
    reach.imshow(2 - convolved, cmap=ListedColormap(["#08306b", "#6baed6", "#deebf7"]))
    reach.set(title="What one pixel reaches", xticks=[], yticks=[])
    reach.set_xlabel("squares: one convolution, and three;\neverywhere: one attention")
    numbers = np.full((3, 5, 6), np.nan)  # three images of four places of six channels, and gaps
    numbers[:, :4] = 0
    numbers[0, 1], numbers[1, :4, :2], numbers[:, :4, 4] = 1, 2, 3
    colours = ListedColormap(["#e8e8e8", "#0072b2", "#009e73", "#d55e00"])
    means.pcolormesh(numbers.reshape(15, 6)[:14], cmap=colours, edgecolors="white")
    means.invert_yaxis()
    means.set(xticks=[], yticks=[2, 7, 12], yticklabels=["image 0", "image 1", "image 2"])
    means.set(title="Which numbers share a mean?", xlabel="channels, a row per place. Blue:\n"
              "LayerNorm; green: GroupNorm; orange: BatchNorm")  # fmt: skip
    shown = ("convolution", "convolution, stride 2", "patches, attention")
    for layer in shown:
        moves.plot(range(9), errors[layer], "o-", label=layer)
    layer = "positions of 0.02, attention"
    moves.plot(range(9), errors[layer], "o:", label=layer)
    moves.set(title="Error of equivariance", xlabel="pixels moved", ylim=(-0.05, 2.2))
    for axes in data:
        for model in dict.fromkeys(model for model, _ in learnt):
            line = {n: np.mean(found) for (name, n), found in learnt.items() if name == model}
            axes.semilogx(list(line), list(line.values()), "o-", label=model)
        axes.set(title="Who needs how much data?", xlabel="images", ylabel="read right, %")


keep_picture(draw, "21_convolution.png", 16 if learnt else 12, 4.2)

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
x, caches = np.zeros((1, 31, 31, 1)), []
for stride in (2, 1, 1):
    x, cache = convolution(x, np.ones((3, 3, 1, 1)), stride=stride)
    caches.append(cache)
dx = np.zeros(x.shape)
dx[:, 5, 5] = 1  # back from one number: which pixels have a gradient?
for cache in caches[::-1]:
    dx, _ = convolution_backward(dx, cache)
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
