# %% [markdown]
# # Lesson 5: LayerNorm
#
# *65 minutes; builds on lesson 4.*
#
# **The question.** Every block adds to its tokens, and so they grow: which numbers should the next
# layer expect? LayerNorm brings each token to mean 0 and variance 1 before a layer reads it. What
# is its derivative, why does a token normalise alone and not together with its batch, and how can a
# variance become negative?
#
# **The shapes.** x (B, T, D): B images, T tokens, D numbers in a token. gamma and beta (D,) are
# learned: a scale and a shift for each column. x_hat (B, T, D) is x after normalising, and
# rstd (B, T, 1) is one over a token's standard deviation. In the `digits` model T = 17 and D = 64.

# %%
import numpy as np

import minivit
from minivit import ops
from minivit.figures import keep_picture

data = minivit.load_dataset("digits")
recipe = minivit.TrainingConfig(model="digits", epochs=3, warmup_epochs=1, shift=0)
model = minivit.train(recipe, data).model
layers = [tokens.astype(np.float64) for tokens in model.features(data.test.images)]  # (360, T, D)
spreads = [tokens.std(axis=-1).mean() for tokens in layers]
print("standard deviation of a token:", ", ".join(f"{s:.2f}" for s in spreads))
assert spreads == sorted(spreads)  # from block to block they grow
rng = np.random.default_rng(0)
gamma, beta, eps = rng.normal(size=64), rng.normal(size=64), 1e-6
x, dy = layers[1][:4], rng.normal(size=(4, 17, 64))  # four images after the first block

# %% [markdown]
# ## The derivation
#
#     c = x - mean(x),    var = mean(c^2),    rstd = 1 / sqrt(var + eps),    x_hat = c rstd
#     y = x_hat gamma + beta
#
# All means are over the D numbers of one token; eps only guards against a division by 0. Backwards,
# last step first (g stands for d loss / d x_hat):
#
# 1. y = x_hat gamma + beta. Every token uses gamma and beta: dgamma = sum over all tokens of dy
#    x_hat, dbeta = sum over all tokens of dy, and g = dy gamma.
# 2. x_hat = c rstd, and rstd depends on all of c. Directly c_i gets g_i rstd. Through rstd it gets
#    sum(g c) times d rstd / d c_i. Since rstd = (var + eps)^(-1/2) and d var / d c_i = 2 c_i / D,
#    that is d rstd / d c_i = -rstd^3 c_i / D. With c = x_hat / rstd both together are
#    dc = rstd (g - x_hat mean(g x_hat)).
# 3. c = x - mean(x): each x_i lowers all of c by 1/D, so dx = dc - mean(dc). Since mean(x_hat) = 0,
#
#         dx = rstd (g - mean(g) - x_hat mean(g x_hat))
#
# The two terms that are taken off have a reason. Adding a number to all of x changes nothing in y,
# so dx must not point that way: it sums to 0. Multiplying c by a number changes nothing either, up
# to eps: dx is orthogonal to x_hat.
#
# ## By hand
#
# The axes over which a mean goes are an argument: we shall need others.


# %%
def norm_forward(x, gamma, beta, *, axes):
    c = x - x.mean(axis=axes, keepdims=True)
    rstd = 1 / np.sqrt((c**2).mean(axis=axes, keepdims=True) + eps)
    x_hat = c * rstd
    return x_hat * gamma + beta, (x_hat, rstd, gamma, axes)


def norm_backward(dy, cache):
    x_hat, rstd, gamma, axes = cache
    g = dy * gamma
    along_mean = g.mean(axis=axes, keepdims=True)
    along_x_hat = x_hat * (g * x_hat).mean(axis=axes, keepdims=True)
    dx = rstd * (g - along_mean - along_x_hat)
    return dx, (dy * x_hat).sum(axis=(0, 1)), dy.sum(axis=(0, 1))


