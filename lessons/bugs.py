# %% [markdown]
# # Bugs: twelve wrong backwards, found by checks
#
# *90 minutes; builds on lessons 4, 7, 8 and 9.*
#
# **The question.** A gradient check says "wrong". Where is the mistake? Reading the code again
# rarely helps: one reads what one meant to write. Twelve backwards follow, each with one planted
# bug. Every hunt shows what checks say; find the wrong term from them, and look at the code last.
#
# **The shapes.** B images, T tokens, D columns, C classes, H heads of K columns. `dz` is d loss / d
# z, and has the shape of z.
#
# A backward is a table of terms here, from first to last, each a line of Python that may use the
# terms above it, `dy`, and what the forward keeps. Your answer is the one wrong term, corrected:
# `answer = {"dw": "x.T @ dy"}`, say. It is right when `gradcheck` passes. (The next cell holds the
# checks. Run it; you need not read it.)

# %%
import math
from typing import NamedTuple

import numpy as np

import minivit
from minivit import ops
from minivit.figures import keep_picture

rng = np.random.default_rng(0)


class Hunt(NamedTuple):
    title: str
    forward: object  # inputs -> y, what it keeps: {name: value}
    terms: dict  # name: formula; with dx for each input x

    def backward(self, dy, kept):
        values = {**kept, "dy": dy, "np": np, "math": math, "ops": ops}
        for name, formula in self.terms.items():
            values[name] = eval(formula, values)
        gradients = [values[f"d{name}"] for name in inputs_of(self)]
        return gradients[0] if len(gradients) == 1 else tuple(gradients)


def inputs_of(hunt):
    code = hunt.forward.__code__
    return code.co_varnames[: code.co_argcount]


def errors(hunt, *inputs, dy=None, calls=1):
    """Each gradient's relative error by centred differences: {input: error}; dy is random."""
    y, kept = hunt.forward(*inputs)
    dy = np.random.default_rng(1).normal(size=np.shape(y)) if dy is None else dy
    for _ in range(calls):
        given = hunt.backward(dy, kept)
    found = {}
    for i, (name, x) in enumerate(zip(inputs_of(hunt), inputs, strict=True)):
        numeric = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            step = np.zeros_like(x)
            step[index] = 1e-5
            up, down = ((dy * hunt.forward(*inputs[:i], x + s, *inputs[i + 1 :])[0]).sum()
                        for s in (step, -step))  # fmt: skip
            numeric[index] = (up - down) / 2e-5
        gradient = given if len(inputs) == 1 else given[i]
        size = np.abs(numeric).max() + np.abs(gradient).max()
        found[name] = float(np.abs(numeric - gradient).max() / (size + 1e-4))
    return found


asked, seen = {}, {}  # by title: both checks of a hunt, and the errors that they find


def compare(hunt, blind, telling):
    """Two checks, (what it is, errors) each: one that passes and one that doesn't."""
    print(hunt.title)
    for what, found in (blind, telling):
        row = ", ".join(f"d{name} {error:.0e}" for name, error in found.items())
        print(f"  {what:<34}{row}")
    asked[hunt.title] = blind[0], telling[0]
    found = seen[hunt.title] = max(blind[1].values()), max(telling[1].values())
    assert found[1] > max(1e-3, 5 * found[0])


def judge(hunt, answer, *inputs):
    """What is wrong with the answer, in words; "" if it mends the backward."""
    if len(answer) != 1 or (name := next(iter(answer))) not in hunt.terms:
        return f"one term is wrong: give one of {', '.join(hunt.terms)}, and its formula"
    assert not minivit.gradcheck(hunt.forward, hunt.backward, *inputs).ok
    mended = hunt._replace(terms=hunt.terms | answer)
    report = minivit.gradcheck(hunt.forward, mended.backward, *inputs)
    return "" if report.ok else f"with your {name} it is still wrong:\n{report}"


# %% [markdown]
# ## Hunt 1
#
# y = x w + b for x (B, T, D). One image passes, two don't.

# %%


def linear(x, w, b):
    return x @ w + b, {"x": x, "w": w}


linear_hunt = Hunt("linear", linear, {
    "dx": "dy @ w.T",
    "dw": "np.einsum('btd,btm->dm', x, dy)",
    "db": "dy[0].sum(axis=0)",
})  # fmt: skip
weights = rng.normal(size=(3, 4)), rng.normal(size=4)
one, two = rng.normal(size=(1, 5, 3)), rng.normal(size=(2, 5, 3))
compare(linear_hunt, ("one image", errors(linear_hunt, one, *weights)),
        ("two images", errors(linear_hunt, two, *weights)))  # fmt: skip

