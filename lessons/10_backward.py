# %% [markdown]
# # Lesson 10: the whole backward, by hand
#
# *90 minutes; builds on lessons 3 and 9.*
#
# **The question.** The lessons so far derived the gradient of one part each. Put together, from the
# loss to the pixels: are they the gradient of the whole Vision Transformer? We write all of it in
# short functions and hold *every* tensor against the library's, the 44 that the model learns and
# the 63 that it makes on its way: exact, right or wrong. Then we plant mistakes, and read off the
# table where they are.
#
# **The shapes.** `dz` has the shape of z, always. B images, T tokens, D width, H heads of K
# columns, M the MLP's width, C classes, patches of P x P pixels. `v[name]` is a value and `g[name]`
# its gradient, under the names of `model.trace`: "blocks.2.mlp.z" is z in the MLP of block 2.

# %%
import math
from textwrap import fill
from unittest.mock import patch

import numpy as np

import minivit
from minivit import ops
from minivit.figures import keep_picture

data = minivit.load_dataset("digits")
images, labels = data.train.images[:8].astype(np.float64), data.train.labels[:8]
model = minivit.ViT("digits", seed=0, dtype=np.float64, zero_head=False, position_std=1.0)
rng = np.random.default_rng(0)
model.parameters.flat[:] += 0.1 * rng.normal(size=model.parameters.flat.size)  # no bias is 0
p, c = model.parameters, model.config
P, H, K, (rows, columns) = c.patch[0], c.heads, c.width // c.heads, c.grid
trace = model.trace(images)
v, g = trace.values, {}  # lesson 0 made these values by hand, and asserted that they are the same

# %% [markdown]
# ## By hand, rule by rule
#
# Each rule was derived in its lesson; here the forward's line stands above it. All take the
# gradient of what a line made, note the gradients of its parameters, and return the gradient of
# what it was made of.


# %%
def linear_backward(dy, x, place, w, b):  # y = x w + b
    x_rows, dy_rows = (a.reshape(-1, a.shape[-1]) for a in (x, dy))  # one row per token
    g[f"{place}.{w}"], g[f"{place}.{b}"] = x_rows.T @ dy_rows, dy_rows.sum(axis=0)
    return (dy_rows @ p[f"{place}.{w}"].T).reshape(x.shape)


def layernorm_backward(dy, x, place):
    # y = x_hat gamma + beta;  x_hat = (x - mean) rstd
    x_hat, g[f"{place}.normed"] = v[f"{place}.x_hat"], dy
    g[f"{place}.gamma"], g[f"{place}.beta"] = (dy * x_hat).sum(axis=(0, 1)), dy.sum(axis=(0, 1))
    d = g[f"{place}.x_hat"] = dy * p[f"{place}.gamma"]
    along_x_hat = x_hat * (d * x_hat).mean(axis=-1, keepdims=True)
    rstd = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + c.eps)
    return rstd * (d - d.mean(axis=-1, keepdims=True) - along_x_hat)


def softmax_backward(dprobs, probs):  # probs = exp(scores) / sum(exp(scores))
    return probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))


def gelu_backward(dh, z):  # h = z Phi(z)
    Phi = 0.5 * (1 + np.vectorize(math.erf)(z / math.sqrt(2)))
    return dh * (Phi + z * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi))


