# %% [markdown]
# # Lesson 20: attention's relatives: top-k, windows, axial
#
# *55 minutes; builds on lessons 6, 7, 13 and 16.*
#
# **The question.** Every query asks all T keys, at a cost that grows with T². Must it? Its
# relatives ask fewer: the k best (top-k), those nearby (a window), or those of its row and then
# those of its column (axial). What does each save, counted and measured? Is it sharper? And is it
# better?
#
# **The shapes.** Patches lie on a grid of R rows and S columns, N = R S, numbered row by row; no
# cls token here, so T = N. q, k, v (B, H, N, K); scores and probs (B, H, N, N).
#
# | relative | which keys query i sees | how many |
# |---|---|---|
# | all | every j | N |
# | top-k | the k largest scores_ij | k |
# | window of w | rows and columns at most (w - 1)/2 away | at most w² |
# | axial | its row; in a second attention, its column | S, then R |

# %%
import time

import numpy as np

import minivit
from minivit import ops
from minivit.experiments import EXPERIMENTS, grouped, print_means, tell
from minivit.figures import keep_picture
from minivit.ops import AttentionOptions, Window

rng = np.random.default_rng(0)
R, S, K = 5, 4, 3
N = R * S
q, k, v, dmixed = rng.normal(size=(4, 2, 2, N, K))  # B = 2, H = 2

# %% [markdown]
# ## The derivation: one line more, and none in the backward
#
# A key that isn't seen gets the score -inf before the softmax, which makes it exp(-inf) = 0: the
# probabilities of the others still sum to 1.
#
#     scores_ij = q_i . k_j / sqrt(K) where i sees j, else -inf
#     probs = softmax(scores),   mixed = probs v
#
# And backward? dscores_ij = probs_ij (dprobs_ij - sum_l dprobs_il probs_il), as in lesson 6. Where
# probs_ij is 0, so is dscores_ij: nothing flows to a key that wasn't seen. The backward of lesson 6
# is right as it stands. (*At* a tie top-k has no gradient: there a small step changes the choice.)


# %%
def attention(q, k, v, see):
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    probs, _ = ops.softmax_forward(np.where(see(scores), scores, -np.inf))
    return probs @ v, (q, k, v, probs)


def attention_backward(dmixed, cache):
    q, k, v, probs = cache
    dprobs = dmixed @ v.swapaxes(-1, -2)
    dscores = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    dscores /= np.sqrt(q.shape[-1])
    return dscores @ k, dscores.swapaxes(-1, -2) @ q, probs.swapaxes(-1, -2) @ dmixed


def best(count):
    return lambda scores: scores >= np.sort(scores, axis=-1)[..., -count, None]


def within(grid, down, across):
    rows, columns = np.divmod(np.arange(np.prod(grid)), grid[1])  # (N,) each
    near = np.abs(rows[:, None] - rows) <= down
    return lambda scores: near & (np.abs(columns[:, None] - columns) <= across)


relatives = {
    "all": (np.isfinite, AttentionOptions()),
    "best 4": (best(4), AttentionOptions(top_k=4)),
    "window of 3": (within((R, S), 1, 1), AttentionOptions(window=Window((R, S), (1, 1)))),
    "its row": (within((R, S), 0, S), AttentionOptions(window=Window((R, S), (0, S)))),
    "its column": (within((R, S), R, 0), AttentionOptions(window=Window((R, S), (R, 0)))),
}
for name, (see, options) in relatives.items():
    mixed, cache = attention(q, k, v, see)
    library, library_cache = ops.attention_forward(q, k, v, options=options)
    np.testing.assert_allclose(mixed, library, atol=1e-12)
    theirs = ops.attention_backward(dmixed, library_cache)
    for mine, other in zip(attention_backward(dmixed, cache), theirs[:3], strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-12)
    report = minivit.gradcheck(attention, attention_backward, q, k, v, options={"see": see})
    assert report.ok, report
    sees = (cache[-1][0, 0] > 0).sum(axis=1).mean()
    print(f"{name:12} as the library has it; a query sees {sees:.1f} keys")

# %% [markdown]
# **Break it.** One could also take the softmax of *all* scores, set what isn't seen to 0, and
# divide by what is left. That is the same forward. But if its backward takes what is left for a
# constant, queries and keys get wrong gradients, and the values right ones: they meet the
# probabilities alone.


# %%
def divided(q, k, v, see):
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    probs, _ = ops.softmax_forward(scores)
    left = (probs * see(scores)).sum(axis=-1, keepdims=True)
    return probs * see(scores) / left @ v, (q, k, v, probs, see(scores) / left)


def as_if_constant(dmixed, cache):
    q, k, v, probs, factor = cache
    dq, dk, _ = attention_backward(dmixed @ v.swapaxes(-1, -2) * factor, (q, k, np.eye(N), probs))
    return dq, dk, (probs * factor).swapaxes(-1, -2) @ dmixed


see = relatives["window of 3"][0]
assert np.allclose(divided(q, k, v, see)[0], attention(q, k, v, see)[0])
report = minivit.gradcheck(divided, as_if_constant, q, k, v, options={"see": see})
print(report)
assert [row.tensor for row in report.rows if row.verdict == "wrong"] == ["q", "k"]

