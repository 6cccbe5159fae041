# %% [markdown]
# # Lesson 17: fine-tuning at a higher resolution
#
# *60 minutes; builds on lessons 3, 11 and 16.*
#
# **The question.** A model has learned from small images. Now it shall tell *other* things apart,
# in *larger* images, of which there are few: to go on from what it has learned is **fine-tuning**.
# What of it stays, what must be new, and what becomes of positions, when there are too few?
#
# **The shapes.** Patches keep their side P, so a larger image has more: a grid of R' x S' where it
# was R x S, and N' = R' S' where it was N = R S (section 3.2 of the paper). Ours goes from 16 x 16
# to 28 x 28 pixels with P = 4 and D = 32, from C = 7 classes to 3:
#
# | tensor | shape | before | after | it is |
# |---|---|---|---|---|
# | `embed.w` | (P P channels, D) | (16, 32) | (16, 32) | kept |
# | `embed.positions` | (N + 1, D) | (17, 32) | (50, 32) | interpolated |
# | all of a block | no N in it | | | kept |
# | `head.w` | (D, C) | (32, 7) | (32, 3) | new, and 0 |
#
# Why keep P? `embed.w` and all behind it have learned what P x P pixels look like. And a block
# takes any number of tokens: of all that is kept, positions alone are counted.

# %%
import math

import numpy as np

import minivit
from minivit import ops
from minivit.data import Dataset, Split
from minivit.figures import keep_picture
from minivit.models import representation
from minivit.models.interpolation import linear_by_centres
from minivit.training import evaluate

rng = np.random.default_rng(0)
KNOWN, NEW = [0, 2, 3, 4, 6, 7, 8], [1, 5, 9]  # kinds of clothes; new: trousers, sandals, boots


def clothes(kinds, side, each):
    """`each` images of every kind to learn from, 100 to test, resized to `side` pixels."""
    data, splits = minivit.load_dataset("fashion-small", image=side), []
    for (images, labels), most in ((data.train, each), (data.test, 100)):
        chosen = np.concatenate([np.flatnonzero(labels == kind)[:most] for kind in kinds])
        splits.append(Split(images[chosen], np.searchsorted(kinds, labels[chosen])))
    names = [data.class_names[kind] for kind in kinds]
    return Dataset(data.name, names, data.preprocessing, *splits)


known, few = clothes(KNOWN, 16, 360), clothes(NEW, 28, 20)
sizes = {"image": (16, 16), "patch": (4, 4), "width": 32, "depth": 2, "mlp": 64, "classes": 7}
c, how = minivit.variant("digits", **sizes), {"warmup_epochs": 1, "position_std": 0.02}
recipe = minivit.TrainingConfig(c, epochs=8, learning_rate=4e-3, shift=2, **how)
model = minivit.train(recipe, known).model
before = evaluate(model, *known.test).accuracy
print(f"seven kinds of clothes in 16 x 16 pixels: {before:.1%} of the test images are right")
assert before > 0.5

# %% [markdown]
# ## A new head, of zeros
#
# The old head has a column for each old class, so it goes (with its hidden layer, pre-logits, if it
# has one). The new w (D, C) and b (C,) begin at 0 (appendix B.1.1). Why at 0? Let y (B, D) be what
# the head reads; by lesson 3:
#
#     logits = y w + b,    dlogits = (probs - onehot) / B
#     dw = y^T dlogits,    db = sum over B of dlogits,    dy = dlogits w^T
#
# 1. All logits are 0, so all probs are 1/C and the loss is ln C, whatever the images are.
# 2. dw and db are not 0: the head learns in the first step. (In a hidden layer zeros would be bad:
#    its units would stay alike. The columns of a head don't; each has a class of its own.)
# 3. dy = 0, since w = 0. So *every* other gradient is exactly 0: nothing that was learned is moved
#    before the head knows anything. From the second step on w is not 0, and all of it learns.
#
# **Break it.** Draw the head at random: the loss begins above ln C, and dlogits w^T pulls at all
# that was learned with a w that knows nothing.

# %%
images, labels = few.train
large, onehot = minivit.adapted(model, classes=len(NEW), image=28), np.eye(3)[labels]
assert not large.parameters["head.w"].any()  # a copy, with a new head
y, first = representation(large, images), {}
for name, w in (("zero", np.zeros((32, 3))), ("random", rng.normal(size=(32, 3)))):
    large.parameters["head.w"] = w
    logits, cache = large.forward(images)
    loss, loss_cache = ops.cross_entropy_forward(logits, labels=labels)
    large.zero_gradients()
    large.backward(ops.cross_entropy_backward(1.0, loss_cache), cache)
    dw = y.T @ (loss_cache.probs - onehot) / len(labels)
    np.testing.assert_allclose(large.gradients["head.w"], dw, atol=1e-4)
    rest = [np.linalg.norm(g) for n, g in large.gradients.items() if not n.startswith("head.")]
    first[name] = float(loss), np.linalg.norm(dw), np.linalg.norm(rest)
    print(name, "head: loss {:.4f}, |dw| {:.2f}, gradient of the rest {:.2f}".format(*first[name]))
