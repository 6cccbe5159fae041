# %% [markdown]
# # Lesson 16: how a token is told where it lies
#
# *70 minutes; builds on lessons 2, 6 and 11.*
#
# **The question.** To attention, tokens are a set: without positions a shuffled image is the same
# image (lesson 2). There are many ways to tell a token where it lies: learned or fixed, by number
# or by row and column, added to tokens or to scores. Does it matter which? And does a model find
# out by itself that an image has rows and columns?
#
# **The shapes.** Patches lie on a grid of R rows and S columns, N = R S, numbered row by row; there
# are T tokens, D wide; a head has K columns.
#
# | kind | shape | what is told |
# |---|---|---|
# | learned (1-D) | (T, D) | a vector for every token, its own |
# | learned 2-D | (R, D/2), (S, D/2) | half a vector for its row, half for its column |
# | sine-cosine, 1-D or 2-D | (T, D) | the same as above, fixed |
# | relative | (2N - 1, K) | a vector for how far query and key are apart, used in the scores |

# %%
import numpy as np

import minivit
from minivit import ops
from minivit.course.results import read_result
from minivit.figures import keep_picture

data, rng = minivit.load_dataset("digits"), np.random.default_rng(0)

# %% [markdown]
# ## Fixed: sines and cosines, and why both
#
# Vaswani et al. 2017 (section 3.5) give token t, for n = D/2 frequencies f_i = 10000^(-i/n), the
# pairs sin(t f_i), cos(t f_i). A pair is a hand of a clock, which turns by f_i from token to token:
# i = 0 fast, the last ones very slowly, so that no two tokens are alike. Why a pair, not a sine
# alone? Because then a shift by s is a rotation, the same wherever it begins:
#
#     sin((t + s) f) = cos(s f) sin(t f) + sin(s f) cos(t f)
#     cos((t + s) f) = cos(s f) cos(t f) - sin(s f) sin(t f)
#
# So a matrix (of a query, say) can look "three to the left" from everywhere. And the dot product of
# the rows of tokens t and u is the sum over i of cos((t - u) f_i): their distance alone decides.
#
# In 2-D, half of the width tells the column in this way, the other half the row, with n = D/4. (The
# code of MAE has 10000^(-i/n) there, big_vision, that of the paper's authors, 10000^(-i/(n-1)).)


