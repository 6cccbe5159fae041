# %% [markdown]
# # Lesson 19: looking inside
#
# *70 minutes; builds on lessons 6, 9 and 10.*
#
# **The question.** A model says "3". Why? One can draw its attention, its gradient, what is lost if
# a patch is covered. Do they agree? And why is a picture of attention not an explanation?
#
# **The shapes.** L blocks, H heads, N patches, T = N + 1 tokens (cls is token 0). A map is (B, N).
#
# | array | shape | meaning |
# |---|---|---|
# | A | (B, L, H, T, T) | attention, the probs of lesson 6: row = query, column = key |
# | R | (B, T, T) | rollout: how much of token k is in token q behind the last block |
# | dx | (B, 8, 8, 1) | d logit / d x, the logit being that of one class |

# %%
import numpy as np

import minivit
from minivit import inspection, ops
from minivit.figures import keep_picture

data, rng = minivit.load_dataset("digits"), np.random.default_rng(0)
images, labels = (part[:100] for part in data.test)  # (100, 8, 8, 1)
recipe = minivit.TrainingConfig(model="digits", epochs=3, warmup_epochs=1, shift=0)
model = minivit.train(recipe, data).model
untrained = minivit.ViT(model.config, seed=1, zero_head=False)
black, c, p = data.preprocessing["low"], model.config, model.parameters
L, H, T, N = c.depth, c.heads, c.tokens, c.patches  # 3, 4, 17, 16
A, said = inspection.attention_maps(model, images), model.logits(images).argmax(axis=1)

# %% [markdown]
# ## Rollout, in three lines
#
# A block adds to each token a mixture of all. Let half of what a token is behind block l be itself,
# and half the mixture, with the mean over the heads: M_l = (mean of A_l + I) / 2. A mixture of
# mixtures is a product, with the last block on the left (Abnar and Zuidema 2020, section 3):
#
#     R = M_L ... M_2 M_1
#
# cls's row of R says how much of each patch has reached the token that the head reads. MLPs and
# values play no part. **Break it** by two slips that public code had: do the rows still sum to 1?

# %%
mean = A.mean(axis=2)  # (B, 3, T, T)
M1, M2, M3 = ((mean[:, block] + np.eye(T)) / 2 for block in range(L))
R = M3 @ M2 @ M1
np.testing.assert_allclose(R, inspection.rollout(A), atol=1e-6)
without_skip = mean[:, 2] @ mean[:, 1] @ mean[:, 0]
for name, wrong in (("first block left", M1 @ M2 @ M3), ("no skip", without_skip)):
    off = np.abs(wrong.sum(axis=-1) - 1).max()
    r = [np.corrcoef(*maps)[0, 1] for maps in zip(wrong[:, 0, 1:], R[:, 0, 1:], strict=True)]
    print(f"{name}: sums off by {off:.0e}, correlation with the right maps {np.mean(r):.2f}")
    assert off < 1e-5 and np.mean(r) < 0.95

# %% [markdown]
# They do. Only a comparison with what was worked out by hand shows the slips.
#
# ## How far a head looks
#
#     distance = mean over images and patches q of  sum over patches k of  A[q, k] D[q, k]
#
# D (N, N) tells how many pixels apart two patches lie; what a patch gives to cls counts as no way
# at all (ViT paper, figure 7 right).

# %%
row, column = np.divmod(np.arange(N), 4)
D = 2 * np.hypot(row[:, None] - row, column[:, None] - column)  # patches of 2 x 2 pixels
distance = (A[..., 1:, 1:] * D).sum(axis=-1).mean(axis=(0, 3))  # (L, H)
np.testing.assert_allclose(distance, inspection.head_measures(model, images).distance, rtol=1e-5)
before = inspection.head_measures(untrained, images).distance
for word, far in (("trained", distance), ("untrained", before)):
    print(f"{word}: heads look {far.min():.1f} to {far.max():.1f} pixels far")

# %% [markdown]
# On 4 x 4 patches they look about as far as heads that learned nothing.
#
# ## What the head would say earlier: the logit lens
#
# Let the head read cls behind every block: a LayerNorm, with the mean and variance that cls has
# there, then the head's matrix (nostalgebraist 2020).

# %%
lens = []
for x in model.features(images):  # in front of the blocks, and behind each
    y, _ = ops.layernorm_forward(x[:, 0], *p.of("norm"), eps=c.eps)
    lens.append(y @ p["head.w"] + p["head.b"])
