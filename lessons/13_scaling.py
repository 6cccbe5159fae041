# %% [markdown]
# # Lesson 13: what a ViT costs
#
# *55 minutes; builds on lesson 9.*
#
# **The question.** Twice the width, half the patch side, four times the pixels: what does it cost,
# in parameters, in arithmetic, in memory, in time? And why patches, not pixels?
#
# **The shapes.** T = N + 1 tokens, N patches of P x P pixels and the cls token; D width, L blocks
# (the depth), H heads of K = D/H columns, M the MLP's width (usually 4D), C classes, B images.
#
# A **FLOP** is one multiplication or one addition. A product of (T, D) and (D, M) takes D of each
# for each of its T M numbers: 2 T D M. (Many tables count a multiply-add once; theirs are half.)

# %%
import cProfile
import math

import numpy as np

import minivit
from minivit import ops
from minivit.figures import keep_picture
from minivit.models.cost import cost, cost_table
from minivit.optim import Adam

B16 = minivit.variant("B/16")  # counting it takes no memory, and computes nothing
print("variant   tokens   parameters   GFLOPs forward   MB kept of an image for the backward")
for name in ("digits", "Ti/16", "S/16", "B/32", "B/16", "B/8", "L/16", "H/14"):
    c = minivit.variant(name)
    total = cost(c, batch=1)
    gigaflops, kept = total.forward_flops / 1e9, total.memory["activations"] / 1e6
    print(f"{name:8}{c.tokens:8,}{total.parameters:13,}{gigaflops:17.3f}{kept:17.1f}")

# %% [markdown]
# (`minivit info B/16` prints the same, place by place.)
#
# ## The derivation: arithmetic
#
# Count the products of one block, for one image:
#
# | product | FLOPs |
# |---|---|
# | x w_qkv: (T, D) by (D, 3D) | 2 T D 3D = 6 T D^2 |
# | q k^T in all heads: H times (T, K) by (K, T) | 2 T^2 D |
# | probs v: H times (T, T) by (T, K) | 2 T^2 D |
# | merged w_out: (T, D) by (D, D) | 2 T D^2 |
# | both maps of the MLP: (T, D) by (D, M), and back | 4 T D M |
#
# Together T (8 D^2 + 4 D M), which grows like T, and 4 T^2 D, which grows like T^2. LayerNorm,
# softmax, GELU and sums are not counted: a few operations per number, and no products.


# %%
def flops_by_hand(c):
    """-> what grows like T, and what grows like T^2."""
    N, T, D, M = c.patches, c.tokens, c.width, c.mlp
    ends = 2 * N * c.pixels * D + 2 * D * c.classes  # the patch projection, and the head
    return ends + c.depth * T * (8 * D**2 + 4 * D * M), c.depth * 4 * T**2 * D


for name in ("digits", "Ti/16", "S/32", "B/8", "B/16", "L/16", "H/14"):
    c = minivit.variant(name)
    assert sum(flops_by_hand(c)) == cost(c, batch=1).forward_flops, name
like_T, like_T2 = flops_by_hand(B16)
print(f"B/16: {like_T / 1e9:.2f} GFLOPs grow like T, {like_T2 / 1e9:.2f} like T^2")
assert 33.6e9 < like_T < 33.8e9 and 1.42e9 < like_T2 < 1.44e9

# %% [markdown]
# With M = 4D both parts are equal where 24 T D^2 = 4 T^2 D, at **T = 6D**: for B, 4,608 tokens. So
# attention's square is nothing to fear at 197 tokens. (Exercise 13.2 has the rule for any M.) Two
# rules of thumb follow: a ViT has about 12 L D^2 parameters, and a forward takes about 2 FLOPs per
# parameter and token.
#
# A training step takes three times the forward: each product y = x w comes back as two, dx = dy w^T
# and dw = x^T dy, of the same size. (Less one: nobody asks for the gradient on the pixels.)
#
# ## The derivation: memory
#
# A training step with float32 (4 bytes) and Adam holds four numbers per parameter: itself, its
# gradient, two moments. And of each image what the backward will ask for. In a block:
#
# | kept by the attention branch | numbers | by the MLP branch | numbers |
# |---|---|---|---|
# | x_hat and 1/sqrt(var + eps) | T D + T | the same | T D + T |
# | normed | T D | normed | T D |
# | q, k, v | 3 T D | z and Phi(z) | 2 T M |
# | merged | T D | | |
# | probs | H T^2 | | |