# %% [markdown]
# ## What it costs: a mask saves nothing
#
# All of the above compute N x N scores and throw most of them away; so does the library (`minivit
# info` counts them all). To save something, one must not compute them. Along rows that is a matter
# of the shape: (N, K) is (R, S, K), and R products of S x S take the place of one of N x N. A
# window has to gather, for each query, the w² keys around it. For top-k there is no such way: who
# wants the best keys needs all scores.
#
# Multiply-adds of a head, q k^T and probs v:
#
#     all       N N K + N N K
#     top-k     N N K + N k K        the first half stays
#     window    N w² K + N w² K      (the edges counted as the middle)
#     axial     N (S + R) K + N (S + R) K, in both attentions together


# %%
def along_rows(q, k, v, grid):
    cut = [x.reshape(*x.shape[:-2], *grid, K) for x in (q, k, v)]  # (B, H, R, S, K)
    return ops.attention_forward(*cut)[0].reshape(q.shape)


np.testing.assert_allclose(
    along_rows(q, k, v, (R, S)), attention(q, k, v, relatives["its row"][0])[0], atol=1e-12
)


def multiply_adds(side, K, top=8, w=3):
    N = side * side
    return {"all": 2 * N * N * K, "top-k": N * N * K + N * top * K, "window": 2 * N * w * w * K,
            "axial": 2 * N * 2 * side * K}  # fmt: skip


print("multiply-adds of a head with K = 16, in thousands; top-k of 8, window of 3")
for side in (7, 14, 32, 64):
    counted = multiply_adds(side, 16)
    print(
        f"{side * side:5} patches:", *(f"{name} {n / 1e3:10,.0f}  " for name, n in counted.items())
    )
assert multiply_adds(32, 16)["all"] == 16 * multiply_adds(32, 16)["axial"]


def milliseconds(run, *arrays):
    times = []
    for _ in range(4):
        began = time.perf_counter()
        run(*arrays)
        times.append(1e3 * (time.perf_counter() - began))
    return min(times)


side, K = 32, 16
large = rng.normal(size=(3, 1, 1, side * side, K)).astype(np.float32)
ways = {
    "all": ops.attention_forward,
    "top-k of 8": lambda q, k, v: ops.attention_forward(q, k, v, options=AttentionOptions(top_k=8)),
    "window of 3, masked": lambda q, k, v: ops.attention_forward(
        q, k, v, options=AttentionOptions(window=Window((side, side), (1, 1)))
    ),
    "rows alone": lambda q, k, v: along_rows(q, k, v, (side, side)),
}
took = {name: milliseconds(run, *large) for name, run in ways.items()}
print(f"{side * side} patches, here and now:", *(f"{n} {t:.1f} ms;" for n, t in took.items()))

# %% [markdown]
# Masks and top-k cost *more* than plain attention: all its products, and the choice on top. What is
# never computed is saved: half of an axial attention (its rows) has 1/32 of the scores.
#
# ## How sharp: the number of keys that a query looks at
#
# The entropy of a query's probabilities is H_i = -sum_j probs_ij ln probs_ij (0 ln 0 = 0). e^H is
# that, told as a number of keys: n equal ones give ln n, so e^H = n; one that gets all gives 1.


# %%
def keys_looked_at(probs):
    logs = np.log(probs, out=np.zeros_like(probs), where=probs > 0)
    return np.exp(-(probs * logs).sum(axis=-1))  # (B, H, N)


assert np.allclose(keys_looked_at(np.full((1, 7), 1 / 7)), 7)
assert np.allclose(keys_looked_at(np.eye(7)), 1)
for name, (see, _) in relatives.items():
    probs = attention(q, k, v, see)[1][-1]
    assert (keys_looked_at(probs) <= (probs > 0).sum(axis=-1) + 1e-9).all()  # no more than it sees
    looks, sees = keys_looked_at(probs).mean(), (probs > 0).sum(axis=-1).mean()
    print(f"{name:12} looks at {looks:4.1f} of {sees:4.1f} keys")

# %% [markdown]
# So each relative is sharper by construction: who sees 4 keys can't look at 5. That says nothing of
# what a *trained* model does, and nothing of whether it helps.
#
# ## Trained
#
# In small, on clothes of 28 x 28 pixels, 7 x 7 patches and a cls token, three seeds each. The table
# comes from the command that is told first:

# %%
table = tell("attention", EXPERIMENTS)
print_means(table, "attention", columns=("accuracy", "keys"))

# %% [markdown]
# A difference from plain attention counts if it is more than the larger of the two spreads, most
# less least of three seeds: which kinds pass? An axial block costs two plain ones, so it must be
# compared with a model twice as deep, not with plain. Among 49 patches nothing is far away: what is
# saved, and what is missed, would show at 1,024.
#
# ## A picture to keep


