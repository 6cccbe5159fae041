# %% [markdown]
# # Lesson 0: a tour, from a digit's pixels to its class
#
# *60 minutes; builds on no other lesson.*
#
# **The question.** Somebody wrote a digit on a form, and a scanner made 8x8 grey levels of it. A
# Vision Transformer (Dosovitskiy et al. 2021, "An image is worth 16x16 words": *the paper*, from
# here on) turns these 64 numbers into ten, one per class, and the largest is nearly always that
# of the right class. What happens in between? And how does it learn?
#
# We do every step by hand, in a few lines of NumPy, and assert that the library has the same
# numbers. Run the lesson from top to bottom (`python lessons/00_tour.py`, or cell by cell in an
# editor that knows `# %%`), then change things: the asserts say when you broke it.
#
# **The shapes** are written in letters, the same in the whole library:
#
# | letter | meaning | here |
# |---|---|---|
# | B | images in a batch | 1, later 64 |
# | P, N | side of a patch in pixels, number of patches | 2, 16 |
# | T | tokens: the patches and one more, the cls token | 17 |
# | D | width: how many numbers describe a token | 64 |
# | H, K | attention heads, and columns of each: K = D/H | 4, 16 |
# | M | width of the MLP's hidden layer | 128 |
# | C | classes | 10 |

# %%
import math
import tempfile
from pathlib import Path

import numpy as np

import minivit
from minivit import ops
from minivit.figures import attention_picture
from minivit.inspection import cls_attention
from minivit.optim import Adam, warmup_cosine

data = minivit.load_dataset("digits")  # 1,797 real digits, shipped with the library
model = minivit.ViT(minivit.variant("digits"), seed=0, dtype=np.float64)
p, config = model.parameters, model.config  # p["head.w"] and so on: plain arrays by name
P, N, T, D = config.patch[0], config.patches, config.tokens, config.width
H, K, M, C = config.heads, config.width // config.heads, config.mlp, config.classes
rows, columns = config.grid  # N = rows columns
image = data.test.images[:1].astype(np.float64)  # (B, height, width, channels)
label = data.test.labels[:1]


def art(grid, low, high):
    """Rows of text for a picture of numbers: the larger, the darker."""
    level = np.clip((grid - low) / (high - low), 0, 1) * 9
    return ["".join(" .:-=+*#%@"[round(x)] * 2 for x in row) for row in level]


print(f"A digit of class {label[0]}, image {image.shape}, values {image.min()} to {image.max()}:")
print("\n".join(art(image[0, :, :, 0], -1, 1)))

# %% [markdown]
# `model.trace(images)` runs the model and keeps every intermediate by name: the place where it is
# made, and what it is called there. It is our judge: `show` asserts that what we computed by hand
# is the same, and prints its shape and first numbers (of the blocks, only for the first).

# %%
trace = model.trace(image)


def show(name, ours):
    np.testing.assert_allclose(ours, trace.values[name], rtol=1e-10, atol=1e-12)
    if not name.startswith("blocks") or name.startswith("blocks.0"):
        few = " ".join(f"{number:7.3f}" for number in ours.ravel()[:5])
        print(f"{name:<26}{ours.shape!s:<16}{few} ...")
    return ours


# %% [markdown]
# ## By hand 1: pixels to tokens (equation 1 of the paper)
#
#     z_0 = [cls; x_1 E; x_2 E; ...; x_N E] + positions
#
# Cut the image into N patches of P x P pixels and lay each flat: x_n has P P = 4 numbers. One
# matrix E (here `embed.w`, and a bias) makes D numbers of them: a **token**. In front goes a
# learned token that belongs to no patch, **cls**: it will collect what there is to know about the
# whole image. And each token gets a learned vector added that says *where* it is: without
# `positions`, the image would be a bag of patches.

# %%
cut = image.reshape(1, rows, P, columns, P)  # (B, row of patch, row in it, column of patch, ...)
patches = show("patchify.patches", cut.transpose(0, 1, 3, 2, 4).reshape(1, N, P * P))
projected = show("embed.projected", patches @ p["embed.w"] + p["embed.b"])  # (1, N, D)
cls = p["embed.cls"].reshape(1, 1, D)
tokens = show("embed.tokens", np.concatenate([cls, projected], axis=1))  # (1, T, D)
x = show("embed.x", tokens + p["embed.positions"])