# %% [markdown]
# **1 A bias of many tokens.** The sums over tokens are fine. What is there to sum over besides?

# %%
### BEGIN SOLUTION
answer = {"db": "dy.sum(axis=(0, 1))"}
### END SOLUTION
wrong = judge(linear_hunt, answer, two, *weights)
assert not wrong, wrong
print("1 is right")

# %% [markdown]
# ## Hunt 2
#
# probs = softmax(x). The check with ones as upstream gradient (many people's `probs.sum()`) finds
# nothing.

# %%


def softmax(x):
    probs, _ = ops.softmax_forward(x)
    return probs, {"probs": probs}


softmax_hunt = Hunt("softmax", softmax, {
    "total": "dy.mean(axis=-1, keepdims=True)",
    "dx": "probs * (dy - total)",
})  # fmt: skip
scores = rng.normal(size=(3, 5))
compare(softmax_hunt, ("dy of ones", errors(softmax_hunt, scores, dy=np.ones((3, 5)))),
        ("random dy", errors(softmax_hunt, scores)))  # fmt: skip

# %% [markdown]
# **2 What every dy shares.** Which term is the same for every dy that is constant along a row?

# %%
### BEGIN SOLUTION
answer = {"total": "(dy * probs).sum(axis=-1, keepdims=True)"}
### END SOLUTION
wrong = judge(softmax_hunt, answer, scores)
assert not wrong, wrong
print("2 is right")

# %% [markdown]
# ## Hunt 3
#
# LayerNorm, y = x_hat gamma + beta. A training begins with gamma = 1, and there all is well.

# %%


def layernorm(x, gamma, beta):
    y, (x_hat, rstd, _) = ops.layernorm_forward(x, gamma, beta)
    return y, {"x_hat": x_hat, "rstd": rstd, "gamma": gamma}


gamma_hunt = Hunt("LayerNorm's scale", layernorm, {
    "g": "dy * gamma",
    "dgamma": "(g * x_hat).sum(axis=(0, 1))",
    "dbeta": "dy.sum(axis=(0, 1))",
    "along": "x_hat * (g * x_hat).mean(axis=-1, keepdims=True)",
    "dx": "rstd * (g - g.mean(axis=-1, keepdims=True) - along)",
})  # fmt: skip
tokens, gamma, beta = rng.normal(size=(2, 3, 4)), rng.normal(size=4), rng.normal(size=4)
compare(gamma_hunt, ("gamma = 1", errors(gamma_hunt, tokens, np.ones(4), beta)),
        ("random gamma", errors(gamma_hunt, tokens, gamma, beta)))  # fmt: skip

# %% [markdown]
# **3 A fresh LayerNorm.** Which gradient is wrong, and which of its factors is 1 at first?

# %%
### BEGIN SOLUTION
answer = {"dgamma": "(dy * x_hat).sum(axis=(0, 1))"}
### END SOLUTION
wrong = judge(gamma_hunt, answer, tokens, gamma, beta)
assert not wrong, wrong
print("3 is right")

# %% [markdown]
# ## Hunt 4
#
# LayerNorm once more. The error is large for D = 3 and small for D = 48. Nobody would see it in a
# training with D = 768.

# %%
wide_hunt = Hunt("LayerNorm's variance", layernorm, {
    "dgamma": "(dy * x_hat).sum(axis=(0, 1))",
    "dbeta": "dy.sum(axis=(0, 1))",
    "g": "dy * gamma",
    "centred": "g - g.mean(axis=-1, keepdims=True)",
    "freedom": "g.shape[-1] - 1",
    "along": "x_hat * (g * x_hat).sum(axis=-1, keepdims=True) / freedom",
    "dx": "rstd * (centred - along)",
})  # fmt: skip
small, large = (
    (rng.normal(size=(1, 4, D)), rng.normal(size=D), rng.normal(size=D)) for D in (3, 48)
)
compare(wide_hunt, ("D = 48", errors(wide_hunt, *large)),
        ("D = 3", errors(wide_hunt, *small)))  # fmt: skip

# %% [markdown]
# **4 Almost right for wide tokens.** An error that shrinks with D: a number is off by one. dx is
# made of two means; by how many numbers is each divided, and what does the forward divide by?

