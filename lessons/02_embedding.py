# %% [markdown]
# # Lesson 2: from patches to tokens
#
# *55 minutes; builds on lesson 1.*
#
# **The question.** Lesson 1 cut an image into N flat patches. The blocks of a Vision Transformer
# want T tokens of D numbers each, one of them for the whole image, and each must know where its
# patch lies. How are they made, why are positions *added*, and what is lost without them?
#
# **The shapes.**
#
# | letter | meaning | B/16 | here: `digits` |
# |---|---|---|---|
# | B | images in a batch | 1 | 360 |
# | N | patches | 196 | 16 |
# | T | tokens: the patches and the cls token, N + 1 | 197 | 17 |
# | P P channels | numbers in a flat patch | 768 | 4 |
# | D | width of a token | 768 | 64 |
#
# B/16 is the paper's model "Base" with patches of 16 x 16 pixels; L and H are "Large" and "Huge" (B
# and L have the sizes of BERT's two models), and S, "Small", came later.

# %%
import numpy as np

import minivit
from minivit import ops
from minivit.figures import keep_picture

data = minivit.load_dataset("digits")
images, labels = data.test.images, data.test.labels
rng = np.random.default_rng(0)

# %% [markdown]
# ## The derivation 1: forward
#
# Equation 1 of the paper (Dosovitskiy et al. 2021), with its matrix E written as w and a bias b:
#
#     x = [cls; patches w + b] + positions
#
# - patches w + b: one matrix w (P P channels, D) and one bias b (D,) for all patches. That is a
#   linear map, no MLP: nothing bends in between.
# - cls (D,): a learned vector in front, the same for every image. It belongs to no patch; in the
#   blocks it collects from the others, and the head reads it (equation 4).
# - positions (T, D): a learned vector for every token, row 0 for cls, added to whatever is there.
#   (The first transformers added fixed sines and cosines: `positions="sincos"`.)
#
# ## By hand


# %%
def embed(patches, w, b, cls, positions):
    projected = patches @ w + b  # (B, N, D)
    first = np.broadcast_to(cls, (len(patches), 1, len(cls)))  # (B, 1, D)
    tokens = np.concatenate([first, projected], axis=1)  # (B, T, D)
    return tokens + positions


# %% [markdown]
# ## The library's version
#
# In B/16 the matrix w is 768 x 768. The first 768 is 16 x 16 x 3, the numbers in a patch (whatever
# the size of the image), the second is D: a coincidence. S/16 has the same patches and D = 384.

# %%
big = minivit.variant("B/16")
assert (big.patches, big.tokens, big.pixels, big.width) == (196, 197, 16 * 16 * 3, 768)
assert (minivit.variant("S/16").pixels, minivit.variant("S/16").width) == (768, 384)
photo = rng.uniform(-1, 1, (1, 224, 224, 3))
patches, _ = ops.patchify_forward(photo, patch=16)  # (1, 196, 768)
w, b, cls = rng.normal(size=(768, 768)) / 28, rng.normal(size=768), rng.normal(size=768)
positions = rng.normal(size=(197, 768))
x, _ = ops.embed_forward(patches, w, b, cls, positions)
np.testing.assert_allclose(x, embed(patches, w, b, cls, positions), atol=1e-10)
print(f"patches {patches.shape} -> tokens {x.shape}")
assert x.shape == (1, 197, 768)

# %% [markdown]
# - *How they begin.* In Google's code, and so in the library, cls is 0 and positions have a
#   standard deviation of 0.02; other codes draw both with a deviation of 1. (vit-pytorch puts a
#   LayerNorm before and after w: `patch_norm=True`.)
# - *cls has a position.* One may read that cls, being first, is free of positions. It is not: row 0
#   is added to it. Both are learned and only meet as a sum, so one would do: add row 0 to cls, set
#   row 0 to 0, and the model is the same. (Some checkpoints are stored so.)
# - *Without cls* the head reads the mean of all tokens (`pool="mean"`). In the paper both do
#   equally well, if each gets a learning rate of its own (appendix D.3).
# - *Larger images* have more patches, which the blocks would take, but the table of positions has T
#   rows. For fine-tuning the paper interpolates it in two dimensions (section 3.2).

# %%
begin = minivit.ViT("digits", seed=0).parameters
assert not begin["embed.cls"].any() and abs(begin["embed.positions"].std() - 0.02) < 0.002
folded, without = cls + positions[0], positions.copy()
without[0] = 0
np.testing.assert_allclose(embed(patches, w, b, folded, without), x, atol=1e-10)
assert minivit.variant("digits", pool="mean").tokens == 16
larger = minivit.variant("B/16", image=(384, 384))
assert (larger.tokens, larger.pixels) == (577, 768)  # 24 x 24 patches and cls; w stays as it is