def attention_backward(dy, x, a):
    # y = x + out;  out = merged w_out + b_out;  merged: the heads side by side
    g[f"{a}.y"] = g[f"{a}.out"] = dy
    dmerged = g[f"{a}.merged"] = linear_backward(dy, v[f"{a}.merged"], a, "w_out", "b_out")
    dmixed = dmerged.reshape(*dy.shape[:2], H, K).transpose(0, 2, 1, 3)
    # mixed = probs v
    dprobs, dv = dmixed @ v[f"{a}.v"].swapaxes(-1, -2), v[f"{a}.probs"].swapaxes(-1, -2) @ dmixed
    # probs = softmax(scores);  scores = q k^T / sqrt(K)
    dscores = softmax_backward(dprobs, v[f"{a}.probs"])
    dq = dscores @ v[f"{a}.k"] * (1 / math.sqrt(K))
    dk = dscores.swapaxes(-1, -2) @ v[f"{a}.q"] * (1 / math.sqrt(K))
    of_attention = {"mixed": dmixed, "probs": dprobs, "scores": dscores, "q": dq, "k": dk, "v": dv}
    g.update({f"{a}.{name}": gradient for name, gradient in of_attention.items()})
    # q, k, v: the columns of qkv;  qkv = normed w_qkv + b_qkv
    dqkv = np.stack([dq, dk, dv]).transpose(1, 3, 0, 2, 4).reshape(*dy.shape[:2], -1)
    g[f"{a}.qkv"] = dqkv
    dnormed = linear_backward(dqkv, v[f"{a}.normed"], a, "w_qkv", "b_qkv")
    return dy + layernorm_backward(dnormed, x, a)  # x reaches y on two ways


def mlp_backward(dy, x, m):
    # y = x + out;  out = h w2 + b2;  h = gelu(z);  z = normed w1 + b1
    g[f"{m}.y"] = g[f"{m}.out"] = dy
    dh = g[f"{m}.h"] = linear_backward(dy, v[f"{m}.h"], m, "w2", "b2")
    dz = g[f"{m}.z"] = gelu_backward(dh, v[f"{m}.z"])
    dnormed = linear_backward(dz, v[f"{m}.normed"], m, "w1", "b1")
    return dy + layernorm_backward(dnormed, x, m)


def head_backward(dlogits, x):
    # logits = pooled w + b;  pooled = the normed cls token: the others have no part in the loss
    g["head.logits"] = dlogits
    dpooled = g["head.pooled"] = linear_backward(dlogits, v["head.pooled"], "head", "w", "b")
    dnormed = np.zeros_like(v["norm.normed"])
    dnormed[:, 0] = dpooled
    return layernorm_backward(dnormed, x, "norm")


def embed_backward(dx):
    # x = [cls; patches w + b] + positions: cls and positions serve every image of the batch
    g["embed.x"] = g["embed.tokens"] = dx
    g["embed.cls"], g["embed.positions"] = dx[:, 0].sum(axis=0), dx.sum(axis=0)
    g["embed.projected"] = dx[:, 1:]
    dpatches = linear_backward(dx[:, 1:], v["patchify.patches"], "embed", "w", "b")
    g["patchify.patches"] = dpatches
    cut = dpatches.reshape(len(dx), rows, columns, P, P).transpose(0, 1, 3, 2, 4)
    g["patchify.images"] = cut.reshape(v["patchify.images"].shape)


def vit_backward():
    # loss = the mean over the images of -log softmax(logits)[label]
    e = np.exp(v["head.logits"] - v["head.logits"].max(axis=-1, keepdims=True))
    dlogits = (e / e.sum(axis=-1, keepdims=True) - np.eye(c.classes)[labels]) / len(labels)
    x = ["embed.x"]  # the names of what each part got, in forward order
    x += [f"blocks.{i}.{half}.y" for i in range(c.depth) for half in ("attention", "mlp")]
    dx = head_backward(dlogits, v[x.pop()])
    for i in reversed(range(c.depth)):
        dx = mlp_backward(dx, v[x.pop()], f"blocks.{i}.mlp")
        dx = attention_backward(dx, v[x.pop()], f"blocks.{i}.attention")
    embed_backward(dx)


# %% [markdown]
# ## The library's version, tensor by tensor: exact, right, wrong
#
# *Difference* is the largest |ours - theirs| of a tensor. It is **exact** if all bits are the same,
# **right** if it is at most 1e-7 of the tensor's largest number (then only the rounding differs:
# the same sum in another order), else **wrong**. And is the library itself right? *Measured*: move
# a parameter along a random direction, by a small step h both ways. The loss must change by 2h
# times the gradient's part along that direction. No backward has a hand in that.


# %%
def verdict(name):
    difference = np.abs(g[name] - theirs[name]).max()
    small = 1e-7 * np.abs(theirs[name]).max()
    return "exact" if difference == 0 else "right" if difference <= small else "wrong"