# %%
rows = {row.name: row for row in cost_table(B16)}
T, D, M, H, L = B16.tokens, B16.width, B16.mlp, B16.heads, B16.depth
total = cost(B16, batch=32)
assert rows["blocks.0.attention"].kept == 6 * T * D + T + H * T**2
assert rows["blocks.0.mlp"].kept == 2 * T * D + T + 2 * T * M
assert math.isclose(total.parameters, 12 * L * D**2, rel_tol=0.05)
assert math.isclose(cost(B16, batch=1).forward_flops, 2 * total.parameters * T, rel_tol=0.05)
assert total.step_flops == 3 * 32 * cost(B16, batch=1).forward_flops
print("B/16, 32 images, MB:", {name: round(size / 1e6) for name, size in total.memory.items()})
assert total.memory["parameters"] * 3 == total.memory["gradients"] + total.memory["moments"]

# %% [markdown]
# The probabilities' H T^2 overtake all else, 8 T D + 2 T M = 16 T D, at T = 16 D/H = **16 K**:
# 1,024 tokens for heads of 64 columns. Memory feels the square long before the arithmetic does.
#
# ## Patch side against cost
#
# One often reads that the patch side changes nothing but the cost. Nearly: `embed.w` has P P 3 D
# numbers and `positions` T D, so the parameters move a little. (The paper has P = 32, 16 and 14.) B
# on 224 x 224 pixels, whatever P:

# %%
sides = (112, 56, 32, 28, 16, 14, 8, 7, 4, 2, 1)
of_side = {}
print("patch   tokens   parameters   GFLOPs   of them like T^2   GB kept per image")
for P in sides:
    c = minivit.variant("B/16", patch=(P, P))
    total, (like_T, like_T2) = cost(c, batch=1), flops_by_hand(c)
    probs = 4 * c.depth * c.heads * c.tokens**2  # bytes
    of_side[P] = c.tokens, like_T, like_T2, total.memory["activations"], probs, total.parameters
    share, kept = like_T2 / (like_T + like_T2), total.memory["activations"] / 1e9
    print(f"{P:5}{c.tokens:9,}{total.parameters:13,}{total.forward_flops / 1e9:9,.0f}{share:19.0%}"
          f"{kept:20,.2f}")  # fmt: skip
flops = {P: of_side[P][1] + of_side[P][2] for P in sides}
assert abs(of_side[8][5] / of_side[16][5] - 1) < 1e-3  # parameters: nearly the same
assert abs(of_side[32][5] / of_side[16][5] - 1) < 0.02
assert 4.4 < flops[8] / flops[16] < 4.5 and 5.8 < of_side[8][3] / of_side[16][3] < 5.9

# %% [markdown]
# Half the side means four times the tokens, 4.4 times the arithmetic, and 5.9 times the memory. And
# pixels as tokens, P = 1? A hundred times the 512 tokens of a BERT (lesson 1).
# (One may read that the square goes away if a query attends to its best few keys alone. To find the
# best, all T^2 scores are computed first. It does go away if keys are ruled out beforehand: a query
# that asks only its row and its column of pixels has 448 keys, not 50,176. Such patterns need code
# of their own to be fast, one reason for the paper to keep plain attention and take patches.)

# %%
T, like_T, like_T2, kept, probs, _ = of_side[1]
print(f"pixels as tokens: {flops[1] / flops[16]:,.0f} times the FLOPs of B/16, of which")
print(f"{like_T2 / flops[1]:.0%} grow like T^2, and {kept / 1e12:.2f} TB of memory for one image")
assert T == 50_177 and 98 <= T / 512 < 99
few_keys = minivit.variant("B/16", top_k=8)
assert cost(few_keys, batch=1).forward_flops == cost(B16, batch=1).forward_flops
assert 2880 < flops[1] / flops[16] < 2890 and 0.91 < like_T2 / flops[1] < 0.92
assert 1.47e12 < kept < 1.49e12 and probs / kept > 0.97

# %% [markdown]
# ## Where the time of a step goes
#
# FLOPs count products only. Does the time go with them? Ask Python's profiler, on this machine,
# with the NumPy ops and one training step of the digits model. (Times differ from machine to
# machine and from run to run: they are printed, not asserted.)

# %%
data = minivit.load_dataset("digits")
images, labels = data.train.images[:64], data.train.labels[:64]
model = minivit.ViT("digits", seed=0, zero_head=False)
optimiser = Adam(model.parameters)


def step():
    logits, cache = model.forward(images)
    _, loss_cache = ops.cross_entropy_forward(logits, labels=labels)
    model.zero_gradients()
    model.backward(ops.cross_entropy_backward(np.float32(1), loss_cache), cache)
    optimiser.step(model.gradients, 0.001)


step()  # the first one also asks for memory
profiler = cProfile.Profile()
profiler.runcall(lambda: [step() for _ in range(10)])
spent = dict.fromkeys(("everything", "linear", "gelu", "softmax", "layernorm", "attention"), 0.0)
for entry in profiler.getstats():  # total time of a function, with all that it calls
    name = getattr(entry.code, "co_name", "")
    part = name.removesuffix("_forward").removesuffix("_backward")
    if name == "<lambda>" and entry.callcount == 1 and entry.totaltime > spent["everything"]:
        spent["everything"] = entry.totaltime
    elif part in spent and part != name:
        spent[part] += entry.totaltime
    elif name == "adam_step":
        spent["Adam"] = entry.totaltime