# %%
def sincos_1d(T, D):
    angles = np.arange(T)[:, None] * 10_000.0 ** (-np.arange(D // 2) / (D // 2))  # (T, D/2)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(T, D)


def sincos_2d(R, S, D, last):
    angles = np.arange(max(R, S))[:, None] * 10_000.0 ** (-np.arange(D // 4) / last)
    waves = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)  # (places, D/2)
    return np.concatenate([np.tile(waves[:S], (R, 1)), np.repeat(waves[:R], S, axis=0)], axis=1)


R, S, N, D = 4, 4, 16, 64
fixed = {
    "sincos": sincos_1d(N, D),
    "sincos-2d": sincos_2d(R, S, D, D // 4 - 1),
    "sincos-2d-mae": sincos_2d(R, S, D, D // 4),
}
for kind, table in fixed.items():
    library, _ = ops.sincos_positions_forward(np.zeros((1, N, D)), kind=kind, grid=(R, S))
    np.testing.assert_allclose(table, library[0], atol=1e-12)
products = fixed["sincos"] @ fixed["sincos"].T
assert all(np.ptp(np.diag(products, s)) < 1e-10 for s in range(N))  # the distance alone

# %% [markdown]
# ## Learned: 1-D and 2-D
#
# 1-D is a row for every token (lesson 2). In 2-D the patch in row r and column c gets [rows_r;
# columns_c]. Backward, a row's half vector collects from every patch in that row, of all images:
#
#     dtable = sum over B of dx
#     drows_r = sum_c dtable_rc[: D/2],    dcolumns_c = sum_r dtable_rc[D/2 :]

# %%
rows, columns = rng.normal(size=(3, 4)), rng.normal(size=(2, 4))  # R = 3, S = 2, D = 8
x, dy = rng.normal(size=(2, 5, 6, 8))  # B = 5, N = 6
table = np.concatenate([np.repeat(rows, 2, axis=0), np.tile(columns, (3, 1))], axis=1)
dtable = dy.sum(axis=0).reshape(3, 2, 8)
y, cache = ops.positions_2d_forward(x, rows, columns, None, grid=(3, 2))
_, drows, dcolumns, _ = ops.positions_2d_backward(dy, cache)
assert np.allclose(y, x + table) and np.allclose(drows, dtable[:, :, :4].sum(axis=1))
assert np.allclose(dcolumns, dtable[:, :, 4:].sum(axis=0))

# %% [markdown]
# ## Relative: by hand, forward and backward
#
# Tokens are left alone; the score of query i and key j is told how far they are apart (appendix
# D.4; Shaw et al. 2018). a (2N - 1, K) has a row for each offset i - j, from -(N - 1) to N - 1:
#
#     scores_ij = q_i . (k_j + a_(i-j)) / sqrt(K)
#
# One row of a is used by all pairs with that offset, so its gradient is a sum over them:
#
#     da_o = sum over images and pairs with i - j = o of dscores_ij q_i / sqrt(K)
#     dq_i = sum_j dscores_ij (k_j + a_(i-j)) / sqrt(K)
#
# **Break it.** `da[offset] += ...` looks the same as `np.add.at`. But NumPy reads, adds and writes
# once for each row: of all pairs with one offset only the last is kept.


# %%
def relative(q, k, v, a):
    T, K = q.shape[-2:]
    offset = np.arange(T)[:, None] - np.arange(T) + T - 1  # (T, T): which row of a
    scores = (q @ k.swapaxes(-1, -2) + np.einsum("bik,ijk->bij", q, a[offset])) / np.sqrt(K)
    probs, _ = ops.softmax_forward(scores)
    return probs @ v, (q, k, v, a, offset, probs)


def relative_backward(dmixed, cache, add=np.add.at):
    q, k, v, a, offset, probs = cache
    dprobs = dmixed @ v.swapaxes(-1, -2)
    dscores = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    dscores /= np.sqrt(q.shape[-1])
    dq = dscores @ k + np.einsum("bij,ijk->bik", dscores, a[offset])
    da = np.zeros_like(a)
    add(da, offset, np.einsum("bij,bik->ijk", dscores, q))  # adds up where a row comes twice
    return dq, dscores.swapaxes(-1, -2) @ q, probs.swapaxes(-1, -2) @ dmixed, da


q, k, v, dmixed = rng.normal(size=(4, 2, 5, 3))  # B = 2, T = N = 5, K = 3
a = rng.normal(size=(9, 3))
mixed, cache = relative(q, k, v, a)
one_head = [array[:, None] for array in (q, k, v)]  # (B, H, T, K)
library, library_cache = ops.attention_forward(*one_head, a[None])
np.testing.assert_allclose(mixed, library[:, 0], atol=1e-12)
theirs = ops.attention_backward(dmixed[:, None], library_cache)
for mine, other, first in zip(relative_backward(dmixed, cache), theirs, (1, 1, 1, 0), strict=True):
    np.testing.assert_allclose(mine, other.squeeze(axis=first), atol=1e-12)


def last_only(da, offset, of_pairs):
    da[offset] += of_pairs


assert minivit.gradcheck(relative, relative_backward, q, k, v, a).ok
report = minivit.gradcheck(relative, lambda dy, c: relative_backward(dy, c, last_only), q, k, v, a)
print(report)
assert [row.tensor for row in report.rows if row.verdict == "wrong"] == ["a"]

# %% [markdown]
# ## Table 8 in small
#
# The paper's table 8 (B/16, ImageNet, five images of each class): none 61.4 %; 1-D 64.2, at every
# layer 64.0, one table shared by all layers 64.3; 2-D 64.0, 64.0, 64.0; relative 64.0. Ours, three
# seeds each, 10 epochs on four fifths of the digits. The library's relative positions count patches
# in raster order, as the paper does, and give cls three rows of its own.

# %%
made, runs = read_result("16_positions.csv")
print(made)
found, size = {}, {}
for run in runs:
    name = f"{run['positions']}, {run['positions_at']}"
    if run["position_std"] != 1:
        name += f", begun at {run['position_std']:g}"
    found.setdefault(name, []).append(100 * run["test_accuracy"])
    size[name] = run["parameters"]
print("positions, where: numbers that are learned; test digits read right, mean (least - most)")
for name, seeds in found.items():
    learnt, reached = size[name] - size["none, input"], f"{min(seeds):.1f} - {max(seeds):.1f}"
    print(f"{name:38}{learnt:7,.0f}   {np.mean(seeds):.1f} ({reached})")
of_one = [seeds for name, seeds in found.items() if "begun" not in name and "none" not in name]
assert all(max(found["none, input"]) < min(seeds) - 10 for seeds in of_one)
assert min(found["learned, input"]) > max(found["learned, input, begun at 0.02"]) + 30
assert min(found["learned, input"]) > max(found["sincos, input"]) > max(found["sincos-2d, input"])
assert max(found["learned, input"]) > min(found["learned-2d, input"])

begins = {f"learned, begun at {s:g}": s * rng.normal(size=(N, D)) for s in (1, 0.02)} | fixed
for name, table in begins.items():
    between = np.linalg.norm(table[:, None] - table, axis=-1).sum() / (N * (N - 1))
    print(f"{name:24} two patches' rows are {between:5.2f} apart at the beginning")

# %% [markdown]
# What can be told from the spread, and what can't? None is far behind all that aren't begun at
# 0.02; in the paper it is the last too. Learned 1-D and 2-D overlap: no difference, as in the
# paper. But the other kinds are 11 to 53 points behind learned 1-D, and in the paper 0.3. Why? Look
# at how far apart two patches' rows are at the beginning: accuracies come in the same order (the
# two of 2-D can't be told apart). On 4 x 4 places sines and cosines hardly turn, those of 2-D
# least; rows begun at 0.02 are nearly equal, and most of the 360 steps are over when the model can
# use them. In a run so short it matters more how clearly a place is told than in which way.
#
# ## Does it find out that there are rows and columns?
#
# Figure 7 of the paper shows how alike the learned rows of the table are (cosine: x . y / |x| |y|):
# near patches have similar rows, and so have those of one row or column of the image. Nobody told
# the model that there are any. What does? Train two small models, whose positions begin at 0.02 as
# the paper's do: one on the digits as they are, one on digits shifted at random by up to 2 pixels,
# the side of a patch.

# %%
place = np.stack(np.divmod(np.arange(16), 4), axis=1)  # (N, 2): row, column
distance = np.linalg.norm(place[:, None] - place, axis=-1)  # (N, N)
in_line = (place[:, None] == place).any(axis=-1)
groups = {"neighbours": distance == 1, "others in line": in_line & (distance > 1), "rest": ~in_line}


def cosines(table):
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    return unit @ unit.T


learned, means = {}, {}
for shift in (0, 2):
    recipe = minivit.TrainingConfig(
        epochs=6, warmup_epochs=1, learning_rate=4e-3, position_std=0.02, shift=shift
    )
    run = minivit.train(recipe, data)
    learned[shift] = run.model.parameters["embed.positions"][1:]
    means[shift] = {group: cosines(learned[shift])[where].mean() for group, where in groups.items()}
    print(f"shifts of {shift}: {run.state.history[-1]['test_accuracy']:.1%} right; mean cosine of",
          ", ".join(f"{group} {mean:.2f}" for group, mean in means[shift].items()))  # fmt: skip
assert means[0]["neighbours"] < -0.05 < 0.1 < means[2]["neighbours"]

# %% [markdown]
# Without shifts neighbours are *less* alike than others. With shifts, what one patch sees is often
# seen by its neighbour, and their rows become alike; those in line are a little less unlike than
# the rest. So nothing in the model makes near patches similar: the images do, as they move. (One
# run each, and 4 x 4 patches: the signs are clear, the lines are not.)
#
# ## A picture to keep


# %%
def draw(figure):
    """Left: for each of 4 x 4 patches a small map, how alike its row of the table and every other
    are: learned without shifts neighbours differ, with shifts they are alike; sines and cosines in
    2-D are nearly the same everywhere. Right: positions that begin at 1 read most digits."""
    grid = figure.add_gridspec(1, 4, width_ratios=(1, 1, 1, 1.5))
    shown = {"no shifts": learned[0], "with shifts": learned[2], "fixed": fixed["sincos-2d"]}
    for column, (title, of_patches) in enumerate(shown.items()):
        axes = figure.add_subplot(grid[0, column])
        maps = np.full((4, 5, 4, 5), np.nan)  # a gap after every map
        maps[:, :4, :, :4] = cosines(of_patches).reshape(4, 4, 4, 4).transpose(0, 2, 1, 3)
        drawn = axes.imshow(maps.reshape(20, 20)[:19, :19], cmap="viridis", vmin=-0.4, vmax=1)
        axes.set(title=title, xticks=[], yticks=[], xlabel="column of the patch", ylabel="its row")
    figure.colorbar(drawn, ax=figure.axes, shrink=0.6, label="cosine")
    table_8 = figure.add_subplot(grid[0, 3])
    for y, seeds in enumerate(list(found.values())[::-1]):
        table_8.plot(seeds, [y] * len(seeds), "o", color="#0072b2", alpha=0.6)
        table_8.plot(np.mean(seeds), y, "|", color="#d55e00", markersize=14)
    table_8.set_yticks(range(len(found)), list(found)[::-1], fontsize=8)
    table_8.set(title="dots: seeds; lines: means", xlabel="test digits read right, %")


keep_picture(draw, "16_positions.png", 15, 4.6)

# %% [markdown]
# ## Exercises
#
# **16.1 Predict the pairs.** Relative positions by number, as above, on 4 x 4 patches without cls:
# how many pairs (query, key) use the row of offset 1? In how many of them does the query lie right
# of the key, in the same row of the image? `prediction` is these two. Roughly 1 line.

# %%
### BEGIN SOLUTION
prediction = (15, 12)  # the other 3: from the beginning of a row to the end of the row above
### END SOLUTION
number = np.arange(16)
apart_by_1 = number[:, None] - number == 1
in_a_row = apart_by_1 & (number[:, None] // 4 == number // 4)
assert prediction[0] == apart_by_1.sum(), "i - j = 1: every patch but the first has such a key"
assert prediction[1] == in_a_row.sum(), "the first patch of a row has its key at another row's end"
print("16.1 is right")

# %% [markdown]
# **16.2 Turn the hands.** From the row of one token (D,), of the 1-D table of sines and cosines,
# make the row of the token s further on, without knowing which token it was. Roughly 4 lines.


# %%
def further(row, s):
    D = len(row)
    frequencies = 10_000.0 ** (-np.arange(D // 2) / (D // 2))
    ### BEGIN SOLUTION
    sin, cos = row[0::2], row[1::2]
    turn_sin, turn_cos = np.sin(s * frequencies), np.cos(s * frequencies)
    turned = turn_cos * sin + turn_sin * cos, turn_cos * cos - turn_sin * sin
    return np.stack(turned, axis=-1).reshape(D)
    ### END SOLUTION


for t, s in ((0, 3), (5, 4), (9, -2)):
    turned, true = further(sincos_1d(16, 8)[t], s), sincos_1d(16, 8)[t + s]
    assert np.shape(turned) == (8,), f"a row is (D,), and yours {np.shape(turned)}"
    assert np.allclose(turned, true), "sin and cos lie in turn; the pair turns forwards, by s f_i"
print("16.2 is right")

# %% [markdown]
# **16.3 Two-dimensional offsets.** Many models (Swin, for one) learn one number for each offset of
# rows and columns: scores_ij + bias[r_i - r_j + R - 1, c_i - c_j + S - 1]. bias is (2R - 1, 2S - 1)
# and scores (B, N, N). Code forward and backward; `rows` and `columns` (N,) are those of the
# patches. Roughly 3 lines each.


# %%
def biased(scores, bias, *, grid):
    rows, columns = np.divmod(np.arange(np.prod(grid)), grid[1])  # (N,) each
    ### BEGIN SOLUTION
    down = rows[:, None] - rows + grid[0] - 1  # (N, N)
    across = columns[:, None] - columns + grid[1] - 1
    return scores + bias[down, across], (bias.shape, down, across)
    ### END SOLUTION


def biased_backward(dy, cache):
    ### BEGIN SOLUTION
    shape, down, across = cache
    dbias = np.zeros(shape)
    np.add.at(dbias, (down, across), dy.sum(axis=0))
    return dy.copy(), dbias
    ### END SOLUTION


scores, bias = rng.normal(size=(2, 6, 6)), rng.normal(size=(3, 5))  # R = 2, S = 3
y, _ = biased(scores, bias, grid=(2, 3))
rule = "i, the query, is the first index: its row and column less those of the key"
assert np.allclose(y[:, 0, 5], scores[:, 0, 5] + bias[0, 0]), rule
assert np.allclose(y[:, 3, 1], scores[:, 3, 1] + bias[2, 1]), rule
report = minivit.gradcheck(biased, biased_backward, scores, bias, options={"grid": (2, 3)})
assert report.ok, f"each number of bias collects from all pairs with its offset:\n{report}"
print("16.3 is right")

# %% [markdown]
# **16.4 A row and a column.** Learned positions in two halves (exercise 2.2): rows (R, D/2) and
# columns (S, D/2), and a vector of its own for the cls token, if there is one. From dy (B, T, D)
# make dx, drows, dcolumns and dcls, or None for that. Roughly 6 lines.
# `minivit check --exercise 16.4 FILE` checks `positions_2d_backward`.


# %%
def positions_2d_backward(dy, cache):
    (R, S), has_cls, dtype = cache
    ### BEGIN SOLUTION
    dtable = dy.sum(axis=0)  # (T, D): all images use the same
    dcls = dtable[0].copy() if has_cls else None
    halves = dtable[int(has_cls) :].reshape(R, S, 2, -1)  # each (D/2)
    return dy.copy(), halves[:, :, 0].sum(axis=1), halves[:, :, 1].sum(axis=0), dcls
    ### END SOLUTION


rows, columns, cls = rng.normal(size=(2, 4)), rng.normal(size=(3, 4)), rng.normal(size=8)
for T, first in ((7, cls), (6, None)):
    report = minivit.gradcheck(
        ops.positions_2d_forward, positions_2d_backward, rng.normal(size=(2, T, 8)), rows, columns,
        first, options={"grid": (2, 3)},
    )  # fmt: skip
    assert report.ok, f"a row's vector collects from all its patches, in every image:\n{report}"
print("16.4 is right")