y, cache = norm_forward(x, gamma, beta, axes=-1)
dx, dgamma, dbeta = norm_backward(dy, cache)
x_hat, rstd, *_ = cache
np.testing.assert_allclose(x_hat.mean(axis=-1), 0, atol=1e-14)
np.testing.assert_allclose(x_hat.var(axis=-1), 1, atol=1e-5)
np.testing.assert_allclose(norm_forward(3 * x + 7, gamma, beta, axes=-1)[0], y, atol=1e-5)
g = dy * gamma
dc = rstd * (g - x_hat * (g * x_hat).mean(axis=-1, keepdims=True))  # step 2
np.testing.assert_allclose(dx, dc - dc.mean(axis=-1, keepdims=True), atol=1e-13)  # step 3
assert np.abs(dx.sum(axis=-1)).max() < 1e-12
assert np.abs((dx * x_hat).sum(axis=-1)).max() < 1e-4  # eps keeps it from being exactly 0

# %% [markdown]
# ## The library's version

# %%
library_y, library_cache = ops.layernorm_forward(x, gamma, beta, eps=eps)
np.testing.assert_allclose(library_y, y, atol=1e-12)
library_gradients = ops.layernorm_backward(dy, library_cache)
for ours, theirs in zip((dx, dgamma, dbeta), library_gradients, strict=True):
    np.testing.assert_allclose(ours, theirs, atol=1e-11)
few = rng.normal(size=(3, 2, 5)), rng.normal(size=5), rng.normal(size=5)  # x, gamma, beta
report = minivit.gradcheck(ops.layernorm_forward, ops.layernorm_backward, *few)
print(report)
assert report.ok

# %% [markdown]
# ## Break it
#
# Take away one of the three factors of dx at a time. All shapes stay right; dgamma and dbeta too.


# %%
def broken(without):
    def backward(dy, cache):
        _, dgamma, dbeta = norm_backward(dy, cache)
        x_hat, rstd, gamma, axes = cache
        g = dy * gamma
        along_mean = g.mean(axis=axes, keepdims=True)
        along_x_hat = x_hat * (g * x_hat).mean(axis=axes, keepdims=True)
        keep = {name: name != without for name in ("mean", "x_hat", "rstd")}
        dx = g - keep["mean"] * along_mean - keep["x_hat"] * along_x_hat
        return dx * (rstd if keep["rstd"] else 1), dgamma, dbeta

    return backward


for without in ("nothing", "mean", "x_hat", "rstd"):
    report = minivit.gradcheck(norm_forward, broken(without), *few, options={"axes": -1})
    print(f"without {without:<8} dx: {report.rows[0].verdict}, off by {report.worst:.0e}")
    assert report.ok == (without == "nothing")

# %% [markdown]
# ## Against BatchNorm: why a token normalises alone
#
# BatchNorm (Ioffe and Szegedy 2015) takes its means over the batch: one mean and one variance for
# each column, over all tokens of all images. Our functions do that with other axes, and their
# backward is right as it is.
#
# LayerNorm, one often hears, is there because texts differ in length. All images of a ViT have the
# same number of tokens, and yet it normalises each token alone. Three reasons can be measured.
#
# 1. *Companions.* With BatchNorm, what an image becomes depends on the images that happen to be
#    beside it in the batch: less so in a large batch, about like 1/sqrt(B), but at any size.
# 2. *Gradients.* A loss on image 0 alone has a gradient on the other images.
# 3. *One image.* In use there may be no batch. So BatchNorm needs averages kept from training, and
#    is another function then than the one that was trained. Of a single vector it would make 0,
#    whatever the vector is.

# %%
batch_axes, one_g, zero_b = (0, 1), np.ones(64), np.zeros(64)
report = minivit.gradcheck(norm_forward, norm_backward, *few, options={"axes": batch_axes})
print(report)
assert report.ok


def moved_by_companions(B, axes):
    """How much the normalised tokens of image 0 vary over 30 random sets of companions."""
    results = []
    for _ in range(30):
        others = rng.choice(np.arange(1, 360), B - 1, replace=False)
        batch = np.concatenate([layers[2][:1], layers[2][others]])
        results.append(norm_forward(batch, one_g, zero_b, axes=axes)[0][0])
    return np.std(results, axis=0).mean()


