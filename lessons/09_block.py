# %% [markdown]
# # Lesson 9: a block, and many of them
#
# *65 minutes; builds on lessons 5, 7 and 8.*
#
# **The question.** Attention (lesson 7) and the MLP (lesson 8) become a **block** by two additions
# and two LayerNorms, and a ViT is the same block many times over. Why may one stack as many as one
# likes? What do the two "+" do for the forward, and what for the gradient? We take them out.
#
# **The shapes.** B images, T tokens, D width: x is (B, T, D) before a block, between its halves and
# after it. L is the depth, the number of blocks. (Equations 2 and 3 of the paper:)
#
#     z = x + MSA(LN(x))        tokens exchange
#     y = z + MLP(LN(z))        each token by itself
#
# Both branches (what is added to x and to z) begin with LayerNorm, and nothing stands behind the
# sum: that is called **pre-norm**. A block returns the shape that it gets, and so any number of
# blocks fits behind one another.

# %%
from unittest.mock import patch

import numpy as np

import minivit
from minivit import ops
from minivit.figures import keep_picture
from minivit.models.cost import cost_table
from minivit.optim import Adam, warmup_cosine

data = minivit.load_dataset("digits")
images, labels = data.train.images[:32].astype(np.float64), data.train.labels[:32]
stages = cost_table(minivit.variant("B/16"))  # counted, nothing is computed
outputs = {stage.shape for stage in stages if stage.name.startswith("blocks.")}
print(f"B/16: {len(stages)} places; all branches of its 12 blocks return {outputs}")
assert outputs == {(197, 768)}

# %% [markdown]
# ## By hand: one block, forward and backward
#
# The forward is the two equations. For the backward, take y = x + f(x), with f any branch. Moving x
# moves y twice, once through each term:
#
#     dx = dy + (what f's own backward makes of dy)
#
# The first term is the point: whatever f does, dy arrives *as it is*. As matrices: without the
# skip a branch multiplies the gradient by J^T, where J is its Jacobian (all d f_i / d x_j); with it
# by I + J^T, I the identity. And forward, the last tokens are a sum: x_L = x_0 + all that the
# branches returned.


# %%
def block_forward(x, attention, mlp):
    gamma, beta, *w = attention
    normed, norm_1 = ops.layernorm_forward(x, gamma, beta)
    out, msa_cache = ops.multihead_attention_forward(normed, *w, heads=4)
    z = x + out
    gamma, beta, *w = mlp
    normed, norm_2 = ops.layernorm_forward(z, gamma, beta)
    out, mlp_cache = ops.mlp_forward(normed, *w)
    return z + out, (norm_1, msa_cache, norm_2, mlp_cache)


def block_backward(dy, caches):  # each line of the forward, the last one first
    norm_1, msa_cache, norm_2, mlp_cache = caches
    dnormed, *dmlp = ops.mlp_backward(dy, mlp_cache)
    dz = dy + ops.layernorm_backward(dnormed, norm_2)[0]
    dnormed, *dattention = ops.multihead_attention_backward(dz, msa_cache)
    dx = dz + ops.layernorm_backward(dnormed, norm_1)[0]
    return dx, dattention, dmlp


model = minivit.ViT("digits", seed=0, dtype=np.float64, zero_head=False, position_std=1.0)
trace, p = model.trace(images), model.parameters
_, loss_cache = ops.cross_entropy_forward(trace.logits, labels=labels)
trace.backward(ops.cross_entropy_backward(1.0, loss_cache))

x = trace.values["blocks.0.mlp.y"]  # what block 1 gets
y, caches = block_forward(x, p.of("blocks.1.attention"), p.of("blocks.1.mlp"))
dx, dattention, _ = block_backward(trace.gradients["blocks.1.mlp.y"], caches)
forward_error = np.abs(y - trace.values["blocks.1.mlp.y"]).max()
backward_error = np.abs(dx - trace.gradients["blocks.0.mlp.y"]).max()
print(f"by hand against the library: y {forward_error:.1e}, dx {backward_error:.1e}")
assert forward_error < 1e-12 and backward_error < 1e-14
assert np.allclose(dattention[0], trace.gradients["blocks.1.attention.w_qkv"], rtol=1e-10)

said = [trace.values[f"blocks.{i}.{half}.out"] for i in range(3) for half in ("attention", "mlp")]
assert np.allclose(trace.values["embed.x"] + sum(said), trace.values["blocks.2.mlp.y"])

# %% [markdown]
# ## Take the skip away
#
# Without it, a branch is y = f(LN(x)): the library's branch less x, and backward less dy. Put these
# in the place of the library's, and compare two towers of 24 blocks at their start, block by block:
#
# - how large the gradient on the tokens is,
# - how different the tokens of one image are: |x - mean over the tokens| / |x|,
# - how much gradient the queries' and keys' weights get, compared with that of the values' weights.


