# %% [markdown]
# # Lesson 0: a tour, from a digit's pixels to its class
#
# *60 minutes; builds on no other lesson.*
#
# **The question.** Somebody wrote a digit on a form, and a scanner made 8x8 grey levels of it. A
# Vision Transformer (Dosovitskiy et al. 2021, "An image is worth 16x16 words": *the paper*, from
# here on) turns these 64 numbers into ten, one per class; once it is trained, the largest is nearly
# always that of the right class. What happens in between? And what is one step of learning?
#
# We do every step by hand, in a few lines of NumPy, and assert that the library has the same
# numbers. Run the lesson from top to bottom (`python lessons/00_tour.py`, or cell by cell in an
# editor that knows `# %%`), then change things: the asserts say when you broke it. Each part has a
# lesson of its own, where it is derived; here is how they fit together.
#
# **The shapes** are written in letters, the same in the whole library. Here: B images at once (1,
# later 720), patches of P x P pixels (P = 2), N patches (16), T tokens (17: one more, the **cls**
# token), D numbers that describe a token (64: the width), H attention heads (4) of K = D/H columns
# (16), M the width of the MLP's hidden layer (128), C classes (10).

# %%
import math

import numpy as np

import minivit
from minivit import ops
from minivit.figures import keep_picture

data = minivit.load_dataset("digits")  # 1,797 real digits, shipped with the library
model = minivit.ViT(minivit.variant("digits"), seed=0, dtype=np.float64)
p, config = model.parameters, model.config  # p["head.w"] and so on: plain arrays by name
P, N, T, D = config.patch[0], config.patches, config.tokens, config.width
H, K, M, C = config.heads, config.width // config.heads, config.mlp, config.classes
rows, columns = config.grid  # N = rows columns
image = data.test.images[:1].astype(np.float64)  # (B, height, width, channels)
label = data.test.labels[:1]

print(f"A digit of class {label[0]}, image {image.shape}, values {image.min()} to {image.max()}:")
for row in image[0, :, :, 0]:
    print("".join(" .:-=+*#%@"[round(4.5 * (value + 1))] * 2 for value in row))

# %% [markdown]
# `model.trace(images)` runs the model and keeps every intermediate by name. It is our judge: `show`
# asserts that what we computed by hand is the same, and prints its shape and first numbers (of the
# blocks, only for the first).

# %%
trace = model.trace(image)


def show(name, ours):
    np.testing.assert_allclose(ours, trace.values[name], rtol=1e-10, atol=1e-12)
    if not name.startswith("blocks") or name.startswith("blocks.0"):
        few = " ".join(f"{number:7.3f}" for number in ours.ravel()[:5])
        print(f"{name:<26}{ours.shape!s:<16}{few} ...")
    return ours


# %% [markdown]
# ## By hand 1: pixels to tokens (equation 1 of the paper; lessons 1 and 2)
#
#     z_0 = [cls; x_1 E; x_2 E; ...; x_N E] + positions
#
# Cut the image into N patches of P x P pixels and lay each flat: x_n has P P = 4 numbers. One
# matrix E (here `embed.w`, and a bias) makes D numbers of them: a **token**. In front goes a
# learned token that belongs to no patch, cls: it will collect what there is to know about the
# image. And each token gets a learned vector added that says *where* it is.

# %%
cut = image.reshape(1, rows, P, columns, P)  # (B, row of patch, row in it, column of patch, ...)
patches = show("patchify.patches", cut.transpose(0, 1, 3, 2, 4).reshape(1, N, P * P))
projected = show("embed.projected", patches @ p["embed.w"] + p["embed.b"])  # (1, N, D)
cls = p["embed.cls"].reshape(1, 1, D)
tokens = show("embed.tokens", np.concatenate([cls, projected], axis=1))  # (1, T, D)
x = show("embed.x", tokens + p["embed.positions"])