spent["attention"] -= spent["softmax"]  # which it calls; q k^T, probs v and their backwards remain
everything = spent.pop("everything")
spent["the rest"] = everything - sum(spent.values())
like_T, like_T2 = flops_by_hand(model.config)
of_flops = {"linear": like_T / (like_T + like_T2), "attention": like_T2 / (like_T + like_T2)}
print(f"a step of 64 digits: {everything / 10 * 1e3:.0f} ms; of it, and of the FLOPs:")
for name, seconds in spent.items():
    print(f"  {name:10}{seconds / everything:6.0%}{of_flops.get(name, 0):8.0%}")
assert all(seconds > 0 for seconds in spent.values())

# %% [markdown]
# Functions without one FLOP in our count may take as much time as those that have nearly all: GELU
# reads and writes each of its numbers many times over, with a division and an exponential. But GELU
# grows like T M and a product like T D M: in a wider model the products win.
#
# ## Break it: leave out the square
#
# A count that forgets 4 T^2 D looks right at B/16. The check object is the library's count.

# %%
for P in (16, 8, 1):
    c = minivit.variant("B/16", patch=(P, P))
    share = 1 - flops_by_hand(c)[0] / cost(c, batch=1).forward_flops
    print(f"patch side {P:2}: a count without T^2 is {share:.0%} too low")
    assert share > {16: 0.03, 8: 0.14, 1: 0.9}[P]

# %% [markdown]
# ## The picture


# %%
def draw(figure):
    """Left and middle: what grows like T^2 overtakes what grows like T in arithmetic at 4,608
    tokens, in memory at 1,024. Right: linear maps have nearly all FLOPs of a step, and only a part
    of its time."""
    arithmetic, memory, time = figure.subplots(1, 3)
    tokens, like_T, like_T2, kept, probs, _ = np.array(list(of_side.values())).T
    arithmetic.loglog(tokens, like_T / 1e9, "o-", label="grows like T")
    arithmetic.loglog(tokens, like_T2 / 1e9, "s--", label="grows like T^2")
    arithmetic.axvline(6 * 768, color="#777777", ls=":", label="T = 6D = 4,608")
    arithmetic.set(title="B: arithmetic of a forward", ylabel="GFLOPs per image")
    memory.loglog(tokens, (kept - probs) / 1e9, "o-", label="all else")
    memory.loglog(tokens, probs / 1e9, "s--", label="probabilities, H T^2")
    memory.axvline(16 * 64, color="#777777", ls=":", label="T = 16K = 1,024")
    memory.set(title="B: kept for the backward", ylabel="GB per image")
    for axes in (arithmetic, memory):
        few = (112, 56, 32, 16, 8, 4, 2, 1)
        axes.set_xticks([of_side[P][0] for P in few], few)
        axes.set_xticks([], minor=True)
        axes.set_xlabel("patch side P, that is T = (224/P)^2 + 1 tokens")
    names = list(spent)[::-1]
    places, times = np.arange(len(names)), [100 * spent[name] / everything for name in names]
    time.barh(places + 0.2, times, 0.4, label="time, here")
    time.barh(places - 0.2, [100 * of_flops.get(name, 0) for name in names], 0.4, label="FLOPs")
    time.set_yticks(places, names)
    time.set(title="digits: a training step, NumPy", xlabel="share of the step, %")


keep_picture(draw, "13_scaling.png", 13, 4.2)

# %% [markdown]
# ## Exercises
#
# **13.1 Count the parameters** of a ViT with `depth` blocks on square images of `side` pixels:
# patch projection, cls, positions, the blocks, the last LayerNorm, the head. All linear maps have a
# bias. Roughly 6 lines.


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


for found, name in (
    (count(8, 1, 2, 64, 3, 128, 10), "digits"),
    (count(224, 3, 16, 768, 12, 3072, 1000), "B/16"),  # the paper says 86 million
):
    true = minivit.parameter_count(minivit.variant(name))
    assert found == true, f"{name} has {true:,} parameters; your count is off by {found - true:+,}"
print("13.1 is right")

# %% [markdown]
# **13.2 Where the square wins.** At how many tokens does 4 T^2 D equal T (8 D^2 + 4 D M), for any D
# and M? Roughly 1 line.


# %%
def crossing(D, M):
    ### BEGIN SOLUTION
    return 2 * D + M
    ### END SOLUTION


for D, M in ((768, 3072), (64, 128)):
    T = crossing(D, M)
    assert 4 * T**2 * D == T * (8 * D**2 + 4 * D * M), f"divide both by 4 T D; you said {T}"
print("13.2 is right")
