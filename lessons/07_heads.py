# %% [markdown]
# # Lesson 7: many heads
#
# *65 minutes; builds on lesson 6.*
#
# **The question.** Attention (lesson 6) gives a token *one* mixture of all values. A token may need
# several: "what stands to my left?" and "is there a hole in the middle?" are two questions. So the
# paper runs H attentions side by side, the **heads**. How are D columns shared out among them, how
# do they come together again, and what goes wrong if one `transpose` is forgotten?
#
# **The shapes.**
#
# | letter | meaning | digits | B/16 |
# |---|---|---|---|
# | B, T, D | images, tokens, width of a token | 2, 17, 64 | B, 197, 768 |
# | H | heads | 4 | 12 |
# | K | columns of one head, K = D/H | 16 | 768/12 = 64 |
#
# `qkv` has 3D columns, in the order (3, H, K): first all queries, in them head by head; then the
# keys; then the values. One may read that the 768 columns are split into three parts, and each is
# 64 wide. They are not split by three: three *matrices* make 3 x 768 = 2,304 columns, and then each
# 768 of them are shared out among 12 heads.

# %%
import math
from unittest.mock import patch  # puts other functions in the place of some, for a while

import numpy as np

import minivit
from minivit import ops
from minivit.figures import keep_picture
from minivit.models.cost import cost_table
from minivit.ops import multihead_attention as library
from minivit.optim import Adam, warmup_cosine

data = minivit.load_dataset("digits")
model = minivit.ViT("digits", seed=0, dtype=np.float64)
B, T, D, H = 2, model.config.tokens, model.config.width, model.config.heads
K = D // H
big = minivit.trace_names(minivit.variant("B/16"))  # every intermediate's shape, nothing computed
shapes = {name: big[f"blocks.0.attention.{name}"] for name in ("qkv", "q", "mixed", "merged")}
print("B/16:", shapes)  # qkv (T, 3D), q and mixed (H, T, K), merged (T, D) again
assert list(shapes.values()) == [(197, 2304), (12, 197, 64), (12, 197, 64), (197, 768)]

# %% [markdown]
# ## The derivation
#
# 1. *A head* owns K columns of each of the three matrices. With h = 0 ... H-1 and x (B, T, D):
#    q_h = x w_q[:, hK : (h+1)K], and so k_h and v_h; each is (B, T, K).
# 2. It attends as in lesson 6, on its own: mixed_h = softmax(q_h k_h^T / sqrt(K)) v_h. Note the
#    sqrt(K), not sqrt(D): a score sums K products.
# 3. *Merge*: the H results side by side are (B, T, HK) = (B, T, D), and `w_out` (D, D) mixes them.
#    A matrix product sums over columns, so it splits into the heads' own rows of `w_out`:
#
#        out = sum_h mixed_h w_out[hK : (h+1)K] + b_out
#
#    That is all that heads do together: they *add*. No head sees what another found.
#
# ## By hand, head by head

# %%
x = np.random.default_rng(0).normal(size=(B, T, D))
_, _, w_qkv, b_qkv, w_out, b_out, _ = model.parameters.of("blocks.0.attention")
b_qkv = np.random.default_rng(1).normal(size=3 * D)  # it begins with 0, which would hide mistakes


def msa_by_heads(x):
    out = np.zeros_like(x) + b_out
    for h in range(H):
        own = [slice(part * D + h * K, part * D + (h + 1) * K) for part in range(3)]
        q, k, v = (x @ w_qkv[:, columns] + b_qkv[columns] for columns in own)  # each (B, T, K)
        scores = q @ k.swapaxes(-1, -2) / math.sqrt(K)  # (B, T, T)
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = e / e.sum(axis=-1, keepdims=True) @ v  # (B, T, K)
        out += mixed @ w_out[h * K : (h + 1) * K]
    return out


# %% [markdown]
# ## The library: no loop, two reshapes
#
# A loop over heads is slow in Python. An axis for the heads does the same in one product, and NumPy
# only needs to be told where the columns lie: **split** is reshape, then transpose.
#
#     (B, T, 3HK) -> reshape (B, T, 3, H, K) -> transpose (3, B, H, T, K) -> q, k, v (B, H, T, K)
#
# and **merge** goes back: transpose first, then reshape (`minivit/ops/multihead_attention.py`).

# %%
qkv = x @ w_qkv + b_qkv
q, k, v = qkv.reshape(B, T, 3, H, K).transpose(2, 0, 3, 1, 4)  # each (B, H, T, K)
assert np.array_equal((q, k, v), library.split_heads(qkv, H))
mixed, _ = ops.attention_forward(q, k, v)  # (B, H, T, K)
merged = mixed.transpose(0, 2, 1, 3).reshape(B, T, D)
out, cache = ops.multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, heads=H)
difference = max(np.abs(y - out).max() for y in (msa_by_heads(x), merged @ w_out + b_out))
print(f"by heads, by reshapes, library: largest difference {difference:.1e}")
assert difference < 1e-13