# %% [markdown]
# ## The derivation 2: backward
#
# dx (B, T, D) is d loss / d x. Each letter collects from wherever it was used:
#
# - positions[t] was added to token t of every image:  dpositions = sum over B of dx
# - cls was row 0 of every image:                      dcls = sum over B of dx[:, 0] = dpositions[0]
# - b was added to every patch of every image:         db = sum over B and N of dx[:, 1:]
# - w met every patch of every image:                  dw = sum over B and N of patch^T dx[:, 1:]
#
# `gradcheck` moves each number of each input a little and compares.

# %%
sizes = (2, 6, 4), (4, 5), 5, 5, (7, 5)  # patches (B, N, P P channels), w, b, cls, positions
small = [rng.normal(size=size) for size in sizes]
report = minivit.gradcheck(ops.embed_forward, ops.embed_backward, *small)
print(report)
assert report.ok

# %% [markdown]
# ## Break it: the bias and the cls token
#
# Sum db over all T tokens, not over the patches alone: cls has no bias. The shape is right.


# %%
def bias_of_all_tokens(dx, cache):
    dpatches, dw, _, dcls, dpositions = ops.embed_backward(dx, cache)
    return dpatches, dw, dx.sum(axis=(0, 1)), dcls, dpositions


report = minivit.gradcheck(ops.embed_forward, bias_of_all_tokens, *small)
print(report)
assert [row.tensor for row in report.rows if row.verdict == "wrong"] == ["b"]

# %% [markdown]
# ## Added, not concatenated
#
# One could also write the position *beside* the token: [token, position] is twice as wide, and all
# matrices of a block with it. What would the first matrix make of it? Split its rows into those
# that meet the token and those that meet the position:
#
#     [token, position] [W1; W2] = token W1 + position W2
#     (token + position) W       = token W  + position W
#
# Concatenation is addition too, with a matrix of its own for the positions: the sum saves that
# matrix, and with it half of the width. The other way round, adding a learned row *is*
# concatenating: write a 1 in column n of N further columns (one-hot) for patch n, and let w have
# the positions as its further rows.

# %%
W1, W2 = rng.normal(size=(2, 768, 32))
token, position = patches @ w + b, positions[1:]  # (1, 196, 768), (196, 768)
side_by_side = np.concatenate([token, position[None]], axis=-1)  # (1, 196, 1536)
first = side_by_side @ np.concatenate([W1, W2])
np.testing.assert_allclose(first, token @ W1 + position @ W2, atol=1e-9)
numbered = np.concatenate([patches, np.eye(196)[None]], axis=-1)  # (1, 196, 768 + 196)
made = numbered @ np.concatenate([w, position]) + b
np.testing.assert_allclose(made, token + position, atol=1e-9)
twice = minivit.variant("B/16", width=2 * 768, mlp=2 * 3072)
cost = minivit.parameter_count(twice) / minivit.parameter_count(big)
print(f"B/16 of twice the width: {cost:.2f} times as many parameters")
assert 3.9 < cost < 4

# %% [markdown]
# ## Break it: no positions
#
# Attention treats tokens as a set (lesson 6), LayerNorm and MLP treat each alone. So if the tokens
# change places, the blocks' results change places alike, and the cls token's stays what it was:
# without positions a shuffled image is the same image. Train two `digits` models for some seconds,
# one without positions, and show both the test digits with their 16 patches in another order.

# %%
order = rng.permutation(16)
flat, cache = ops.patchify_forward(images, patch=2)  # (B, 16, 4)
shuffled = ops.patchify_backward(flat[:, order], cache)  # images again
read = {}
for kind in ("learned", "none"):
    config = minivit.variant("digits", positions=kind)
    recipe = minivit.TrainingConfig(model=config, epochs=3, warmup_epochs=1, shift=0)
    model = minivit.train(recipe, data).model
    read[kind] = [model.logits(seen) for seen in (images, shuffled)]  # (B, 10) each
    right = [(logits.argmax(axis=1) == labels).mean() for logits in read[kind]]
    apart = np.abs(read[kind][1] - read[kind][0]).max()
    print(f"positions {kind:8} right: {right[0]:.1%}, shuffled {right[1]:.1%}", end="; ")
    print(f"logits differ by up to {apart:.1e}")
    if kind == "learned":
        assert right[0] > 0.85 and right[1] < 0.5 and apart > 1
    else:
        assert right[0] < 0.8 and apart < 1e-4  # float32 adds up in another order

# %% [markdown]
# Without positions the model reads a bag of patches: better than guessing (10 %), and far worse
# than with them. A patch of a photo holds more than four pixels; positions matter less there: in
# the paper's table 8 a B/16 falls without them from 64.2 % to 61.4 % (ImageNet, five images of each
# class to learn from), and learned 1-D, learned 2-D and relative ones differ by 0.3 at most.
#
# With positions, shuffling ruins the digits. (Naseer et al. 2021 report that large ViTs bear
# shuffled photos; this small one does not bear shuffled digits.) Without them "shuffling changes
# nothing" is true of the cls token. The other tokens change places, exactly.