def measured_off(name, h=1e-5):
    """The relative error of the library's gradient of a parameter, along a random direction."""
    direction, losses = rng.choice([-1.0, 1.0], p[name].shape), []
    before = p[name].copy()
    for sign in (1, -1):
        p[name][:] = before + sign * h * direction
        losses.append(ops.cross_entropy_forward(model.logits(images), labels=labels)[0])
    p[name][:] = before
    moved, along = (losses[0] - losses[1]) / (2 * h), (theirs[name] * direction).sum()
    return abs(moved - along) / (abs(moved) + abs(along) + 1e-4)


_, loss_cache = ops.cross_entropy_forward(trace.logits, labels=labels)
trace.backward(ops.cross_entropy_backward(1.0, loss_cache))
theirs = trace.gradients
vit_backward()
order = list(g)  # as our backward came by
assert set(order) == set(theirs) and len(p) == 44 and len(order) == 107
assert all(g[name].shape == theirs[name].shape for name in order)  # else NumPy would broadcast
verdicts = {name: verdict(name) for name in order}
off = {name: measured_off(name) for name in p}
print("tensor                    shape         difference verdict measured")
for name in order:
    shape, difference = "x".join(map(str, g[name].shape)), np.abs(g[name] - theirs[name]).max()
    measured = f"off by {off[name]:.0e}" if name in off else ""
    print(f"{name:<26}{shape:<14}{difference:10.1e} {verdicts[name]:<7} {measured}")
counts = {word: [*verdicts.values()].count(word) for word in ("exact", "right", "wrong")}
print(f"{counts}; measured: at most {max(off.values()):.0e} off")
assert counts["wrong"] == 0 and counts["exact"] > 4 and max(off.values()) < 1e-5

# %% [markdown]
# Look where "exact" ends: on most machines at z of the last block's MLP. There `math.erf` and the
# library's own erf differ in the last bit, and everything behind it inherits a rounding of 1e-16. A
# mistake spreads in the same way, only larger.
#
# ## Break it: read the table
#
# Five mistakes, one at a time, each put in the place of the right function. Which tensor is the
# first to go wrong, on the way from the loss to the pixels? Decide for each of `mistakes` before
# you read the name that stands last in its line.


# %%
def forgetful_layernorm(dy, x, place):  # without the mean's part
    dx, rstd = layernorm_right(dy, x, place), 1 / np.sqrt(x.var(axis=-1, keepdims=True) + c.eps)
    return dx + rstd * g[f"{place}.x_hat"].mean(axis=-1, keepdims=True)


def block_without_skip(dy, x, a):  # one block alone
    dx = attention_right(dy, x, a)
    return dx - dy if a == "blocks.1.attention" else dx


def mean_of_rows(dy, x, place, w, b):  # db as a mean over the rows
    dx = linear_right(dy, x, place, w, b)
    g[f"{place}.{b}"] /= dy.size / dy.shape[-1]
    return dx


layernorm_right, linear_right = layernorm_backward, linear_backward
attention_right = attention_backward
mistakes = {  # what is wrong: (the function that is replaced, by what, the first wrong tensor)
    "nothing": (None, None, None),
    "softmax without its row sum": ("softmax_backward", np.multiply, "blocks.2.attention.scores"),
    "GELU with ReLU's slope": ("gelu_backward", lambda dh, z: dh * (z > 0), "blocks.2.mlp.z"),
    "LayerNorm without mean(g)": ("layernorm_backward", forgetful_layernorm, "blocks.2.mlp.y"),
    "no skip in block 1": ("attention_backward", block_without_skip, "blocks.0.mlp.y"),
    "db a mean, not a sum": ("linear_backward", mean_of_rows, "head.b"),
}
tables = {}
for what, (replaced, by, expected) in mistakes.items():
    with patch.dict(globals(), {replaced: by} if replaced else {}):
        vit_backward()
    table = tables[what] = {name: verdict(name) for name in order}
    wrong = [name for name in order if table[name] == "wrong"]
    first = wrong[0] if wrong else None
    print(f"{what:<28}{len(wrong):3} of {len(order)} wrong, first: {first}")
    assert first == expected