sizes = [2, 4, 8, 16, 32, 64, 128]
moved = [moved_by_companions(B, batch_axes) for B in sizes]
print("BatchNorm, moved by companions:", ", ".join(f"{m:.3f}" for m in moved))
assert moved[0] > 0.1 and moved[-1] > 0.01 and 2 < moved[2] / moved[-1] < 8  # 4 for 16 times B
assert max(moved_by_companions(B, -1) for B in sizes) < 1e-14  # LayerNorm: not at all

dy_of_one = dy.copy()
dy_of_one[1:] = 0  # a loss on image 0 alone
for name, axes in (("BatchNorm", batch_axes), ("LayerNorm", -1)):
    dx_others = norm_backward(dy_of_one, norm_forward(x, one_g, zero_b, axes=axes)[1])[0][1:]
    print(f"{name}: largest gradient on the other images {np.abs(dx_others).max():.1e}")
    assert (np.abs(dx_others).max() > 0.01) == (name == "BatchNorm")
alone = norm_forward(x[:1, :1], one_g, zero_b, axes=batch_axes)[0]
assert not alone.any()  # a batch of one cls token: everything is 0

# %% [markdown]
# ## The variance that cancels
#
# var = mean(x^2) - mean(x)^2 needs only one pass over x, and is the same on paper. In float32 both
# terms are rounded by 6e-8 of their size; if the mean is 1,000 and the variance 1, both are a
# million, and the rounding of 0.06 is what is left to compare with 1. With a mean of 10,000 many
# variances come out negative, and the root is NaN. Two passes, first the mean, then mean((x -
# mean)^2), have no such difference. (Even then the mean itself is rounded: the library centres such
# rows once more.)

# %%
offsets, off = 10.0 ** np.arange(6), {"one pass": [], "two passes": [], "centred again": []}
noise = rng.normal(size=(500, 64))
for offset in offsets:
    far = (noise + offset).astype(np.float32)
    true = far.astype(np.float64).var(axis=-1)
    centred = far - far.mean(axis=-1, keepdims=True)
    again = centred - centred.mean(axis=-1, keepdims=True)
    one_pass = (far * far).mean(axis=-1) - far.mean(axis=-1) ** 2
    ways = one_pass, (centred**2).mean(axis=-1), (again**2).mean(axis=-1)
    for row, var in zip(off.values(), ways, strict=True):
        row.append(np.abs(var / true - 1).max())
    if offset == 10_000:
        print(f"mean 10,000: {(one_pass < 0).mean():.0%} of the one-pass variances are negative")
        assert (one_pass < 0).mean() > 0.05
for name, row in off.items():
    print(f"{name:<14} largest relative error", ", ".join(f"{error:.0e}" for error in row))
assert off["one pass"][3] > 0.02 and off["two passes"][3] < 1e-5
assert max(off["centred again"]) < min(1e-5, off["two passes"][5])
ours = max(np.abs(tokens.mean(axis=-1) / tokens.std(axis=-1)).max() for tokens in layers)
print(f"in our model a token's mean is at most {ours:.1f} of its standard deviation")
assert ours < 3  # here one pass would do; an op must be right for whatever it is given

# %% [markdown]
# ## A picture to keep