print("read right:", *(f"{(logits.argmax(axis=1) == labels).mean():.0%}" for logits in lens))
library = inspection.logit_lens(model, images)  # behind each branch: two in a block
np.testing.assert_allclose(np.stack(lens, axis=1), library[:, ::2], atol=1e-4)
assert np.ptp(lens[0], axis=0).max() < 1e-5 and (said == labels).mean() > 0.9

# %% [markdown]
# In front cls is the same in all images. That the lens reads badly behind the first block does not
# say that little is known there: the head was trained to read the last block alone.
#
# ## Saliency and occlusion
#
# What hangs on a pixel? To first order d logit / d x: the model's own backward (lesson 10), begun
# with 1 at the class. Or ask by trying: cover a patch, and see what the logit loses.


# %%
def logit_and_dx(model, x, classes):
    logits, cache = model.forward(x)
    dlogits = np.eye(10, dtype=logits.dtype)[classes]
    model.zero_gradients()  # backward adds to them; nobody reads them here
    return (logits * dlogits).sum(axis=1), model.backward(dlogits, cache, want_dimages=True)


def covered(x, where, fill=black):
    """where (B, 16): these patches are filled."""
    pixels = where.reshape(-1, 4, 4, 1).repeat(2, axis=1).repeat(2, axis=2)
    return np.where(pixels, np.float32(fill), x)


def occlusion(model, x, classes):
    """logit(x) - logit(x with patch p black): (B, 16)"""
    images, each = np.arange(len(x)), np.tile(np.eye(N, dtype=bool)[:, None], (len(x), 1))
    left = [model.logits(covered(x, where))[images, classes] for where in each]
    return model.logits(x)[images, classes][:, None] - np.stack(left, axis=1)


exact = minivit.ViT(c, seed=None, dtype=np.float64)  # the same model, in float64
exact.parameters.flat[:] = p.flat
few, y, u = images[:5].astype(np.float64), said[:5], rng.normal(size=(5, 8, 8, 1))
dx = logit_and_dx(exact, few, y)[1]
ahead, behind = (logit_and_dx(exact, few + s * u, y)[0].sum() for s in (1e-5, -1e-5))
print(f"slope along u: {(dx * u).sum():.6f}, by differences {(ahead - behind) / 2e-5:.6f}")
assert np.isclose((dx * u).sum(), (ahead - behind) / 2e-5)
np.testing.assert_allclose(dx, inspection.saliency(exact, few, y), atol=1e-12)
theirs = inspection.occlusion(exact, few, y, black).reshape(5, N)
np.testing.assert_allclose(occlusion(exact, few, y), theirs, atol=1e-5)

# %% [markdown]
# ## Where they agree, and where they don't
#
# Six maps, and one that asks no model: the ink. ("Weighted" is attention times its gradient,
# exercise 19.2.) Their units differ: compare ranks, how many patches have less minus how many have
# more (Spearman's correlation), image by image.


# %%
def maps_of(model, x, classes):
    dx, A = logit_and_dx(model, x, classes)[1], inspection.attention_maps(model, x)
    ink, size, linear = (
        a.reshape(-1, 4, 2, 4, 2).sum(axis=(2, 4)).reshape(-1, N)  # what a patch adds up to
        for a in (x - black, np.abs(dx), dx * (x - black))
    )
    weighted = inspection.gradient_weighted_map(model, x, classes).reshape(-1, N)
    return {"ink": ink, "attention": A[:, -1, :, 0, 1:].mean(axis=1),  # of the last block
            "rollout": inspection.rollout(A)[:, 0, 1:], "weighted": weighted, "|gradient|": size,
            "gradient x": linear, "occlusion": occlusion(model, x, classes)}  # fmt: skip


def agreement(a, b):
    a, b = (np.sign(np.round(m[:, :, None] - m[:, None], 5)).sum(axis=2) for m in (a, b))  # ranks
    sizes = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return ((a * b).sum(axis=1) / np.maximum(sizes, 1e-9)).mean()  # over the images


def show(name, numbers):
    print(f"{name:16}", *(f"{number:>10}" for number in numbers))


maps = maps_of(model, images, said)
show("rank correlation", maps)
for name, one in maps.items():
    show(name, (f"{agreement(one, other):.2f}" for other in maps.values()))