# %%
def skipless(name):
    forward, backward = getattr(ops, f"{name}_forward"), getattr(ops, f"{name}_backward")

    def skipless_forward(x, *weights, **options):
        y, cache = forward(x, *weights, **options)
        return y - x, cache

    def skipless_backward(dy, cache, **options):
        dx, *dweights = backward(dy, cache, **options)
        return dx - dy, *dweights

    return {f"{name}_forward": skipless_forward, f"{name}_backward": skipless_backward}


without_skips = patch.multiple(ops, **skipless("attention_branch"), **skipless("mlp_branch"))
c = minivit.variant("digits", depth=24)
deep = minivit.ViT(c, seed=0, dtype=np.float64, zero_head=False, position_std=1.0)


def look(blocks=range(24), D=64):
    trace = deep.trace(images)
    _, loss_cache = ops.cross_entropy_forward(trace.logits, labels=labels)
    trace.backward(ops.cross_entropy_backward(1.0, loss_cache))
    gradients = [np.linalg.norm(trace.gradients[f"blocks.{i}.mlp.y"]) for i in blocks]
    dw = [trace.gradients[f"blocks.{i}.attention.w_qkv"] for i in blocks]  # each (D, 3D)
    queries_keys = [np.linalg.norm(w[:, : 2 * D]) / np.linalg.norm(w[:, 2 * D :]) for w in dw]
    tokens = deep.features(images)  # before the blocks, and after each
    unlike = [np.linalg.norm(x - x.mean(axis=1, keepdims=True)) / np.linalg.norm(x) for x in tokens]
    return np.array(gradients), np.array(unlike), np.array(queries_keys)


towers = {"with": look()}
with without_skips:
    towers["without"] = look()
for kind, (gradients, unlike, queries_keys) in towers.items():
    print(f"{kind} skip: after the last block tokens differ by {unlike[-1]:.0e}; |dx| there is")
    print(f"  {gradients[-1]:.2f}, after the first {gradients[0]:.2f}; in block 12 the gradient of")
    print(f"  queries and keys is {queries_keys[12]:.0e} times that of the values")
    assert gradients.min() > 0.01 and gradients.max() < 10  # neither vanishes nor explodes
assert towers["with"][1][-1] > 0.3 and towers["without"][1][6:].max() < 1e-12
assert towers["with"][2].min() > 0.05 and towers["without"][2][6:].max() < 1e-12

# %% [markdown]
# Look twice. One often hears that the gradient *vanishes* without the skip. Here it doesn't: in
# front of every branch LayerNorm brings the numbers back to size 1, and the gradient with them.
# What vanishes is the *difference between tokens*. Attention averages, and after five blocks all
# tokens of an image are the same to the last bits (Dong et al. 2021, "Attention is not all you
# need", proved how fast). When all values are alike, so is every mixture of them: it no longer
# matters where a query looks, and queries and keys get no gradient. The skip's first service is
# that each token stays itself. Does a tower without it learn? 60 steps with 8 blocks:


# %%
def trained_accuracy(steps=60):
    model = minivit.ViT(minivit.variant("digits", depth=8), seed=0, position_std=1.0)
    optimiser, rng = Adam(model.parameters, weight_decay=0.05), np.random.default_rng(0)
    for step in range(steps):
        batch = rng.integers(0, len(data.train.labels), 32)
        logits, cache = model.forward(data.train.images[batch])
        _, loss_cache = ops.cross_entropy_forward(logits, labels=data.train.labels[batch])
        model.zero_gradients()
        model.backward(ops.cross_entropy_backward(1.0, loss_cache), cache)
        optimiser.step(model.gradients, warmup_cosine(step, steps=steps, warmup=20, peak=2e-3))
    return (model.logits(data.test.images).argmax(axis=1) == data.test.labels).mean()


with_skip = trained_accuracy()
with without_skips:
    without = trained_accuracy()
print(f"test digits read after 60 steps: {with_skip:.1%} with the skip, {without:.1%} without")
assert with_skip > 0.7 and without < 0.3  # 10 % is chance

# %% [markdown]
# ## The picture


# %%
def draw(figure):
    """Along 24 blocks: the gradient on the tokens keeps its size, with and without the skip;
    without it the tokens of an image become the same within five blocks, and queries and keys get
    no gradient from there on."""
    panels = figure.subplots(1, 3)
    titles = ("gradient on the tokens", "how different the tokens are", "gradient of queries, keys")
    labels_y = ("|dx|", "|x - mean| / |x|", "relative to that of the values")
    looks = {"with": ("#0072b2", "-"), "without": ("#e69f00", "--")}
    for part, axes in enumerate(panels):
        for kind, (colour, style) in looks.items():
            seen = np.maximum(towers[kind][part], 1e-17)
            label = f"{kind} skip" if part == 0 else None
            axes.semilogy(seen, color=colour, linestyle=style, linewidth=2, label=label)
        axes.set(title=titles[part], xlabel="block", ylabel=labels_y[part], ylim=(1e-18, 10))


keep_picture(draw, "09_skip.png", 12, 4)

# %% [markdown]
# ## Break it: forget the skip on the way back
#
# The library's MLP branch, whose backward returns dx without "dy +". The gradients of the branch's
# own weights stay right; what is wrong goes on to all blocks before. So check x, not only weights.