# %% [markdown]
# ## By hand 2: the blocks (equations 2 and 3)
#
#     z' = z + MSA(LN(z))        every token asks the others        (2)
#     z  = z' + MLP(LN(z'))      every token thinks by itself       (3)
#
# Both *add* to the token: it is a running account, and a block only says what to change.
#
# **LayerNorm** (LN) brings each token to mean 0 and variance 1, then scales and shifts its
# numbers by a learned gamma and beta; eps = 1e-6 only guards against a division by 0:
#
#     x_hat = (x - mean) / sqrt(var + eps),    y = x_hat gamma + beta
#
# **Multi-head self-attention** (MSA; appendix A of the paper, equations 5 to 8). Each token makes
# a query q (what do I look for?), a key k (what have I got?) and a value v (what do I hand
# over?). A softmax turns the scores q k^T / sqrt(K) of one query into weights that sum to 1, and
# the token takes that mixture of all values. H heads do so side by side, each on its own K
# columns, and `w_out` mixes what they found.
#
# The **MLP** widens each token to M numbers, bends them with GELU, and narrows them again.
# GELU(z) = z Phi(z), where Phi(z) is the chance that a standard normal variable is below z: large
# numbers pass, negative ones are stopped, smoothly.


# %%
def layernorm(x, name):
    centred = x - x.mean(axis=-1, keepdims=True)
    var = (centred**2).mean(axis=-1, keepdims=True)
    x_hat = centred / np.sqrt(var + config.eps)
    return show(f"{name}.normed", x_hat * p[f"{name}.gamma"] + p[f"{name}.beta"])


def softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))  # the shift only keeps exp small
    return e / e.sum(axis=-1, keepdims=True)


def attention(h, name):
    qkv = show(f"{name}.qkv", h @ p[f"{name}.w_qkv"] + p[f"{name}.b_qkv"])  # (1, T, 3D)
    q, k, v = qkv.reshape(1, T, 3, H, K).transpose(2, 0, 3, 1, 4)  # each (1, H, T, K)
    scores = show(f"{name}.scores", q @ k.swapaxes(-1, -2) / math.sqrt(K))  # query x key
    probs = show(f"{name}.probs", softmax(scores))  # each row sums to 1
    mixed = show(f"{name}.mixed", probs @ v)
    merged = mixed.transpose(0, 2, 1, 3).reshape(1, T, D)  # the heads side by side again
    return show(f"{name}.out", merged @ p[f"{name}.w_out"] + p[f"{name}.b_out"])


def mlp(h, name):
    z = show(f"{name}.z", h @ p[f"{name}.w1"] + p[f"{name}.b1"])  # (1, T, M)
    phi = 0.5 * (1 + np.vectorize(math.erf)(z / math.sqrt(2)))
    h = show(f"{name}.h", z * phi)
    return show(f"{name}.out", h @ p[f"{name}.w2"] + p[f"{name}.b2"])


for i in range(config.depth):
    x = x + attention(layernorm(x, f"blocks.{i}.attention"), f"blocks.{i}.attention")  # (2)
    x = x + mlp(layernorm(x, f"blocks.{i}.mlp"), f"blocks.{i}.mlp")  # (3)
    show(f"blocks.{i}.mlp.y", x)

# %% [markdown]
# ## By hand 3: the head (equation 4)
#
# The last word has the cls token: it is normalised, and one matrix makes C numbers of it, the
# **logits**; a softmax would make probabilities of them. All are 0: the model starts with a
# **zero head** (so does Google's), and says honestly that it knows nothing.

# %%
pooled = show("head.pooled", layernorm(x, "norm")[:, 0])
logits = show("head.logits", pooled @ p["head.w"] + p["head.b"])
assert np.allclose(logits, model.forward(image)[0])  # the library's version: one call

# %% [markdown]
# Its surprise at the truth is the **cross-entropy**, the mean over the images of
# -log(probability of the right class). With ten equal probabilities: -log(1/10) = ln 10.

# %%
images, labels = data.train.images[:64].astype(np.float64), data.train.labels[:64]
logits, cache = model.forward(images)  # the library's forward, and what its backward needs
loss_before = -np.log(softmax(logits)[np.arange(64), labels]).mean()
library_loss, loss_cache = ops.cross_entropy_forward(logits, labels=labels)
assert math.isclose(loss_before, library_loss) and math.isclose(loss_before, math.log(C))
print(f"loss {loss_before:.6f}, and ln 10 is {math.log(10):.6f}")

# %% [markdown]
# ## The derivation: one training step
#
# To learn is to ask each parameter: if you grew a little, how much would the loss grow? The answer
# is its gradient; then all take a small step the other way. We write `dz` for d loss / d z,
# always, and go backwards from the loss.
#
# *Cross-entropy.* For one image with label t, loss = -logits_t + log sum_j exp(logits_j). Its
# derivative by logits_j is softmax(logits)_j, less 1 if j = t. With the mean over B images:
#
#     dlogits = (probs - targets) / B             targets: 1 at the label, 0 elsewhere
#
# *Linear.* y = x w + b, that is y_ij = sum_k x_ik w_kj + b_j. Collect what each letter touches:
#
#     dx = dy w^T,    dw = x^T dy,    db = sum over rows of dy
#
# The whole backward pass is nothing but such rules, last step first.