# %%
def draw(figure):
    """Left: what the middle patch of 7 x 7 sees. Then multiply-adds over the number of patches,
    both axes logarithmic: all and top-k rise twice as steeply as a window, axial in between. Right,
    if there is a table: how many keys a query looks at, and how many images are read right."""
    seen, costs, *trained = figure.subplots(1, 3 if table else 2)
    maps = np.full((15, 15), np.nan)
    places = {"window of 3": (0, 0, 1, 1), "window of 5": (0, 8, 2, 2), "row": (8, 0, 0, 7),
              "column": (8, 8, 7, 0)}  # fmt: skip
    for name, (top, left, down, across) in places.items():
        of_middle = within((7, 7), down, across)(None)[24].reshape(7, 7)
        maps[top : top + 7, left : left + 7] = of_middle
        seen.text(left + 3, top - 0.6, name, ha="center", va="bottom", fontsize=8)
    seen.imshow(maps, cmap="Blues", vmin=0, vmax=1.4)
    seen.set(xticks=[], yticks=[], ylim=(15, -2))
    seen.spines[:].set_visible(False)
    sides = np.array([7, 10, 14, 20, 28, 32, 64])
    for name in multiply_adds(7, 16):
        costs.loglog(sides**2, [multiply_adds(s, 16)[name] for s in sides], "o-", label=name, ms=3)
    costs.set(xlabel="patches", ylabel="multiply-adds of a head, K = 16")
    costs.legend(frameon=False)
    for axes in trained:
        reached = grouped(table, "accuracy", "attention")
        for kind, keys in grouped(table, "keys", "attention").items():
            axes.plot(keys, reached[kind], "o", label=kind[0], alpha=0.8)
        axes.set(xlabel="keys that a query looks at", ylabel="test accuracy, %")
        axes.legend(frameon=False, fontsize=7)


keep_picture(draw, "20_relatives.png", 15 if table else 10, 4.4)

# %% [markdown]
# ## Exercises
#
# **20.1 Count the pairs.** On 7 x 7 patches: how many pairs (query, key) does a window of 3 see?
# And the two attentions of an axial block together? `prediction` is these two. Think of one axis
# first. Roughly 1 line.

# %%
### BEGIN SOLUTION
prediction = (19**2, 2 * 49 * 7)  # one axis of 7: 5 places with 3 neighbours, 2 with 2, makes 19
### END SOLUTION
pairs = within((7, 7), 1, 1)(None).sum(), 2 * within((7, 7), 0, 7)(None).sum()
assert prediction[0] == pairs[0], "patches at an edge see 6 keys, those in a corner 4"
assert prediction[1] == pairs[1], "every patch sees 7 keys of its row, and 7 of its column"
print("20.1 is right")

# %% [markdown]
# **20.2 How deep until all is seen?** With a window a patch hears of far ones through others. From
# `seen`, a list of bool (N, N) arrays, one for each attention in a block, find how many blocks it
# takes until every patch depends on every other. Roughly 6 lines.


# %%
def blocks_needed(seen):
    ### BEGIN SOLUTION
    reached, blocks = np.eye(len(seen[0]), dtype=int), 0
    while not reached.all():
        for sees in seen:
            reached = (sees.astype(int) @ reached > 0).astype(int)
        blocks += 1
    return blocks
    ### END SOLUTION


one = within((7, 7), 1, 1)(None), within((7, 7), 2, 2)(None)
assert blocks_needed([one[0]]) == 6, "from edge to edge it is 6 steps, diagonal ones included"
assert blocks_needed([one[1]]) == 3, "a window of 5 goes 2 steps at once"
axial = [within((7, 7), 0, 7)(None), within((7, 7), 7, 0)(None)]
assert blocks_needed(axial) == 1, "along the row, then along the column: that is everywhere"
assert blocks_needed([np.ones((49, 49), bool)]) == 1
print("20.2 is right")

# %% [markdown]
# **20.3 The gradient of sharpness.** One could ask for sharp attention in the loss. For probs =
# softmax(scores) derive the gradient of H = -sum_j probs_j ln probs_j with respect to the scores.
# scores (B, N) -> H (B,). Hint: the part of the softmax's gradient that subtracts a mean
# simplifies. Roughly 3 lines each.


# %%
def entropy(scores):
    ### BEGIN SOLUTION
    probs, _ = ops.softmax_forward(scores)
    H = -(probs * np.log(probs)).sum(axis=-1)
    return H, (probs, H)
    ### END SOLUTION


def entropy_backward(dH, cache):
    ### BEGIN SOLUTION
    probs, H = cache  # dprobs = -(ln probs + 1), and the softmax takes off its mean, H - 1
    return -probs * (np.log(probs) + H[:, None]) * dH[:, None]
    ### END SOLUTION


scores = rng.normal(size=(3, 6))
assert np.allclose(np.exp(entropy(scores)[0]), keys_looked_at(ops.softmax_forward(scores)[0]))
report = minivit.gradcheck(entropy, entropy_backward, scores)
assert report.ok, f"dprobs = -(ln probs + 1); then the softmax's backward:\n{report}"
flat = entropy_backward(np.ones(1), entropy(np.zeros((1, 6)))[1])
assert np.abs(flat).max() < 1e-12, "equal scores are as blunt as can be: there the slope is 0"
print("20.3 is right")