# %% [markdown]
# ## By hand 2: the blocks (equations 2 and 3; lessons 5 to 9)
#
#     z' = z + MSA(LN(z))        every token asks the others        (2)
#     z  = z' + MLP(LN(z'))      every token thinks by itself       (3)
#
# **LayerNorm** (LN) brings each token to mean 0 and variance 1, then scales and shifts its numbers
# by a learned gamma and beta; eps = 1e-6 only guards against a division by 0. **Multi-head
# self-attention** (MSA): each token makes a query q (what do I look for?), a key k (what have I
# got?) and a value v (what do I hand over?). A softmax turns the scores q k^T / sqrt(K) of a query
# into weights that sum to 1, and the token takes that mixture of all values. H heads do so side by
# side, and `w_out` mixes what they found. The **MLP** widens each token to M numbers, bends them
# with GELU(z) = z Phi(z), where Phi(z) is the chance that a standard normal variable is below z,
# and narrows them again.


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
# ## By hand 3: the head (equation 4; lesson 3)
#
# The cls token is normalised, and one matrix makes C numbers of it, the **logits**; a softmax makes
# probabilities of them. All are 0: the model starts with a **zero head** (so does Google's).

# %%
pooled = show("head.pooled", layernorm(x, "norm")[:, 0])
logits = show("head.logits", pooled @ p["head.w"] + p["head.b"])
assert np.allclose(logits, model.forward(image)[0])  # the library's version: one call

# %% [markdown]
# ## The derivation: one training step (lessons 3, 10 and 11)
#
# How bad is a prediction? The loss is the **cross-entropy**: -log(probability of the right class),
# and for several images the mean of it. With ten equal probabilities it is -log(1/10) = ln 10. To
# learn is to ask each parameter: if you grew a little, how much would the loss grow? The answer is
# its gradient; then all take a small step the other way. `dz` is d loss / d z, always, and we go
# from the loss back.
#
# *Cross-entropy.* For one image with label t, loss = -logits_t + log sum_j exp(logits_j). Its
# derivative by logits_j is softmax(logits)_j, less 1 if j = t. *Linear.* y = x w + b, that is y_ij
# = sum_k x_ik w_kj + b_j: collect what each letter touches. With the mean over B images
#
#     dlogits = (probs - targets) / B             targets: 1 at the label, 0 elsewhere
#     dx = dy w^T,    dw = x^T dy,    db = sum over rows of dy
#
# The whole backward pass is nothing but such rules, last step first.

# %%
B = 720  # about half of the training digits
images, labels = data.train.images[:B].astype(np.float64), data.train.labels[:B]
tokens = model.features(images)[-1]  # after the last block, (B, T, D)
pooled = ops.layernorm_forward(tokens, *p.of("norm"), eps=config.eps)[0][:, 0]
probs, targets = softmax(pooled @ p["head.w"] + p["head.b"]), np.eye(C)[labels]
loss = -np.log(probs[np.arange(B), labels]).mean()
dlogits = (probs - targets) / B
dw, db = pooled.T @ dlogits, dlogits.sum(axis=0)

logits, cache = model.forward(images)  # the library's forward, and what its backward needs
library_loss, loss_cache = ops.cross_entropy_forward(logits, labels=labels)
assert math.isclose(loss, library_loss) and math.isclose(loss, math.log(C))
model.backward(ops.cross_entropy_backward(1.0, loss_cache), cache)  # fills model.gradients
assert np.allclose(dw, model.gradients["head.w"]) and np.allclose(db, model.gradients["head.b"])
moved = [name for name, gradient in model.gradients.items() if gradient.any()]
print(f"loss {loss:.6f}; {len(moved)} of {len(p)} tensors have a gradient: {', '.join(moved)}")
assert moved == ["head.w", "head.b"]  # dpooled = dlogits w^T = 0: a zero head lets nothing pass

# %% [markdown]
# ## Break it: is a gradient right? (lesson 4)
#
# A wrong gradient rarely crashes: the model learns, only worse, and nobody knows why. So check:
# move one weight of the head a little, both ways, and see how far the loss moves. Forget the
# targets in dlogits, and the check says so.

# %%
losses = []
for h in (1e-5, -1e-5):
    w = p["head.w"].copy()
    w[3, 5] += h
    losses.append(-np.log(softmax(pooled @ w + p["head.b"])[np.arange(B), labels]).mean())
measured, wrong = (losses[0] - losses[1]) / 2e-5, (pooled.T @ probs / B)[3, 5]
print(f"measured {measured:.9f}, by the rule {dw[3, 5]:.9f}, without the targets {wrong:.9f}")
assert math.isclose(measured, dw[3, 5], rel_tol=1e-6) and abs(measured - wrong) > 0.01