assert math.isclose(first["zero"][0], math.log(3), rel_tol=1e-5) and first["zero"][2] == 0
assert first["random"][0] > math.log(3) + 0.5 and first["random"][2] > first["random"][1]

# %% [markdown]
# ## Positions for a larger grid: the derivation
#
# Lay the new grid of R' x S' places over the old one, R x S, corner on corner. Each new place gets
# a mean of the old vectors around it.
#
# 1. *Along one axis*, from n old places to n' new ones. New place i lies at p = i (n - 1)/(n' - 1),
#    between the old places j = floor(p) and j + 1. The nearer one weighs more:
#
#        new_i = (1 - t) old_j + t old_(j+1),    t = p - j
#
#    As a matrix: new = W old, with W (n', n), each row of which sums to 1.
# 2. *In two dimensions* rows have such a matrix V (R', R), columns U (S', S):
#
#        new_rs = sum_i sum_j V_ri U_sj old_ij
#
#    In raster order that is new = A old with A (N', N): the Kronecker product of V and U.
# 3. *cls* lies nowhere in the grid: its row stays as it is.
# 4. *Backward.* new is linear in old, so dold = A^T dnew. Who interpolates in every forward, as
#    Hugging Face's code can, teaches the old table in this way. The paper interpolates once; then
#    the new rows learn, each by itself, and A is forgotten.
#
# ## By hand, and the library's


# %%
def weights(old, new):
    W = np.zeros((new, old))
    for i in range(new):
        p = i * (old - 1) / (new - 1)
        j = min(int(p), old - 2)  # the last place has nothing behind it
        W[i, j], W[i, j + 1] = 1 - (p - j), p - j
    return W


def interpolate(table, grid, new):  # (1 + R S, D), row 0 is that of cls -> (1 + R' S', D)
    A = np.kron(weights(grid[0], new[0]), weights(grid[1], new[1]))  # (R' S', R S)
    return np.concatenate([table[:1], A @ table[1:]]), A


def interpolate_backward(dnew, A):
    return np.concatenate([dnew[:1], A.T @ dnew[1:]])


print(weights(4, 7))
table = model.parameters["embed.positions"].astype(np.float64)  # (17, D)
right, A = interpolate(table, (4, 4), (7, 7))
library = minivit.resize_positions(table, (4, 4), (7, 7), method="google")
assert np.allclose(right, library, atol=1e-12) and np.allclose(A.sum(axis=1), 1)
sides, old = {"grid": (3, 4), "new": (5, 6)}, rng.normal(size=(13, 5))
report = minivit.gradcheck(interpolate, interpolate_backward, old, options=sides)
print(report)
assert report.ok

# %% [markdown]
# (`minivit.finetune` does all this. Its methods have the names of those who go that way; timm and
# Hugging Face weigh four neighbours along an axis, and lay the grids edge on edge; exercise 17.2.)
#
# ## Break it: three ways that run, and are wrong
#
# - *As one long row.* Patches have 16 rows of the table: why not interpolate from 16 to 49 at once?
#   The shape is right. But interpolate the *coordinates* of the old places in the same way: where
#   does a new row say that its patch lies? A right way returns the new grid, row r at r/2.
# - *Height and width exchanged.* A grid of 5 x 7 has as many places as one of 7 x 5: no error.
# - *By a scale factor.* From 14 to 61 patches it is 61/14; some code multiplies by it and rounds
#   down, and 14 times 61/14 is 60.99999999999999 to a computer. So tell sizes, not factors.

# %%
place = np.stack(np.divmod(np.arange(16), 4), axis=1)  # (N, 2): row, column
new_place = np.stack(np.divmod(np.arange(49), 7), axis=1) * 3 / 6  # on the old grid
assert np.allclose(A @ place, new_place)
as_one = weights(16, 49)
off = np.abs(as_one @ place - new_place).mean(axis=0)
print(f"as one row: patch 10 lies at {new_place[10]}, its row says {as_one[10] @ place}")
print(f"in the mean rows are off by {off[0]:.2f} old patches, columns by {off[1]:.2f}")
assert off[0] < 0.4 and off[1] > 0.8 and int(14 * (61 / 14)) == 60