# %%
def draw(figure):
    """Left: LayerNorm's mean goes along one token, BatchNorm's down a column through all images.
    Middle: companions move BatchNorm's result alone, less in large batches. Right: the variance in
    one pass is lost where means are above 1,000."""
    from matplotlib.colors import ListedColormap

    grid, companions, cancels = figure.subplots(1, 3)
    numbers = np.full((3, 5, 8), np.nan)  # three images of four tokens of eight numbers, and gaps
    numbers[:, :4] = 0
    numbers[1, 2], numbers[:, :4, 5] = 1, 2
    colours = ListedColormap(["#e8e8e8", "#1f77b4", "#ff7f0e"])
    grid.pcolormesh(numbers.reshape(15, 8)[:14], cmap=colours, edgecolors="white")
    grid.invert_yaxis()
    grid.set(xticks=[], yticks=[2, 7, 12], yticklabels=["image 0", "image 1", "image 2"])
    grid.set(title="Which numbers share a mean?", xlabel="D columns, a row per token; blue:\n"
             "one mean of LayerNorm; orange: one of BatchNorm")  # fmt: skip
    companions.semilogx(sizes, moved, "o-", color="#ff7f0e", label="BatchNorm")
    companions.semilogx(sizes, [0] * 7, "s-", color="#1f77b4", label="LayerNorm: 0")
    companions.set_xticks(sizes, sizes)
    companions.set(xlabel="images in the batch", ylabel="standard deviation of image 0's numbers")
    companions.set_title("The same image, other companions")
    for (name, row), style in zip(off.items(), ("s-", "o-", "^-"), strict=True):
        colour = "#ff7f0e" if name == "one pass" else "#1f77b4"
        cancels.loglog(offsets, row, style, color=colour, label=name)
    cancels.axhline(1, color="black", linewidth=0.8, label="as large as the variance")
    cancels.set(xlabel="mean of the row (its variance is 1)", title="Variances in float32")
    cancels.set_ylabel("relative error of the variance")


keep_picture(draw, "05_layernorm.png", 12, 4)

# %% [markdown]
# ## Exercises
#
# **5.1 Predict the shape.** How many means does LayerNorm take of x (B, T, D), how many BatchNorm,
# and what is the shape of dgamma? Roughly 1 line.


# %%
def counts(B, T, D):
    ### BEGIN SOLUTION
    return B * T, D, (D,)
    ### END SOLUTION


of_tokens, of_columns, dgamma_shape = counts(4, 17, 64)
assert of_tokens == x.mean(axis=-1).size, "LayerNorm: a mean for each token"
assert of_columns == x.mean(axis=(0, 1)).size, "BatchNorm: a mean for each column"
assert dgamma_shape == dgamma.shape, "gamma is the same for all tokens"
print("5.1 is right")

# %% [markdown]
# **5.2 RMSNorm** (Zhang and Sennrich 2019) does without the mean: x_hat = x rstd with rstd = 1 /
# sqrt(mean(x^2) + eps), and y = x_hat gamma. Derive and code its backward. Roughly 3 lines.


# %%
def rms_forward(x, gamma):
    rstd = 1 / np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
    return x * rstd * gamma, (x * rstd, rstd, gamma)


def rms_backward(dy, cache):
    x_hat, rstd, gamma = cache
    ### BEGIN SOLUTION
    g = dy * gamma
    dx = rstd * (g - x_hat * (g * x_hat).mean(axis=-1, keepdims=True))
    return dx, (dy * x_hat).sum(axis=(0, 1))
    ### END SOLUTION


report = minivit.gradcheck(rms_forward, rms_backward, *few[:2])
assert report.ok, f"step 2 of the derivation is what is left; step 3 falls away\n{report}"
print("5.2 is right")

# %% [markdown]
# **5.3 LayerNorm from memory.** Derive the backward once more on paper, then code it for x (...,
# D), with any number of axes before D. Roughly 6 lines.
# `minivit check --exercise 5.3 FILE` checks `layernorm_backward`.


# %%
def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    ### BEGIN SOLUTION
    g = dy * gamma
    along_x_hat = x_hat * (g * x_hat).mean(axis=-1, keepdims=True)
    dx = rstd * (g - g.mean(axis=-1, keepdims=True) - along_x_hat)
    axes = tuple(range(dy.ndim - 1))  # all but D: every token uses gamma and beta
    return dx, (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)
    ### END SOLUTION


for tokens in (few[0], few[0][0], few[0][None]):  # three axes, two, four
    report = minivit.gradcheck(ops.layernorm_forward, layernorm_backward, tokens, *few[1:])
    assert report.ok, f"the table says which of the three is wrong:\n{report}"
print("5.3 is right")
