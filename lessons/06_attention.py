# %% [markdown]
# # Lesson 6: attention
#
# *65 minutes; builds on lessons 2, 3 and 4.*
#
# **The question.** In attention every token asks all tokens, and takes a mixture of what they hand
# out. How is the mixture made, why are the scores divided by sqrt(K), what is the backward, and
# what does a head of a trained model look at?
#
# **The shapes.** One head at a time (lesson 7 has many).
#
# | array | shape | meaning |
# |---|---|---|
# | q, k, v | (B, T, K) | of each of T tokens a query, a key and a value of K numbers |
# | scores | (B, T, T) | how well each key answers each query: row = query, column = key |
# | probs | (B, T, T) | softmax of each row: sums to 1 |
# | mixed | (B, T, K) | for each query the mean of all values, weighted by its row of probs |
#
# K is called d_k in Vaswani et al. 2017. In the `digits` model T = 17 and K = 16; in B/16 T = 197
# and K = 64.

# %%
import math

import numpy as np

import minivit
from minivit import ops
from minivit.figures import keep_picture
from minivit.inspection import cls_attention

data = minivit.load_dataset("digits")
images, labels = data.test.images, data.test.labels
recipe = minivit.TrainingConfig(model="digits", epochs=3, warmup_epochs=1, shift=0)
model = minivit.train(recipe, data).model
values = model.trace(images[:8]).values  # every intermediate, by name
q, k, v = (values[f"blocks.2.attention.{name}"][:, 0].astype(np.float64) for name in "qkv")
rng = np.random.default_rng(0)
print(f"q, k and v of the first head in the last block: {q.shape}")

# %% [markdown]
# ## The derivation 1: why sqrt(K)
#
# A score is a dot product, q . k = q_1 k_1 + ... + q_K k_K. Let all these numbers be independent,
# with mean 0 and variance 1. Then each product has mean 0 and variance 1 (the mean of q_i^2 k_i^2
# is 1), and variances of independent terms add up: the score has variance K, and a standard
# deviation of sqrt(K). Divided by sqrt(K) it has variance 1, whatever K is.
#
# Not by sqrt(n), as one can read, if n is the number of tokens: the sum has K terms, and how many
# tokens there are does not matter.

# %%
for tokens, K in ((197, 16), (197, 64), (197, 256), (17, 64), (785, 64)):
    scores = rng.normal(size=(20, tokens, K)) @ rng.normal(size=(20, K, tokens))
    variance = scores.var()
    print(f"T = {tokens:3}, K = {K:3}: variance of a score {variance:6.1f} = {variance / K:.2f} K")
    assert abs(variance / K - 1) < 0.05

# %% [markdown]
# Why should the variance be 1? If two scores differ by d, the softmax makes their weights differ by
# the factor exp(d). Look at how many of 197 keys a query hears, counted as exp(entropy) of its row
# with entropy = -sum of probs log probs (197 for equal weights, 1 if one key has all), and at the
# gradient that arrives at a score when the upstream gradient is random.

# %%
T, K = 197, 64
raw = rng.normal(size=(8, T, K)) @ rng.normal(size=(8, K, T))
dprobs, heard, weights = rng.normal(size=raw.shape), {}, {}
for name, divisor in (("1", 1), ("sqrt(K)", math.sqrt(K)), ("K", K)):
    probs, cache = ops.softmax_forward(raw / divisor)
    entropy = -(probs * np.log(probs)).sum(axis=-1)
    typical = np.median(np.abs(ops.softmax_backward(dprobs, cache)))
    heard[name], weights[name] = np.exp(entropy).mean(), np.sort(probs, axis=-1)[..., ::-1]
    print(f"divided by {name:<8} {heard[name]:5.1f} keys heard, typical gradient {typical:.0e}")
    assert (typical < 1e-6) == (name == "1")
assert heard["1"] < 5 and 80 < heard["sqrt(K)"] < 160 and heard["K"] > 190
trained = values["blocks.2.attention.scores"].std()
print(f"in the trained model the scores have a standard deviation of {trained:.1f}")
assert 0.5 < trained < 4

# %% [markdown]
# Undivided, two or three keys have everything, and nearly all other scores get no gradient: the
# model could hardly learn to look elsewhere. Divided by K, all weights are nearly equal: the query
# takes the mean of everything. sqrt(K) is in between. (The last line: what training made of it.)
#
# ## The derivation 2: forward and backward
#
#     scores = q k^T / sqrt(K),    probs = softmax(scores),    mixed = probs v
#
# Last step first. Two of the three are products of matrices (y = a b has da = dy b^T, db = a^T dy),
# and one is the softmax of lesson 3:
#
#     dprobs  = dmixed v^T,                   dv = probs^T dmixed
#     dscores = probs (dprobs - row sum of dprobs probs)
#     dq = dscores k / sqrt(K),               dk = dscores^T q / sqrt(K)
#
# ## By hand