# %% [markdown]
# No two draw the same picture. The ink, which asks no model, agrees with occlusion about as well as
# rollout does: who shows maps of strokes has to show the strokes beside them.
#
# ## A judge: the deletion curve
#
# Cover patches in the order of a map, the most important first. The better the order, the faster
# falls the probability of what was said: take its mean over 0, 2, ... 8 patches.


# %%
def deletion(order_by, fill=black):
    rank = (-order_by).argsort(axis=1, kind="stable").argsort(axis=1)  # 0: covered first
    logits = [model.logits(covered(images, rank < n, fill)) for n in range(0, 9, 2)]
    return np.array([ops.softmax_forward(one)[0][np.arange(100), said].mean() for one in logits])


judged = maps | {"chance": rng.random((100, N))}
show("mean, covered by", judged)
for word, fill in (("grey", 0), ("black", black)):
    curves = {name: deletion(one, fill) for name, one in judged.items()}
    areas = {name: curve.mean() for name, curve in curves.items()}
    show(word, (f"{area:.3f}" for area in areas.values()))
    assert max(areas, key=areas.get) == "chance" and areas["occlusion"] < areas["ink"]

# %% [markdown]
# By black, occlusion is best, which asks what is judged. By grey it is rollout, and the ink is one
# of the last (so with `seed=1` and 2). Ask the judge, too, what "nothing to be seen" is.
#
# ## A picture of attention is not an explanation
#
# Three other models, and the maps of the *same* classes. The head that reads cls at random; all at
# random; and an *idle* attention head more in every block: one query for all tokens, a key of 1 for
# the last patch and of 0 for others, as near as least squares come. So every token looks there. But
# its rows of w_out are 0: it gives nothing.