# %%
rng = np.random.default_rng(0)
small = [rng.normal(size=shape) for shape in ((2, 3, 4), 4, 4, (4, 6), 6, (6, 4), 4)]
forgetful_backward = skipless("mlp_branch")["mlp_branch_backward"]  # dx - dy
report = minivit.gradcheck(ops.mlp_branch_forward, forgetful_backward, *small)
print(report)
assert [row.tensor for row in report.rows if row.verdict == "wrong"] == ["x"]

# %% [markdown]
# ## Exercises
#
# **9.1 Predict the shapes** in block 7 of S/16 (D = 384, H = 6, M = 1536, T = 197) for 4 images, in
# this order: what the block gets, normed, qkv, probs, the attention branch's y, z of the MLP, y.
# Roughly 2 lines.


# %%
def shapes_of_block():
    ### BEGIN SOLUTION
    tokens = (4, 197, 384)
    return [tokens, tokens, (4, 197, 1152), (4, 6, 197, 197), tokens, (4, 197, 1536), tokens]
    ### END SOLUTION


true = {name: (4, *rest) for name, rest in minivit.trace_names(minivit.variant("S/16")).items()}
names = "6.mlp.y 7.attention.normed 7.attention.qkv 7.attention.probs 7.attention.y 7.mlp.z 7.mlp.y"
for name, shape in zip(names.split(), shapes_of_block(), strict=True):
    assert shape == true[f"blocks.{name}"], f"{name} is {true[f'blocks.{name}']}, you said {shape}"
print("9.1 is right")

# %% [markdown]
# **9.2 Post-norm.** The first Transformer (Vaswani et al. 2017) normalised behind the sum, y =
# LN(x + f(x)): a LayerNorm stands in the way of every gradient. Write a half of its block, forward
# and backward, for the branch f = MLP without biases. Roughly 3 lines each.


# %%
def post_forward(x, gamma, beta, w1, w2):
    ### BEGIN SOLUTION
    out, branch = ops.mlp_forward(x, w1, None, w2, None)
    y, norm = ops.layernorm_forward(x + out, gamma, beta)
    return y, (branch, norm)
    ### END SOLUTION


def post_backward(dy, cache):
    ### BEGIN SOLUTION
    branch, norm = cache
    dsum, dgamma, dbeta = ops.layernorm_backward(dy, norm)
    dx, dw1, _, dw2, _ = ops.mlp_backward(dsum, branch)
    return dsum + dx, dgamma, dbeta, dw1, dw2
    ### END SOLUTION


x, gamma, beta, w1, _, w2, _ = small
report = minivit.gradcheck(post_forward, post_backward, x, gamma, beta, w1, w2)
assert report.ok, f"both terms of the sum get what LayerNorm's backward gives:\n{report}"
normed, _ = ops.layernorm_forward(x + ops.mlp_forward(x, w1, None, w2, None)[0], gamma, beta)
assert np.allclose(post_forward(x, gamma, beta, w1, w2)[0], normed), "y is LN(x + MLP(x))"
print("9.2 is right")

# %% [markdown]
# **9.3 Pre-norm, the other half.** x + MSA(LN(x)), equation 2 of the paper, both directions, from
# `ops.layernorm_...` and `ops.multihead_attention_...`. Roughly 3 lines and 4 lines.
# `minivit check --exercise 9.3 FILE` checks `attention_branch_forward` and
# `attention_branch_backward`.


# %%
def attention_branch_forward(x, gamma, beta, w_qkv, b_qkv, w_out, b_out, *, heads, eps=1e-6):
    ### BEGIN SOLUTION
    normed, norm = ops.layernorm_forward(x, gamma, beta, eps=eps)
    out, msa = ops.multihead_attention_forward(normed, w_qkv, b_qkv, w_out, b_out, heads=heads)
    return x + out, (norm, msa)
    ### END SOLUTION


def attention_branch_backward(dy, cache):
    """-> dx, dgamma, dbeta, dw_qkv, db_qkv, dw_out, db_out"""
    ### BEGIN SOLUTION
    norm, msa = cache
    dnormed, dw_qkv, db_qkv, dw_out, db_out, _ = ops.multihead_attention_backward(dy, msa)
    dx, dgamma, dbeta = ops.layernorm_backward(dnormed, norm)
    return dy + dx, dgamma, dbeta, dw_qkv, db_qkv, dw_out, db_out
    ### END SOLUTION


attention_small = [rng.normal(size=shape) for shape in ((2, 3, 4), 4, 4, (4, 12), 12, (4, 4), 4)]
y, _ = attention_branch_forward(*attention_small, heads=2)
theirs, _ = ops.attention_branch_forward(*attention_small, heads=2)
assert np.allclose(y, theirs), "what is added to x is made of LN(x)"
report = minivit.gradcheck(
    attention_branch_forward, attention_branch_backward, *attention_small, options={"heads": 2}
)
assert report.ok, f"x moves y twice; is dx alone wrong, or what comes before it too?\n{report}"
print("9.3 is right")