# %%
twin = minivit.ViT(config, seed=0, dtype=np.float64)  # of the model without positions
twin.parameters.flat[:] = model.parameters.flat
before, after = (twin.features(seen[:8])[-1] for seen in (images, shuffled))  # (8, T, D)
np.testing.assert_allclose(after[:, 0], before[:, 0], atol=1e-10)  # cls: invariant
np.testing.assert_allclose(after[:, 1:], before[:, 1:][:, order], atol=1e-10)  # equivariant
# Before the blocks cls is the same for every image: what tells its results apart it has from them
start = twin.features(images[:8])[0]
assert (start[:, 0] == start[:1, 0]).all() and before[:, 0].std(axis=0).max() > 0.1

# %% [markdown]
# ## A picture to keep


# %%
def draw(figure):
    """Above a digit, below its patches shuffled: the model with positions reads another class
    then, the one without gives the same ten probabilities."""
    hits = {kind: [seen.argmax(axis=1) == labels for seen in read[kind]] for kind in read}
    shows_it = hits["learned"][0] & hits["none"][0] & ~hits["learned"][1]
    one = int(np.flatnonzero(shows_it)[0])  # a digit that only the shuffling makes unreadable
    colours = ["#ff7f0e" if c == labels[one] else "#1f77b4" for c in range(10)]
    for row, (pixels, *charts) in enumerate(figure.subplots(2, 3, width_ratios=(1, 1.6, 1.6))):
        pixels.imshow((images, shuffled)[row][one, :, :, 0], cmap="gray_r")
        pixels.set(title=("a digit", "its patches, shuffled")[row], xticks=[], yticks=[])
        for axes, kind in zip(charts, ("learned", "none"), strict=True):
            axes.bar(range(10), ops.softmax_forward(read[kind][row])[0][one], color=colours)
            axes.set(title=f"positions: {kind}", ylim=(0, 1), xticks=range(10))
            axes.set(xlabel=f"class (orange: the right one, {labels[one]})", ylabel="probability")


keep_picture(draw, "02_embedding.png", 10, 5)

# %% [markdown]
# ## Exercises
#
# **2.1 Predict the shape.** Of w, cls, positions and x, for square images of `side` pixels. Roughly
# 2 lines.


# %%
def embed_shapes(B, side, channels, P, D):
    ### BEGIN SOLUTION
    T = (side // P) ** 2 + 1
    return (P * P * channels, D), (D,), (T, D), (B, T, D)
    ### END SOLUTION


w_shape, cls_shape, positions_shape, x_shape = embed_shapes(1, 224, 3, 16, 768)
assert (w_shape, cls_shape) == (w.shape, cls.shape), "w meets flat patches, cls is one token"
assert (positions_shape, x_shape) == (positions.shape, x.shape), "is the cls token counted?"
print("2.1 is right")

# %% [markdown]
# **2.2 Positions in two halves.** In 2-D (appendix D.4 of the paper) a patch in row r and column c
# gets [rows[r]; columns[c]]: half of the width tells its row, the other half its column. From rows
# (grid rows, D/2) and columns (grid columns, D/2) make the table (N, D), in the order of the
# patches. Roughly 3 lines.


# %%
def table_2d(rows, columns):
    ### BEGIN SOLUTION
    of_row = np.repeat(rows, len(columns), axis=0)  # row 0 for its C patches, then row 1, ...
    of_column = np.tile(columns, (len(rows), 1))  # all columns, once for each row
    return np.concatenate([of_row, of_column], axis=1)
    ### END SOLUTION


rows, columns = rng.normal(size=(3, 4)), rng.normal(size=(2, 4))
true, _ = ops.positions_2d_forward(np.zeros((1, 6, 8)), rows, columns, None, grid=(3, 2))
assert np.array_equal(table_2d(rows, columns), true[0]), "patches are numbered row by row"
print("2.2 is right")

# %% [markdown]
# **2.3 The backward.** Code the four sums above, and dpatches. What the forward did without (None
# for cls, say) has the gradient None. `ops.linear_backward` may help: `linear` is its cache, or
# None where the patches were tokens already. Roughly 7 lines.
# `minivit check --exercise 2.3 FILE` checks `embed_backward`.


# %%
def embed_backward(dx, cache):
    """-> dpatches, dw, db, dcls, dpositions"""
    linear, shape, dtype, has_cls, has_positions = cache
    ### BEGIN SOLUTION
    dcls = dx[:, 0].sum(axis=0) if has_cls else None
    dpositions = dx.sum(axis=0) if has_positions else None
    dprojected = dx[:, int(has_cls) :].copy()  # (B, N, D)
    if linear is None:
        return dprojected, None, None, dcls, dpositions
    return *ops.linear_backward(dprojected, linear), dcls, dpositions
    ### END SOLUTION


for inputs in (small, (*small[:3], None, small[4][1:]), (*small[:2], None, small[3], None)):
    report = minivit.gradcheck(ops.embed_forward, embed_backward, *inputs)
    assert report.ok, f"the table names the gradient that is wrong:\n{report}"
print("2.3 is right")