# %%
def with_idle_head(patch, x):
    more = minivit.ViT(minivit.variant("digits", heads=H + 1, head_width=16), seed=None)  # all 0
    for name, array in p.items():
        to = more.parameters[name]
        if name.endswith("qkv"):  # (D, 3 H K) or (3 H K,): in each third, the new head is the last
            to, array = (a.reshape(-1, 3, a.shape[-1] // 48, 16) for a in (to, array))
            to = to[:, :, :H]
        to[: len(array)] = array
    for i, tokens in enumerate(model.features(x)[:-1]):
        gamma, beta, w_qkv, b_qkv, *_ = more.parameters.of(f"blocks.{i}.attention")
        y, _ = ops.layernorm_forward(tokens.reshape(-1, c.width), gamma, beta, eps=c.eps)
        w = np.linalg.lstsq(y, np.tile(np.arange(T) == 1 + patch, len(x)), rcond=None)[0]
        w_qkv.reshape(-1, 3, H + 1, 16)[:, 1, H, 0] = w  # its key
        b_qkv.reshape(3, H + 1, 16)[0, H, 0] = 400  # its query
    return more


random = minivit.ViT(c, seed=None)
random.parameters.flat[:] = p.flat
random.parameters["head.w"] = untrained.parameters["head.w"]  # A stays
idle = with_idle_head(N - 1, data.train.images[:300])
others = {"random head": random, "all random": untrained, "an idle head": idle}
again = {name: maps_of(other, images, said) for name, other in others.items()}
kept = {way: [agreement(again[way][name], one) for name, one in maps.items()] for way in again}
show("as before", ("answers", *maps))
for way, other in others.items():
    same = (other.logits(images).argmax(axis=1) == said).mean()
    show(way, (f"{same:.0%}", *(f"{r:.2f}" for r in kept[way])))
deceived = again["an idle head"]["rollout"]
last = [(one.argmax(axis=1) == N - 1).mean() for one in (deceived, maps["rollout"])]
print("rollout is largest in the last patch: idle {:.0%}, before {:.0%}".format(*last))
assert np.array_equal(inspection.attention_maps(random, images), A) and last[0] > 0.95
assert np.allclose(idle.logits(images), model.logits(images), atol=1e-4)

# %% [markdown]
# 1. *Random head:* nearly all answers are others, and A is the same to the last bit. What explains
#    an answer must change with the head that gives it (a sanity check: Adebayo et al. 2018, section
#    3). Occlusion and gradient x do, weighted attention for the greater part, |gradient| little.
# 2. *All random:* now rollout is another. It tells of the model, but not why this answer.
# 3. *Idle:* the same answers, and rollout has them come from the corner: it counts a head that
#    gives nothing like the others. Weighted attention is not deceived, since its gradient is 0.
#
# Jain and Wallace (2019, section 4.2) seek other attention for one answer, image by image. This is
# no model, say Wiegreffe and Pinter (2019, sections 2 and 4). Idle heads are in one, but no
# training made them. They show what attention can not prove, not that it never says anything.
#
# ## A picture to keep


# %%
def draw(figure):
    """Above a digit and its maps (blue speaks against the answer): no two are alike, and with an
    idle head rollout shows the corner. Left: in occlusion's order the answer is lost first. Right:
    attention and rollout are as before with a random head, but not with an idle one."""
    grid, tiles = figure.add_gridspec(2, 8, height_ratios=(1, 1.9)), {"x": images} | maps
    tiles |= {"ink": deceived}  # the digit shows the ink already
    for column, (name, one) in enumerate(tiles.items()):
        tile, one = figure.add_subplot(grid[0, column]), one[said == 3][0]
        signed = {"cmap": "RdBu_r", "vmin": -abs(one).max(), "vmax": abs(one).max()}
        colours = signed if name in ("gradient x", "occlusion") else {"cmap": "gray_r"}
        tile.imshow(one.reshape(2 * (8 if name == "x" else 4,)), **colours)
        title = {"x": "said: 3", "ink": "idle: rollout"}
        tile.set(xticks=[], yticks=[], title=title.get(name, name))
    lost, bars = figure.add_subplot(grid[1, :4]), figure.add_subplot(grid[1, 4:])
    for (name, curve), style in zip(curves.items(), ("-", ":", "--", "-.") * 2, strict=True):
        lost.plot(range(0, 9, 2), curve, style, label=name, linewidth=2)
    lost.set(xlabel="patches covered by black", ylabel="probability of the answer")
    for k, (way, numbers) in enumerate(kept.items()):
        colour = ("#0072b2", "#e69f00", "#333333")[k]
        bars.bar(np.arange(len(maps)) + 0.27 * (k - 1), numbers, 0.25, label=way, color=colour)
    bars.set_xticks(range(len(maps)), maps, fontsize="small")
    bars.set(ylabel="rank correlation with the map before", ylim=(-0.1, 1.4))


keep_picture(draw, "19_looking_inside.png", 13, 6)

# %% [markdown]
# ## Exercises
#
# **19.1 Predict the rollout.** In each of L blocks all T tokens take the same from all. How much of
# cls's row of R is cls itself? Ask what passes by all mixtures. Roughly 1 line.


# %%
def cls_of_cls(T, L):
    ### BEGIN SOLUTION
    return 1 / 2**L + (1 - 1 / 2**L) / T  # what passed by all mixtures, and a share of the rest
    ### END SOLUTION


for tokens, blocks in ((5, 1), (17, 3), (197, 12)):
    true = inspection.rollout(np.full((1, blocks, 1, tokens, tokens), 1 / tokens))[0, 0, 0]
    assert np.isclose(cls_of_cls(tokens, blocks), true), f"{tokens} tokens, {blocks}: {true:.4f}"
print("19.1 is right")

# %% [markdown]
# **19.2 Weighted attention** (Chefer et al. 2021, equations 5 and 6). Only what speaks *for* the
# class shall count. G = d logit / d A; R begins as I; each block, the first one first, adds (mean
# over heads of max(0, A G)) R to it. The map is cls's row. Roughly 4 lines.


# %%
def weighted(A, G):
    """A, G: lists of L arrays (B, H, T, T), from the first block -> the map (B, N)"""
    ### BEGIN SOLUTION
    R = np.eye(T)
    for A_l, G_l in zip(A, G, strict=True):
        R = R + np.maximum(A_l * G_l, 0).mean(axis=1) @ R
    return R[:, 0, 1:]
    ### END SOLUTION


trace = exact.trace(few)
trace.backward(np.eye(10)[y])
lists = [[arrays[f"blocks.{i}.attention.probs"] for i in range(L)]
         for arrays in (trace.values, trace.gradients)]  # fmt: skip
true = inspection.gradient_weighted_map(exact, few, y).reshape(-1, N)
assert np.shape(weighted(*lists)) == (5, N), "the row of cls, without what cls has of itself"
assert np.allclose(weighted(*lists), true), "first max(0, A G) in each head, then their mean"
print("19.2 is right")