of_biases = [name for name in order if name.endswith((".b", ".b1", ".b2", ".b_qkv", ".b_out"))]
assert wrong == of_biases

# %% [markdown]
# A mistake in what is handed on spoils everything behind it, and nothing before: the first wrong
# tensor is where to look. A mistake in a leaf, such as a bias, spoils that leaf alone: every tensor
# must be checked by itself, since a sum over all would hide it.
#
# ## The picture


# %%
def draw(figure):
    """A row per tensor, from the loss down to the pixels, a column per mistake: what is handed on
    wrong is wrong (yellow) in all rows below; a wrong db in the rows of the biases alone."""
    from matplotlib import colormaps

    words = ["exact", "right", "wrong"]
    grid = np.array([[words.index(table[name]) for table in tables.values()] for name in order])
    places = [name.rpartition(".")[0] for name in order]
    starts = [i for i, place in enumerate(places) if i == 0 or place != places[i - 1]]
    axes = figure.subplots()
    three = colormaps["cividis"].resampled(3)
    drawn = axes.pcolormesh(grid, cmap=three, vmin=-0.5, vmax=2.5, edgecolors="white", lw=0.3)
    axes.invert_yaxis()
    axes.set_yticks(starts, [places[i] for i in starts], va="top")
    axes.set_xticks(np.arange(len(tables)) + 0.5, [fill(what, 12) for what in tables])
    axes.set(xlabel="what is wrong", ylabel="every tensor's gradient: from the loss to the pixels")
    figure.colorbar(drawn, ticks=range(3)).set_ticklabels(words)


keep_picture(draw, "10_table.png", 10, 7)

# %% [markdown]
# ## Exercises
#
# **10.1 Where is it?** In somebody's table these tensors of blocks.2.attention are right: y, out,
# w_out, b_out, merged, mixed, probs, scores, q, v. These are wrong: k, qkv, w_qkv, normed, gamma,
# beta, x_hat; and so is all of the blocks before. Which tensor's line is wrong, and what should it
# be? Return its letter, and its gradient made of dscores (T, T) and q (T, K). Roughly 1 line.


# %%
def diagnosis(dscores, q):
    ### BEGIN SOLUTION
    return "k", dscores.T @ q / math.sqrt(q.shape[1])
    ### END SOLUTION


dscores, q, k = rng.normal(size=(3, 3)), rng.normal(size=(3, 4)), np.eye(3, 4)
letter, gradient = diagnosis(dscores, q)
assert letter == "k", "the first wrong one on the way from the loss; qkv is made of dq, dk and dv"
along = (dscores * (q @ k.T / 2)).sum()  # linear in k: the sum over k and dk must be the same
assert math.isclose((gradient * k).sum(), along), "score_ij = q_i k_j / sqrt(K): sum over queries i"
print("10.1 is right")

# %% [markdown]
# **10.2 A batch in parts.** Too large a batch doesn't fit into memory. Fill `model.gradients` with
# the gradient of the *mean* loss over all images, though each forward takes `part` of them (the
# last perhaps fewer). `model.backward` adds to `model.gradients`. Roughly 6 lines.


# %%
def accumulate(images, labels, part):
    ### BEGIN SOLUTION
    model.zero_gradients()
    for start in range(0, len(images), part):
        some = slice(start, start + part)
        logits, cache = model.forward(images[some])
        _, loss_cache = ops.cross_entropy_forward(logits, labels=labels[some])
        share = len(labels[some]) / len(labels)  # the loss of this part is a mean over it alone
        model.backward(ops.cross_entropy_backward(share, loss_cache), cache)
    ### END SOLUTION


for part in (8, 4, 3):
    accumulate(images, labels, part)
    off = max(np.abs(model.gradients[name] - theirs[name]).max() for name in p)
    assert off < 1e-12, f"in parts of {part} the gradient is off by {off:.1e}: weigh each part"
print("10.2 is right")