# %%
def attention(q, k, v):
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])  # (B, T, T)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs @ v, probs


def attention_backward(dmixed, q, k, v, probs):
    dprobs = dmixed @ v.swapaxes(-1, -2)  # (B, T, T)
    dv = probs.swapaxes(-1, -2) @ dmixed
    dscores = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    dq = dscores @ k / math.sqrt(q.shape[-1])
    dk = dscores.swapaxes(-1, -2) @ q / math.sqrt(q.shape[-1])
    return dq, dk, dv


# %% [markdown]
# ## The library's version
#
# On the queries, keys and values of eight real digits. Nothing in it knows where a token stands:
# exchange tokens, and the results change places (lesson 2). And all T x T scores are needed, even
# where a query keeps only its best keys (`top_k`; Zhao et al. 2019): how else to find them?

# %%
mixed, probs = attention(q, k, v)
assert np.allclose(probs.sum(axis=-1), 1)
library_mixed, cache = ops.attention_forward(q, k, v)
np.testing.assert_allclose(mixed, library_mixed, rtol=1e-10, atol=1e-12)
dmixed = rng.normal(size=mixed.shape)
library = ops.attention_backward(dmixed, cache)  # dq, dk, dv, and None: no relative positions
for ours, theirs in zip(attention_backward(dmixed, q, k, v, probs), library[:3], strict=True):
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
few = rng.normal(size=(3, 2, 4, 3))  # q, k, v: two images of four tokens, K = 3
report = minivit.gradcheck(ops.attention_forward, ops.attention_backward, *few)
print(report)
assert report.ok

order = rng.permutation(17)
shuffled, _ = attention(q[:, order], k[:, order], v[:, order])
np.testing.assert_allclose(shuffled, mixed[:, order], atol=1e-12)

# %% [markdown]
# ## Break it
#
# Three slips: the scale left out of the backward, q where k should stand, probs not transposed.


# %%
def slips(dmixed, cache):
    dq, dk, dv, _ = ops.attention_backward(dmixed, cache)
    return {
        "no scale": (math.sqrt(3) * dq, math.sqrt(3) * dk, dv, None),
        "q and k exchanged": (dk, dq, dv, None),
        "not transposed": (dq, dk, cache.probs @ dmixed, None),
    }


for slip, tensors in (("no scale", "qk"), ("q and k exchanged", "qk"), ("not transposed", "v")):
    report = minivit.gradcheck(
        ops.attention_forward, lambda dmixed, cache, s=slip: slips(dmixed, cache)[s], *few
    )
    wrong = [row for row in report.rows if row.verdict == "wrong"]
    print(f"{slip}:", "; ".join(f"d{row.tensor} {row.note}" for row in wrong))
    assert "".join(row.tensor for row in wrong) == tensors

# %% [markdown]
# ## What a head looks at
#
# The cls token's row of probs says what it takes from each patch. `cls_attention` collects it for
# every block and head. How much more than an even share, 1/T, goes to the patch that gets most?
#
# And does it matter where it looks? Erase two patches of every digit, chosen among those with ink:
# the two that cls looks at most (mean over all blocks and heads), the two that it looks at least,
# or the two with the most ink, without asking the model.

# %%
looks = cls_attention(model, images)  # (B, depth, H, rows, columns)
largest = 17 * looks.max(axis=(3, 4)).mean(axis=0)  # (depth, H), in even shares
for block, heads in enumerate(largest):
    print(f"block {block}: the favourite patch of each head gets", end=" ")
    print(", ".join(f"{share:.1f}" for share in heads), "times an even share")
assert largest.min() > 2
flat, patch_cache = ops.patchify_forward(images, patch=2)  # (B, 16, 4)
ink = flat.mean(axis=-1)  # from -1, nothing, to 1
average = looks.mean(axis=(1, 2)).reshape(len(images), 16)


def right_without(score):
    """Accuracy when the two inked patches of the highest score are erased."""
    chosen = np.argsort(np.where(ink > -0.5, score, -np.inf), axis=1)[:, -2:]
    erased = flat.copy()
    np.put_along_axis(erased, chosen[:, :, None], -1, axis=1)
    logits = model.logits(ops.patchify_backward(erased, patch_cache))
    return (logits.argmax(axis=1) == labels).mean()


whole = (model.logits(images).argmax(axis=1) == labels).mean()
most, least, inkiest = right_without(average), right_without(-average), right_without(ink)
print(f"right: {whole:.1%}; without the two patches that cls looks at most {most:.1%}, "
      f"least {least:.1%}; without the inkiest two {inkiest:.1%}")  # fmt: skip
assert whole > 0.9 and most < least - 0.08 and inkiest < least - 0.08

# %% [markdown]
# Attention is a hint at what is used, and no more than that: the inkiest patches, for which no
# model is needed, matter about as much. A weight says how much of a *value* is taken, not what the
# value says nor what later layers make of it.
#
# ## A picture to keep