# %%
### BEGIN SOLUTION
answer = {"freedom": "g.shape[-1]"}  # the forward's variance is a mean over D, too
### END SOLUTION
wrong = judge(wide_hunt, answer, *small)
assert not wrong, wrong
print("4 is right")

# %% [markdown]
# ## Hunt 5
#
# mixed = softmax(q k^T / sqrt(K)) v. One token passes; of three tokens, one gradient of three is
# wrong.

# %%


def attention(q, k, v):
    mixed, cache = ops.attention_forward(q, k, v)
    return mixed, {"q": q, "k": k, "v": v, "probs": cache.probs}


keys_hunt = Hunt("attention's keys", attention, {
    "scale": "1 / math.sqrt(q.shape[-1])",
    "dprobs": "dy @ v.swapaxes(-1, -2)",
    "dv": "probs.swapaxes(-1, -2) @ dy",
    "row_sum": "(dprobs * probs).sum(axis=-1, keepdims=True)",
    "dscores": "probs * (dprobs - row_sum)",
    "dq": "dscores @ k * scale",
    "dk": "dscores @ q * scale",
})  # fmt: skip
three = [rng.normal(size=(2, 3, 4)) for _ in range(3)]
compare(keys_hunt, ("one token", errors(keys_hunt, *[x[:, :1] for x in three])),
        ("three tokens", errors(keys_hunt, *three)))  # fmt: skip

# %% [markdown]
# **5 One token is enough.** dq is right, so dscores is; whatever only dk uses may be wrong.

# %%
### BEGIN SOLUTION
answer = {"dk": "dscores.swapaxes(-1, -2) @ q * scale"}
### END SOLUTION
wrong = judge(keys_hunt, answer, *three)
assert not wrong, wrong
print("5 is right")

# %% [markdown]
# ## Hunt 6
#
# The same op. It passes for four tokens of four columns.

# %%
scale_hunt = Hunt("attention's scale", attention, {
    "dprobs": "dy @ v.swapaxes(-1, -2)",
    "dv": "probs.swapaxes(-1, -2) @ dy",
    "row_sum": "(dprobs * probs).sum(axis=-1, keepdims=True)",
    "dscores": "probs * (dprobs - row_sum)",
    "scale": "1 / math.sqrt(dscores.shape[-1])",
    "dq": "dscores @ k * scale",
    "dk": "dscores.swapaxes(-1, -2) @ q * scale",
})  # fmt: skip
square = [rng.normal(size=(2, 4, 4)) for _ in range(3)]
compare(scale_hunt, ("T = K = 4", errors(scale_hunt, *square)),
        ("T = 3, K = 4", errors(scale_hunt, *three)))  # fmt: skip
print(minivit.gradcheck(attention, scale_hunt.backward, *three))

# %% [markdown]
# **6 Square is not the same.** Two gradients are wrong by one factor, 1.15 = sqrt(4/3). Where do T
# and K come in?

# %%
### BEGIN SOLUTION
answer = {"scale": "1 / math.sqrt(q.shape[-1])"}
### END SOLUTION
wrong = judge(scale_hunt, answer, *three)
assert not wrong, wrong
print("6 is right")

# %% [markdown]
# ## Hunt 7
#
# loss = mean of -log probs[label] over B images. In training dy is 1; what if the loss is a part of
# a larger one?

# %%


def cross_entropy(logits):
    labels = np.arange(len(logits)) % logits.shape[1]
    loss, _ = ops.cross_entropy_forward(logits, labels=labels)
    return loss, {"probs": softmax(logits)[0], "targets": np.eye(logits.shape[1])[labels]}


loss_hunt = Hunt("cross-entropy", cross_entropy, {
    "missed": "targets - probs",
    "each": "1 / len(probs)",
    "dlogits": "-missed * each",
})  # fmt: skip
logits = rng.normal(size=(3, 5))
compare(loss_hunt, ("dy = 1", errors(loss_hunt, logits, dy=1.0)),
        ("dy = 3", errors(loss_hunt, logits, dy=3.0)))  # fmt: skip

# %% [markdown]
# **7 The last op of a loss.** Three times the dy should give three times the gradient.

# %%
### BEGIN SOLUTION
answer = {"dlogits": "-missed * each * dy"}
### END SOLUTION
wrong = judge(loss_hunt, answer, logits)
assert not wrong, wrong
print("7 is right")