tables = {name: right.copy() for name in ("2-D", "as one row", "exchanged", "all alike")}
tables["as one row"][1:] = as_one @ table[1:]
tables["exchanged"][1:] = right[1:].reshape(7, 7, -1).swapaxes(0, 1).reshape(49, -1)
tables["all alike"][1:] = table[1:].mean(axis=0)  # every patch is told the same: nothing
tables["timm"] = minivit.resize_positions(table, (4, 4), (7, 7), method="timm")

# %% [markdown]
# ## Does it matter, to the positions and to the model?
#
# Interpolation takes it that rows of neighbours are alike, as they become where images move (lesson
# 16). To see what the model makes of a table, leave its old head on, and show it the kinds that it
# knows in 28 x 28 pixels, before any step. Nothing but the table differs.


# %%
def enlarged(positions):
    new = minivit.adapted(model, classes=len(KNOWN), image=28)
    new.parameters["embed.positions"] = positions
    for name in ("head.w", "head.b"):
        new.parameters[name] = model.parameters[name]
    return new


known_large, at_once = clothes(KNOWN, 28, 1), {}
for name, positions in tables.items():
    at_once[name] = evaluate(enlarged(positions), *known_large.test).accuracy
    print(f"{name:12} {at_once[name]:.1%} of the large images are right, before any step")
assert before - 0.12 < at_once["2-D"] and abs(at_once["timm"] - at_once["2-D"]) < 0.05
assert at_once["as one row"] < at_once["2-D"] - 0.04
assert at_once["exchanged"] < at_once["all alike"] - 0.05

# %% [markdown]
# 2-D reads nearly as many as before, in images that it has never seen so large. As one row it loses
# about as much as if nothing were told: columns are lost. Exchanged is worse than nothing: it tells
# what is false. With timm's table as many are read as with ours. (Three other seeds say the same.)
#
# ## Fine-tuning
#
# As in the paper: SGD with momentum 0.9 (exercise 11.2), a cosine, clipping at 1, no weight decay.
# Twenty images each of three new kinds, 8 epochs of 3 steps; against exchanged positions, small
# images, and the same model from scratch, by AdamW (at the best of the rates 0.001 to 0.008).

# %%
steps = {"epochs": 8, "batch": 20}
starts = {name: enlarged(tables[name]) for name in ("2-D", "exchanged")}
runs = {name: minivit.finetune(start, few, training=steps) for name, start in starts.items()}
runs["16 x 16"] = minivit.finetune(model, clothes(NEW, 16, 20), training=steps)
recipe = minivit.TrainingConfig(large.config, learning_rate=4e-3, shift=0, **how, **steps)
runs["from scratch"] = minivit.train(recipe, few)
curves = {name: [row["test_accuracy"] for row in run.state.history] for name, run in runs.items()}
for name, curve in curves.items():
    print(f"{name:13} % right after each epoch:", *(f"{100 * part:.0f}" for part in curve))
assert np.mean(curves["2-D"]) > np.mean(curves["from scratch"]) + 0.03
assert max(abs(curves[name][-1] - curves["2-D"][-1]) for name in ("exchanged", "16 x 16")) < 0.1

# %% [markdown]
# What was learned of other clothes helps, most of all at first. But wrong positions can hardly be
# told from right ones any more: they learn, and all else does. So a training may hide a wrong
# interpolation; look before its first step, as above. Nor do larger images help here, with 2.9
# times as many tokens. (The paper fine-tunes at 384 pixels, unless it says otherwise.)
#
# ## A picture to keep


# %%
def draw(figure):
    """Each small map tells how alike the position of one patch is to all others. Interpolated in
    2-D, the bright spots of 4 x 4 patches are the same on 7 x 7, only finer; as one long row they
    become stripes, and columns are lost. Right: which large images are read before any step."""
    grid = figure.add_gridspec(1, 4, width_ratios=(1, 1, 1, 1.1))
    shown = {"learned, 4 x 4": table, "2-D": right, "as one row": tables["as one row"]}
    for column, (title, positions) in enumerate(shown.items()):
        axes, side = figure.add_subplot(grid[0, column]), math.isqrt(len(positions))
        unit = positions[1:] / np.linalg.norm(positions[1:], axis=1, keepdims=True)
        maps = np.full((side, side + 1, side, side + 1), np.nan)  # a gap after every map
        alike = (unit @ unit.T).reshape(side, side, side, side)
        maps[:, :side, :, :side] = alike.transpose(0, 2, 1, 3)
        flat = maps.reshape(side * (side + 1), -1)[:-1, :-1]
        drawn = axes.imshow(flat, cmap="viridis", vmin=-0.5, vmax=1)
        axes.set(title=title, xticks=[], yticks=[], xlabel="column of the patch", ylabel="its row")
    figure.colorbar(drawn, ax=figure.axes, shrink=0.6, label="cosine")
    bars, names = figure.add_subplot(grid[0, 3]), ["all alike", "exchanged", "as one row", "2-D"]
    bars.barh(names, [100 * at_once[name] for name in names], color="#0072b2")
    bars.axvline(100 * before, color="#d55e00", ls="--")
    bars.set(title="large images, before any step", xlim=(0, 80))
    bars.set_xlabel("% read right (line: small images)")