# %%
dlogits = (softmax(logits) - np.eye(C)[labels]) / 64
assert np.allclose(dlogits, ops.cross_entropy_backward(1.0, loss_cache))
pooled = model.trace(images).values["head.pooled"]  # (64, D): the head's input
dw, db = pooled.T @ dlogits, dlogits.sum(axis=0)

model.zero_gradients()
model.backward(dlogits, cache)  # the library's backward: adds into model.gradients
assert np.allclose(dw, model.gradients["head.w"]) and np.allclose(db, model.gradients["head.b"])
moved = [name for name, gradient in model.gradients.items() if gradient.any()]
print(f"{len(moved)} of {len(p)} tensors have a gradient: {', '.join(moved)}")
assert moved == ["head.w", "head.b"]  # dpooled = dlogits w^T = 0: a zero head lets nothing pass
p.flat[:] -= 0.1 * model.gradients.flat  # one step of plain gradient descent, on all at once

# %% [markdown]
# After that step the head is not zero any more, and the second step reaches every tensor. (A
# breakpoint in a backward of `minivit/ops/` is best set now: in the first step it shows zeros.)
# Here is one linear inside by hand: `mlp.w2` of the last block, y = h w2 + b2.

# %%
logits, cache = model.forward(images)
loss_after, loss_cache = ops.cross_entropy_forward(logits, labels=labels)
dlogits = ops.cross_entropy_backward(1.0, loss_cache)
model.zero_gradients()
model.backward(dlogits, cache)
inside = model.trace(images)
inside.backward(dlogits)  # fills inside.gradients: of every intermediate, by the same names
hidden, dy = inside.values["blocks.2.mlp.h"], inside.gradients["blocks.2.mlp.out"]
dw2 = hidden.reshape(-1, M).T @ dy.reshape(-1, D)  # B T rows, one per token
assert np.allclose(dw2, model.gradients["blocks.2.mlp.w2"])
assert all(gradient.any() for gradient in model.gradients.values())
p.flat[:] -= 0.1 * model.gradients.flat
loss_last, _ = ops.cross_entropy_forward(model.forward(images)[0], labels=labels)
print(f"loss {loss_before:.4f} -> {loss_after:.4f} -> {loss_last:.4f}: it learns")
assert loss_before > loss_after > loss_last

# %% [markdown]
# ## Break it: is a backward right?
#
# A wrong backward rarely crashes. The model learns, only worse, and nobody knows why. So check:
# move each number a little and see how far the output moves. `minivit.gradcheck` does that for any
# pair of forward and backward, in float64, and compares. Take LayerNorm. With g = dy gamma, x_i
# moves its own x_hat, but also the mean and the spread of its token, and each takes something off:
#
#     dx = rstd (g - mean(g) - x_hat mean(g x_hat)),    rstd = 1 / sqrt(var + eps)
#
# Forget the mean correction, and see what the check says.

# %%
rng = np.random.default_rng(0)
inputs = rng.normal(size=(3, 5)), rng.normal(size=5), rng.normal(size=5)  # x, gamma, beta
report = minivit.gradcheck(ops.layernorm_forward, ops.layernorm_backward, *inputs)
print(report)
assert report.ok


def forgetful_backward(dy, cache):
    _, dgamma, dbeta = ops.layernorm_backward(dy, cache)
    g = dy * cache.gamma
    along_x_hat = cache.x_hat * (g * cache.x_hat).mean(axis=-1, keepdims=True)
    return cache.rstd * (g - along_x_hat), dgamma, dbeta  # - mean(g) is missing


report = minivit.gradcheck(ops.layernorm_forward, forgetful_backward, *inputs)
print(report)
assert [row.verdict == "wrong" for row in report.rows] == [True, False, False]  # dx alone

# %% [markdown]
# ## Watch it learn
#
# The same model from the start, in float32, and 200 steps on 32 digits each. Two things are new.
# **Adam** measures each parameter's step in units of how large its gradients usually are. And the
# positions start at size 1 (`position_std`) instead of 0.02: on so few digits it would take long
# to find out where a patch lies.