# %%
def draw(figure):
    """Left: undivided scores leave all weight to two keys, divided by K all keys weigh alike, by
    sqrt(K) it is in between. Right: of three digits, cls takes one or two patches in most heads of
    the last block."""
    grid = figure.add_gridspec(3, 8)
    curves = figure.add_subplot(grid[:, :3])
    for name, style in (("1", "--"), ("sqrt(K)", "-"), ("K", ":")):
        label = f"scores / {name}: {heard[name]:.0f} keys heard"
        mean = weights[name].mean(axis=(0, 1))
        curves.loglog(range(1, T + 1), mean, style, linewidth=2.5, label=label)
    curves.set(xlabel="keys, the best first", ylabel="weight (mean over queries)", ylim=(1e-5, 5))
    curves.set_title("a query's weights (T = 197, K = 64)")
    for row, digit in enumerate((0, 3, 7)):
        one = int(np.flatnonzero(labels == digit)[0])
        for column, title in enumerate(("digit", "head 0", "head 1", "head 2", "head 3")):
            shown = figure.add_subplot(grid[row, 3 + column])
            shown.imshow(images[one, :, :, 0], cmap="gray_r", extent=(0, 4, 4, 0))
            if column > 0:
                drawn = shown.imshow(looks[one, -1, column - 1], alpha=0.75, vmin=0, vmax=0.5,
                                     extent=(0, 4, 4, 0))  # fmt: skip
            shown.set(xticks=[], yticks=[], title=title if row == 0 else "")
    figure.colorbar(drawn, ax=figure.axes[1:], label="what cls takes in the last block")


keep_picture(draw, "06_attention.png", 12, 5)

# %% [markdown]
# ## Exercises
#
# **6.1 Predict the shapes.** The queries may come from other tokens than the keys and values: S of
# them ask T tokens (q (B, S, K); k and v (B, T, K)). Shapes of scores, mixed and dk? Roughly 1
# line.


# %%
def cross_shapes(B, S, T, K):
    ### BEGIN SOLUTION
    return (B, S, T), (B, S, K), (B, T, K)
    ### END SOLUTION


asked, cross_probs = attention(q[:, :1], k, v)  # the cls token alone asks
guess = cross_shapes(8, 1, 17, 16)
assert guess[0] == cross_probs.shape, "a row for each query, a column for each key"
assert guess[1] == asked.shape and guess[2] == k.shape, "a result for each query, dk like k"
print("6.1 is right")

# %% [markdown]
# **6.2 Attention from memory.** Without looking up, write both directions, for q, k and v (..., T,
# K), with any number of axes before T. What the backward must remember, you decide. Roughly 12
# lines.
# `minivit check --exercise 6.2 FILE` checks `attention_forward` and `attention_backward`.


# %%
def attention_forward(q, k, v):
    ### BEGIN SOLUTION
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs @ v, (q, k, v, probs)
    ### END SOLUTION


def attention_backward(dmixed, cache):
    ### BEGIN SOLUTION
    q, k, v, probs = cache
    dprobs = dmixed @ v.swapaxes(-1, -2)
    dv = probs.swapaxes(-1, -2) @ dmixed
    dscores = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    dscores /= math.sqrt(q.shape[-1])
    return dscores @ k, dscores.swapaxes(-1, -2) @ q, dv
    ### END SOLUTION


assert np.allclose(attention_forward(q, k, v)[0], mixed), "probs of each row sum to 1, times v"
report = minivit.gradcheck(attention_forward, attention_backward, *few)
assert report.ok, f"the last step first; which of the three is wrong?\n{report}"
print("6.2 is right")

# %% [markdown]
# **6.3 A learned scale.** Some models learn the scale: scores = s q k^T with one number s, an array
# of shape (1,). Derive and code the backward: ds collects from every score of every image. Roughly
# 5 lines; dv as before.


# %%
def scaled_forward(q, k, v, s):
    probs, _ = ops.softmax_forward(s * (q @ k.swapaxes(-1, -2)))
    return probs @ v, (q, k, v, s, probs)


def scaled_backward(dmixed, cache):
    q, k, v, s, probs = cache
    ### BEGIN SOLUTION
    dprobs = dmixed @ v.swapaxes(-1, -2)
    dv = probs.swapaxes(-1, -2) @ dmixed
    dscores = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    ds = np.array([(dscores * (q @ k.swapaxes(-1, -2))).sum()])
    return s * (dscores @ k), s * (dscores.swapaxes(-1, -2) @ q), dv, ds
    ### END SOLUTION


report = minivit.gradcheck(scaled_forward, scaled_backward, *few, np.array([0.7]))
assert report.ok, f"d scores / d s = q k^T, times dscores, summed over all places\n{report}"
print("6.3 is right")