keep_picture(draw, "17_finetuning.png", 15, 4.4)

# %% [markdown]
# ## Exercises
#
# **17.1 Predict the shapes.** A B/16 (D = 768) goes from 224 x 224 to 384 x 384 pixels, and to 37
# kinds of pets. `prediction` is the new shape of its positions, that of `head.w`, and how many rows
# of the new table are equal to a row of the old one, as above. Roughly 1 line.

# %%
### BEGIN SOLUTION
prediction = ((577, 768), (768, 37), 5)  # cls and the four corners
### END SOLUTION
of_positions, of_head, kept = prediction
on_old = (weights(14, 24) == 1).any(axis=1).sum()  # places along an axis
assert tuple(of_positions) == ((384 // 16) ** 2 + 1, 768), "24 x 24 patches, and cls"
assert tuple(of_head) == (768, 37), "a column for each new class"
assert kept == on_old**2 + 1, "13 steps become 23: which places lie on old ones? And cls?"
print("17.1 is right")

# %% [markdown]
# **17.2 Edge on edge.** Others (PyTorch, if not told otherwise) see a place as a square, and lay
# the grids edge on edge: the centre of new place i is at p = (i + 1/2) n / n' - 1/2. Where that is
# beyond all old centres, the outermost counts alone. Return W (n', n). Roughly 6 lines.


# %%
def weights_by_centres(old, new):
    ### BEGIN SOLUTION
    W = np.zeros((new, old))
    for i in range(new):
        p = min(max((i + 0.5) * old / new - 0.5, 0), old - 1)
        j = min(int(p), old - 2)
        W[i, j], W[i, j + 1] = 1 - (p - j), p - j
    return W
    ### END SOLUTION


for old, new in ((4, 7), (4, 8), (3, 3), (14, 24), (6, 4)):
    W, true = weights_by_centres(old, new), linear_by_centres(old, new)
    assert np.shape(W) == (new, old), f"a row for each new place: {(new, old)}, not {np.shape(W)}"
    assert np.min(W) >= 0, "beyond the outermost centre its row counts alone: no weight is below 0"
    assert np.allclose(np.sum(W, axis=1), 1), "the weights of each new place sum to 1"
    lie = true @ np.arange(old)
    assert np.allclose(W, true), f"{old} to {new}: places at {lie}, yours at {W @ np.arange(old)}"
print("17.2 is right")

# %% [markdown]
# **17.3 The linear probe.** How good are features that are not fine-tuned at all? The paper
# (section 4.1) maps them to targets in closed form. x (n, D) are features of few images, t (n, C)
# is 1 for the right class and -1 for others; both less their mean, so that no bias is needed.
# Return the w (D, C) for which |x w - t|^2 + r |w|^2 is least (all squares are summed; r > 0).
# Where is the gradient 0? Roughly 2 lines.


# %%
def probe_by_hand(x, t, r):
    ### BEGIN SOLUTION
    # 2 x^T (x w - t) + 2 r w = 0
    return np.linalg.solve(x.T @ x + r * np.eye(x.shape[1]), x.T @ t)
    ### END SOLUTION


frozen, target = enlarged(right), 2 * onehot - 1
seen = representation(frozen, images)
for rows, r in ((60, 1.0), (60, 30.0), (12, 1.0)):  # also with fewer images than features
    x, t = ((part - part.mean(axis=0, dtype=float))[:: 60 // rows] for part in (seen, target))
    w = probe_by_hand(x, t, r)
    assert np.shape(w) == (32, 3), f"w is (D, C), (32, 3), and yours {np.shape(w)}"
    slope = np.abs(2 * x.T @ (x @ w - t) + 2 * r * w).max()
    assert slope < 1e-6, f"n = {rows}, r = {r:g}: at your w the gradient is {slope:.1e}, not 0"
print(f"the library's probe: {minivit.probe(frozen, few).accuracy:.1%} of the new kinds are right")
print("17.3 is right")