# %%
model = minivit.ViT(minivit.variant("digits"), seed=0, position_std=1.0)
optimiser = Adam(model.parameters, weight_decay=0.05)
rng, steps, accuracies = np.random.default_rng(0), 200, []
for step in range(steps + 1):
    if step % 50 == 0:
        right = model.logits(data.test.images).argmax(axis=1) == data.test.labels
        accuracies.append(right.mean())
        print(
            f"step {step:3}: {right.mean():6.1%} of the test digits", "#" * int(50 * right.mean())
        )
    if step == steps:
        break
    batch = rng.integers(0, len(data.train.labels), 32)
    logits, cache = model.forward(data.train.images[batch])
    _, loss_cache = ops.cross_entropy_forward(logits, labels=data.train.labels[batch])
    model.zero_gradients()
    model.backward(ops.cross_entropy_backward(1.0, loss_cache), cache)
    rate = warmup_cosine(step, steps=steps, warmup=30, peak=2e-3)  # up to 0.002, down to 0
    optimiser.step(model.gradients, rate)
assert accuracies[0] < 0.2 and accuracies[-1] > 0.8

# %% [markdown]
# ## Where it looks
#
# How much does the cls token take from each patch in the last block, just before the head reads
# it? Every head has its own view: the darker a patch, the more it takes. (In the digit, dark is
# ink.) An empty patch may say much too: a 0 is hollow, an 8 is not.

# %%
chosen = np.flatnonzero(right)[:2]
looks = cls_attention(model, data.test.images[chosen])  # (B, depth, H, rows, columns)
for index, heads in zip(chosen, looks[:, -1], strict=True):
    views = [art(data.test.images[index, :, :, 0], -1, 1)]
    views += [art(np.kron(head, np.ones((P, P))), 0, head.max()) for head in heads]
    titles = [f"a {data.test.labels[index]}", *(f"head {h + 1}" for h in range(H))]
    print("   ".join(title.ljust(16) for title in titles))
    print("\n".join("   ".join(parts) for parts in zip(*views, strict=True)))

try:
    out = Path("out")
    out.mkdir(exist_ok=True)
    tempfile.TemporaryFile(dir=out).close()  # can it be written?
except OSError:
    out = Path(tempfile.mkdtemp(prefix="minivit-"))
probabilities = ops.softmax_forward(model.logits(data.test.images))[0]
model.preprocessing = data.preprocessing  # so that strokes are drawn as ink
attention_picture(model, *data.test, probabilities, out / "00_attention.png")
print(f"All ten digits, and what it got wrong: {out / '00_attention.png'}")

# %% [markdown]
# ## Exercises
#
# Cover the answer between the two markers, write your own, run the check below it.
#
# **0.1 Unpatchify.** Put patches (B, N, P P) back together into images (B, rows P, columns P, 1),
# where N = rows columns. About two lines: the inverse of what we did in "By hand 1".


# %%
def unpatchify(patches, rows, columns, P):
    ### BEGIN SOLUTION
    cut = patches.reshape(len(patches), rows, columns, P, P)
    return cut.transpose(0, 1, 3, 2, 4).reshape(len(patches), rows * P, columns * P, 1)
    ### END SOLUTION


wide = np.arange(2 * 6 * 4.0).reshape(2, 6, 4, 1)  # not square, so that mixed-up axes show
assert np.array_equal(unpatchify(ops.patchify_forward(wide, patch=2)[0], 3, 2, 2), wide)
print("0.1 is right")

# %% [markdown]
# **0.2 Count the parameters** of a ViT with `depth` blocks on square images of `side` pixels: patch
# projection, cls, positions, the blocks, the last LayerNorm, the head. All linears have a bias.


# %%
def count(side, channels, P, D, depth, M, C):
    ### BEGIN SOLUTION
    N = (side // P) ** 2
    embed = P * P * channels * D + D + D + (N + 1) * D  # projection and bias, cls, positions
    attention = D * 3 * D + 3 * D + D * D + D
    mlp = D * M + M + M * D + D
    norm = 2 * D  # gamma and beta; two in a block and one before the head
    return embed + depth * (attention + mlp + 2 * norm) + norm + D * C + C
    ### END SOLUTION


assert count(8, 1, 2, 64, 3, 128, 10) == minivit.parameter_count(config) == p.flat.size
assert count(224, 3, 16, 768, 12, 3072, 1000) == 86_567_656  # B/16: the paper says 86 million
print("0.2 is right")

# %% [markdown]
# **0.3 Softmax backward.** probs = softmax(x) along the last axis. Given dprobs and probs, return
# dx. One line, once you have d probs_i / d x_j = probs_i ([i = j] - probs_j) on paper.


# %%
def softmax_backward(dprobs, probs):
    ### BEGIN SOLUTION
    return probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    ### END SOLUTION


def softmax_forward(x):
    return (softmax(x),) * 2  # the result, and what the backward must remember: the same


report = minivit.gradcheck(softmax_forward, softmax_backward, rng.normal(size=(3, 4)))
print(report)
assert report.ok
print("0.3 is right. You have seen the whole model; the next lessons take its parts one by one.")