# %% [markdown]
# *Backward.* Split and merge only move numbers, so their backward moves them back: dmerged is
# split, and dq, dk and dv are put together in the order of qkv.
#
# *What do more heads cost?* The matrices stay (D, 3D) and (D, D), and H products of K columns are
# as much work as one of D. Only the probabilities (H, T, T) are H times as many to keep.

# %%
one, twelve = (cost_table(minivit.variant("B/16", heads=heads))[2] for heads in (1, 12))
for place in (one, twelve):  # blocks.0.attention
    print(f"{place.parameters:,} parameters, {place.flops:,} FLOPs, {place.kept:,} numbers kept")
assert (one.parameters, one.flops) == (twelve.parameters, twelve.flops)
assert twelve.kept - one.kept == 11 * 197**2

# %% [markdown]
# ## The key bias has no gradient
#
# Write c for the key bias of a head. Query i scores key j as q_i (k_j + c) / sqrt(K): the bias adds
# q_i c / sqrt(K), *the same for every j*. A softmax does not see what all its scores share. So the
# output doesn't depend on c at all, and d loss / dc is 0: not small, 0, up to rounding. (Some
# models do without: vit-pytorch has no bias for queries, keys and values.)

# %%
dout = np.random.default_rng(2).normal(size=out.shape)
_, dw_qkv, db_qkv, *_ = ops.multihead_attention_backward(dout, cache)
dq_bias, dk_bias, dv_bias = np.abs(db_qkv.reshape(3, D)).max(axis=1)
print(f"largest |db|: queries {dq_bias:.2f}, keys {dk_bias:.1e}, values {dv_bias:.2f}")
assert dk_bias < 1e-12 < 1e-2 < min(dq_bias, dv_bias)
shifted = b_qkv + np.repeat([0, 5, 0], D)  # every key bias 5 larger
same, _ = ops.multihead_attention_forward(x, w_qkv, shifted, w_out, b_out, heads=H)
print(f"key biases 5 larger: the output moves by {np.abs(same - out).max():.1e}")
assert np.abs(same - out).max() < 1e-12

# %% [markdown]
# ## Break it: a reshape without the transpose
#
# mixed is (B, H, T, K) and merged (B, T, HK): both have the same number of numbers, so
# `mixed.reshape(B, T, D)` runs without the transpose. But reshape reads in memory order: row 0
# becomes the first D numbers, which are head 0 of tokens 0, 1, 2 and 3. The tokens are scrambled.
# Public code has had this mistake for years (on GitHub: ajhalthor/Transformer-Neural-Network, pull
# request 4 of 2023 and issue 8 of 2024; jsbaan/transformer-from-scratch, pull request 6, mends one
# that a test which trains a model had let pass). Let us see what each check says.


# %%
def wrong_merge(x):  # (B, H, T, K) -> (B, T, HK), in place of merge_heads
    return x.reshape(x.shape[0], x.shape[2], -1)


def wrong_split(x, heads):  # (B, T, HK) -> (B, H, T, K), in place of split_one: its backward
    return x.reshape(x.shape[0], heads, x.shape[1], -1)


without_transpose = patch.multiple(library, merge_heads=wrong_merge, split_one=wrong_split)
forward, backward = ops.multihead_attention_forward, ops.multihead_attention_backward
rng = np.random.default_rng(0)
small = [rng.normal(size=shape) for shape in ((1, 3, 4), (4, 12), 12, (4, 4), 4)]
with without_transpose:
    report = minivit.gradcheck(forward, backward, *small, options={"heads": 2})
print(report)
assert report.ok

# %% [markdown]
# The gradient check is content, and right: the backward *is* the derivative of that forward. It
# proves that the two fit, not that the forward is what you meant. So check what the forward should
# be: attention treats tokens as a set. Shuffle the tokens, and the outputs are shuffled alike.


# %%
def shuffle_error():
    order = np.random.default_rng(3).permutation(T)
    out, _ = forward(x, w_qkv, b_qkv, w_out, b_out, heads=H)
    of_shuffled, _ = forward(x[:, order], w_qkv, b_qkv, w_out, b_out, heads=H)
    return np.abs(of_shuffled - out[:, order]).max()


right = shuffle_error()
with without_transpose:
    wrong = shuffle_error()
print(f"shuffled tokens, shuffled outputs? off by {right:.1e}; without the transpose {wrong:.2f}")
assert right < 1e-13 and wrong > 0.1

# %% [markdown]
# And training? The same model, seed and steps, with and without the transpose. (Adam and its rate
# are the topic of lesson 11; `position_std=1` begins with positions as large as the tokens.)


# %%
def trained_accuracy(steps=200):
    model = minivit.ViT("digits", seed=0, position_std=1.0)
    optimiser, rng = Adam(model.parameters, weight_decay=0.05), np.random.default_rng(0)
    for step in range(steps):
        batch = rng.integers(0, len(data.train.labels), 32)
        logits, cache = model.forward(data.train.images[batch])
        _, loss_cache = ops.cross_entropy_forward(logits, labels=data.train.labels[batch])
        model.zero_gradients()
        model.backward(ops.cross_entropy_backward(1.0, loss_cache), cache)
        optimiser.step(model.gradients, warmup_cosine(step, steps=steps, warmup=30, peak=2e-3))
    return (model.logits(data.test.images).argmax(axis=1) == data.test.labels).mean()