# %% [markdown]
# ## Hunt 8
#
# GELU in its tanh form, y = x (1 + tanh u) / 2 with u = c (x + 0.044715 x^3).

# %%


def gelu(x):
    y, _ = ops.gelu_forward(x, form="tanh")
    return y, {"x": x, "c": math.sqrt(2 / math.pi)}


gelu_hunt = Hunt("GELU", gelu, {
    "u": "c * (x + 0.044715 * x**3)",
    "t": "np.tanh(u)",
    "slope_u": "c * (1 + 0.044715 * x**2)",
    "slope_t": "1 - t * t",
    "dx": "dy * (1 + t + x * slope_t * slope_u) / 2",
})  # fmt: skip
many = rng.normal(size=20)
compare(gelu_hunt, ("x about 0.01", errors(gelu_hunt, many / 100)),
        ("x about 1", errors(gelu_hunt, many)))  # fmt: skip
for size in (0.01, 0.1, 1.0):
    print(f"  x = {size}: off by {errors(gelu_hunt, np.array([size]))['x']:.0e}")

# %% [markdown]
# **8 Right near zero.** The error grows like x^3: a term of the slope, x times one with x^2 in it.

# %%
### BEGIN SOLUTION
answer = {"slope_u": "c * (1 + 3 * 0.044715 * x**2)"}
### END SOLUTION
wrong = judge(gelu_hunt, answer, many)
assert not wrong, wrong
print("8 is right")

# %% [markdown]
# ## Hunt 9
#
# Heads are split: x (B, T, H K) -> (B, H, T, K). The gradient's numbers are the right ones, in the
# wrong places.

# %%