p.flat[:] -= 0.1 * model.gradients.flat  # the step: all parameters at once
loss_after, _ = ops.cross_entropy_forward(model.logits(images), labels=labels)
read = (model.logits(data.test.images).argmax(axis=1) == data.test.labels).mean()
print(f"loss {loss:.4f} -> {loss_after:.4f}; {read:.0%} of the test digits read, and 10% by chance")
assert loss_after < loss and read > 0.2

# %% [markdown]
# Those are 360 digits that it has never seen. The head is not zero any more, so that the next step
# reaches every tensor: set a breakpoint in a backward of `minivit/ops/` then. Lesson 11 makes 150
# steps, and reads nearly all.
#
# ## The picture: a digit's way through the model
#
# `keep_picture` saves what `draw` draws in the folder `out` (if matplotlib is installed), and
# prints what it shows.


# %%
def draw(figure):
    """Left a digit, cut into 16 patches; middle its 17 tokens after three blocks, a row of 64
    colours each; right ten probabilities after one step, all still near chance."""
    pixels, table, classes = figure.subplots(1, 3, width_ratios=(1, 1.6, 1.4))
    pixels.imshow(image[0, :, :, 0], cmap="gray_r")
    edges = np.arange(0, 9, P) - 0.5  # of the patches
    pixels.set(title=f"{N} patches of {P}x{P} pixels", xticks=edges, yticks=edges)
    pixels.tick_params(labelbottom=False, labelleft=False)
    pixels.grid(color="#0072b2", linewidth=2)
    drawn = table.imshow(trace.values["blocks.2.mlp.y"][0], aspect="auto", vmin=-3, vmax=3)
    table.set(title="tokens after three blocks", xlabel=f"the {D} numbers of a token")
    table.set_ylabel("token (0: cls, the one that the head reads)")
    figure.colorbar(drawn, ax=table)
    colours = ["#e69f00" if each == label[0] else "#0072b2" for each in range(C)]
    classes.bar(range(C), softmax(model.logits(image))[0], color=colours)
    classes.axhline(1 / C, color="black", linestyle=":")
    classes.set(title="after one step (dotted: chance)", ylabel="probability", xticks=range(C))
    classes.set_xlabel(f"class (orange: the digit is a {label[0]})")


keep_picture(draw, "00_tour.png", 11, 3.8)

# %% [markdown]
# ## Exercises
#
# Each exercise is a specification, a place for your lines, and a check that says what is wrong.
# (`minivit lessons 00 --student` writes a copy in which these places are empty.)
#
# **0.1 Predict the shape.** How many tokens T does a model with a cls token make of a square image
# of `side` pixels? Roughly 1 line.


# %%
def tokens_of(side, P):
    ### BEGIN SOLUTION
    return (side // P) ** 2 + 1
    ### END SOLUTION


found = tokens_of(8, 2), tokens_of(224, 16), tokens_of(384, 16)
assert found == (17, 197, 577), f"(side/P)^2 patches and cls: 17, 197 and 577, not {found}"
print("0.1 is right")

# %% [markdown]
# **0.2 The backward of a linear map** y = x w + b for tokens: x (B, T, in), w (in, out), b (out,).
# Every token of every image is a row. From dy (B, T, out) and what `ops.linear_forward` keeps, make
# dx, dw and db; without a bias db is None. Roughly 3 lines.
# `minivit check --exercise 0.2 FILE` checks `linear_backward`.


# %%
def linear_backward(dy, cache):
    x, w, has_bias = cache
    ### BEGIN SOLUTION
    rows = dy.reshape(-1, w.shape[1])
    db = rows.sum(axis=0) if has_bias else None
    return dy @ w.T, x.reshape(-1, w.shape[0]).T @ rows, db
    ### END SOLUTION


rng = np.random.default_rng(0)
few = rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 5)), rng.normal(size=5)  # x, w, b
for inputs in (few, (*few[:2], None)):
    report = minivit.gradcheck(ops.linear_forward, linear_backward, *inputs)
    assert report.ok, f"the table says which gradient is wrong, and where:\n{report}"
print("0.2 is right. You have seen the whole model; the next lessons take its parts one by one.")