right = trained_accuracy()
with without_transpose:
    wrong = trained_accuracy()
print(f"test digits read after 200 steps: {right:.1%}; without the transpose {wrong:.1%}")
assert right > 0.9 and wrong > 0.9

# %% [markdown]
# Nobody would notice: the scrambling is the same for every image, and the layers around it learn to
# live with it. An accuracy is no proof of a forward either.
#
# ## The picture: where each number of `merged` comes from


# %%
def draw(figure):
    """Each number of merged in the colour of the token it comes from: with the transpose a row has
    one colour, its own; by reshape alone it has four, of four tokens."""
    token = np.broadcast_to(np.arange(T)[:, None], (1, H, T, K))  # each number says its token
    merges = {"transpose, then reshape": library.merge_heads, "reshape alone": wrong_merge}
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (title, merge) in zip(panels, merges.items(), strict=True):
        drawn = axes.imshow(merge(token)[0], cmap="viridis", aspect="auto")
        axes.set(title=title, xlabel="column of merged", yticks=range(0, T, 4))
    panels[0].set_ylabel("row of merged: the token it is for")
    figure.colorbar(drawn, ax=panels, label="the token it comes from", ticks=range(0, T, 4))


keep_picture(draw, "07_merge.png", 9, 4)

# %% [markdown]
# ## Exercises
#
# **7.1 Predict the shapes** of one attention in L/16 (D = 1024, H = 16, T = 197) for 8 images: qkv,
# q, scores, merged. Roughly 2 lines, no code run.


# %%
def shapes_of_L16():
    ### BEGIN SOLUTION
    qkv, q, scores = (8, 197, 3072), (8, 16, 197, 64), (8, 16, 197, 197)
    return {"qkv": qkv, "q": q, "scores": scores, "merged": (8, 197, 1024)}
    ### END SOLUTION


for name, shape in shapes_of_L16().items():
    true = (8, *minivit.trace_names(minivit.variant("L/16"))[f"blocks.0.attention.{name}"])
    assert shape == true, f"{name} is {true}, and you said {shape}: K = D/H, q has an axis of heads"
print("7.1 is right")

# %% [markdown]
# **7.2 The whole backward.** Given dout (B, T, D) and what the forward below keeps, return dx,
# dw_qkv, db_qkv, dw_out and db_out. Use `ops.linear_backward` (lesson 0), the softmax's formula and
# the rules of a product: mixed = probs v gives dprobs = dmixed v^T and dv = probs^T dmixed. Without
# w_out nothing is mixed at the end, and there are no gradients of it. Roughly 12 lines.
# `minivit check --exercise 7.2 FILE` checks `multihead_attention_forward` and
# `multihead_attention_backward`.


# %%
def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    (B, T, _), K = x.shape, w_qkv.shape[1] // (3 * heads)
    qkv, of_qkv = ops.linear_forward(x, w_qkv, b_qkv)
    q, k, v = qkv.reshape(B, T, 3, heads, K).transpose(2, 0, 3, 1, 4)  # each (B, H, T, K)
    probs, _ = ops.softmax_forward(q @ k.swapaxes(-1, -2) / math.sqrt(K))  # (B, H, T, T)
    merged = (probs @ v).transpose(0, 2, 1, 3).reshape(B, T, heads * K)
    if w_out is None:
        return merged, (of_qkv, q, k, v, probs, None)
    out, of_out = ops.linear_forward(merged, w_out, b_out)
    return out, (of_qkv, q, k, v, probs, of_out)


def multihead_attention_backward(dout, cache):
    of_qkv, q, k, v, probs, of_out = cache
    ### BEGIN SOLUTION
    B, H, T, K = q.shape
    dmerged, dw_out, db_out = ops.linear_backward(dout, of_out) if of_out else (dout, None, None)
    dmixed = dmerged.reshape(B, T, H, K).transpose(0, 2, 1, 3)  # split
    dprobs = dmixed @ v.swapaxes(-1, -2)
    dv = probs.swapaxes(-1, -2) @ dmixed
    dscores = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True)) / math.sqrt(K)
    dq, dk = dscores @ k, dscores.swapaxes(-1, -2) @ q
    dqkv = np.stack([dq, dk, dv]).transpose(1, 3, 0, 2, 4).reshape(B, T, 3 * H * K)  # join
    dx, dw_qkv, db_qkv = ops.linear_backward(dqkv, of_qkv)
    return dx, dw_qkv, db_qkv, dw_out, db_out
    ### END SOLUTION


mine, kept = multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, heads=H)
assert np.allclose(mine, out)
found = multihead_attention_backward(dout, kept)
expected = ops.multihead_attention_backward(dout, cache)
names = ("dx", "dw_qkv", "db_qkv", "dw_out", "db_out")
for name, ours, theirs in zip(names, found, expected, strict=False):
    error = np.abs(ours - theirs).max()
    assert error < 1e-11, f"{name} is off by {error:.1e}: a term or a transpose is missing"
print("7.2 is right")