def splitting(H):
    def split(x):
        B, T, D = x.shape
        return x.reshape(B, T, H, D // H).transpose(0, 2, 1, 3), {"shape": x.shape}

    return split


terms = {"by_token": "dy.transpose(0, 2, 3, 1)", "dx": "by_token.reshape(shape)"}
one_head, split_hunt = (Hunt("split heads", splitting(H), terms) for H in (1, 2))
wide = rng.normal(size=(2, 3, 6))
compare(split_hunt, ("one head", errors(one_head, wide)), ("two heads", errors(split_hunt, wide)))
dy = rng.normal(size=(2, 2, 3, 3))
dx = split_hunt.backward(dy, {"shape": wide.shape})
print("  same numbers:", np.array_equal(np.sort(dx.ravel()), np.sort(dy.ravel())),
      "- same tokens:", np.allclose(dx.sum(axis=-1), dy.sum(axis=(1, 3))))  # fmt: skip

# %% [markdown]
# **9 All there, elsewhere.** Each token has its own numbers, in a wrong order: which axis is
# outside, H or K?

# %%
### BEGIN SOLUTION
answer = {"by_token": "dy.transpose(0, 2, 1, 3)"}
### END SOLUTION
wrong = judge(split_hunt, answer, wide)
assert not wrong, wrong
print("9 is right")

# %% [markdown]
# ## Hunt 10
#
# Tokens are cls and the patches times w plus b; then positions are added to all. With a dy that is
# 0 at the cls token the check passes.

# %%


def embed(patches, w, b, cls, positions):
    tokens = patches @ w + b
    first = np.broadcast_to(cls, (len(tokens), 1, len(cls)))
    y = np.concatenate([first, tokens], axis=1) + positions
    return y, {"patches": patches, "w": w}


embed_hunt = Hunt("embedding", embed, {
    "dcls": "dy[:, 0].sum(axis=0)",
    "dpositions": "dy.sum(axis=0)",
    "dtokens": "dy[:, 1:]",
    "db": "dpositions.sum(axis=0)",
    "dw": "np.einsum('bni,bnd->id', patches, dtokens)",
    "dpatches": "dtokens @ w.T",
})  # fmt: skip
sizes = (2, 3, 4), (4, 5), (5,), (5,), (4, 5)
parts = [rng.normal(size=size) for size in sizes]
without_cls = rng.normal(size=(2, 4, 5)) * (np.arange(4) > 0)[:, None]
compare(embed_hunt, ("dy = 0 at cls", errors(embed_hunt, *parts, dy=without_cls)),
        ("random dy", errors(embed_hunt, *parts)))  # fmt: skip

# %% [markdown]
# **10 What the cls token does not have.** One gradient is wrong, and only if dy reaches the cls
# token: which input never meets cls?

# %%
### BEGIN SOLUTION
answer = {"db": "dtokens.sum(axis=(0, 1))"}
### END SOLUTION
wrong = judge(embed_hunt, answer, *parts)
assert not wrong, wrong
print("10 is right")

# %% [markdown]
# ## Hunt 11
#
# y = gelu(x w1 + b1) w2 + b2, a whole MLP. The gradients of the second layer are right, those of
# the first are not.

# %%


def mlp(x, w1, b1, w2, b2):
    z = x @ w1 + b1
    h, _ = ops.gelu_forward(z)
    return h @ w2 + b2, {"x": x, "w1": w1, "z": z, "h": h, "w2": w2}


mlp_hunt = Hunt("MLP", mlp, {
    "db2": "dy.sum(axis=0)",
    "dw2": "h.T @ dy",
    "dh": "dy @ w2.T",
    "dz": "ops.gelu_backward(dh, ops.gelu_forward(h)[1])",
    "db1": "dz.sum(axis=0)",
    "dw1": "x.T @ dz",
    "dx": "dz @ w1.T",
})  # fmt: skip
layers = [rng.normal(size=size) for size in ((3, 4), (4, 6), (6,), (6, 4), (4,))]
found = errors(mlp_hunt, *layers)
compare(mlp_hunt, ("second layer", {name: found[name] for name in ("w2", "b2")}),
        ("first layer", {name: found[name] for name in ("x", "w1", "b1")}))  # fmt: skip

# %% [markdown]
# **11 Where along the way.** All that comes after it is wrong (b1, w1, x), what comes before is
# right: what lies between?

# %%
### BEGIN SOLUTION
answer = {"dz": "ops.gelu_backward(dh, ops.gelu_forward(z)[1])"}
### END SOLUTION
wrong = judge(mlp_hunt, answer, *layers)
assert not wrong, wrong
print("11 is right")

# %% [markdown]
# ## Hunt 12
#
# Softmax once more. The first backward is right, the second with the same cache is not.

# %%
again_hunt = Hunt("softmax again", softmax, {
    "total": "(dy * probs).sum(axis=-1, keepdims=True)",
    "pull": "np.subtract(dy, total)",
    "dx": "np.multiply(probs, pull, out=probs)",
})  # fmt: skip
compare(again_hunt, ("called once", errors(again_hunt, scores)),
        ("called twice", errors(again_hunt, scores, calls=2)))  # fmt: skip
print(minivit.gradcheck(softmax, again_hunt.backward, scores))

# %% [markdown]
# **12 The second time.** A backward may read what the forward kept, and nothing more.

# %%
### BEGIN SOLUTION
answer = {"dx": "probs * pull"}
### END SOLUTION
wrong = judge(again_hunt, answer, scores)
assert not wrong, wrong
print("12 is right")

# %% [markdown]
# ## A picture to keep
#
# Each bug has a check that is blind to it and one that tells. What nearly all blind ones have in
# common: they are *special*. One image, one token, ones, a square, a fresh gamma, numbers near 0:
# where something is 1 or 0, or two sizes are equal, different terms have the same value. Check with
# random numbers, small sizes that all differ and none of which is 1, and call the backward twice.

# %%
blind, telling = np.array(list(seen.values())).T
assert len(seen) == 12 and (blind < 1e-5).sum() == 11 and telling.min() > 1e-2


def draw(figure):
    """Twelve bugs, each with a check that is blind and one that tells."""
    axes, places = figure.subplots(), -np.arange(len(seen))
    shown = np.maximum(blind, 1e-12)
    axes.hlines(places, shown, telling, color="#b0b0b0")
    axes.plot(shown, places, "o", color="#1f77b4", markersize=8, label="a special check")
    axes.plot(telling, places, "s", color="#ff7f0e", markersize=8, label="the check that tells")
    axes.axvline(1e-4, color="#555555", linestyle="--")
    axes.text(1.3e-4, 0.7, '"wrong" from here on', color="#555555", va="center")
    axes.set_xscale("log")
    names = [f"{title}: {checks[0]} / {checks[1]}" for title, checks in asked.items()]
    axes.set_yticks(places, names)
    axes.set(xlabel="largest relative error that the check finds", ylim=(-len(seen), 1.2))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)


keep_picture(draw, "bugs.png", 9, 5.5)
