# %% [markdown]
# # Lesson 3: softmax and cross-entropy
#
# *60 minutes; builds on lesson 0.*
#
# **The question.** The head of the model hands out C numbers for an image, one for each class: the
# logits. Training needs one number that says how bad they are, and its derivative by each of them.
# Which number is it, why is its derivative so short, and how is it computed without overflow?
#
# **The shapes.** B images in a batch, C classes (`digits`: 10).
#
# | array | shape | meaning |
# |---|---|---|
# | logits | (B, C) | any real numbers |
# | probs | (B, C) | softmax of the logits: each row sums to 1 |
# | targets | (B, C) | what probs should be: 1 at the right class, 0 elsewhere |
# | loss | () | one number |
#
# As everywhere, `dz` is d loss / d z.

# %%
import math

import numpy as np

import minivit
from minivit import ops
from minivit.figures import keep_picture

data = minivit.load_dataset("digits")
rng = np.random.default_rng(0)

# %% [markdown]
# ## The derivation 1: softmax, and the shift
#
#     probs_i = exp(x_i) / sum_j exp(x_j)
#
# Add the same number a to all x of a row: numerator and denominator are both multiplied by exp(a),
# and nothing changes. We are free to choose a, and choose a = -max(x): then the largest exponent is
# 0 and exp can't overflow. Without the shift it does, from 89 on in float32, from 710 in float64.


# %%
def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


x = rng.normal(size=(4, 10))
np.testing.assert_allclose(softmax(x + 30), np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True))
with np.errstate(over="ignore", invalid="ignore"):
    large = np.array([[1000.0, 999.0, 0.0]])
    naive = np.exp(large) / np.exp(large).sum()
    assert np.isinf(np.exp(np.float32(89))) and np.isinf(np.exp(710.0))
print(f"naive {naive[0]}, shifted {softmax(large)[0].round(3)}")
assert np.isnan(naive[0, 0]) and math.isclose(softmax(large)[0, 0], 1 / (1 + math.exp(-1)))

# %% [markdown]
# ## The derivation 2: softmax backward, and the row-sum term
#
# By the quotient rule x_j raises its own probability and lowers all others ([i = j] is 1 if i = j,
# and 0 otherwise):
#
#     d probs_i / d x_j = probs_i ([i = j] - probs_j)
#
# Sum over all i that x_j moves, each weighted with dprobs_i = d loss / d probs_i:
#
#     dx_j = probs_j (dprobs_j - sum_i dprobs_i probs_i)
#
# The sum is the same for a whole row: the **row-sum term**. It is what makes sum_j dx_j = 0, and so
# it must be, since adding the same number to all x changes nothing.

# %%
probs, cache = ops.softmax_forward(x)
np.testing.assert_allclose(probs, softmax(x), rtol=1e-14)
dprobs = rng.normal(size=x.shape)
dx = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
np.testing.assert_allclose(dx, ops.softmax_backward(dprobs, cache), atol=1e-15)
assert np.abs(dx.sum(axis=-1)).max() < 1e-14

# %% [markdown]
# ## The derivation 3: cross-entropy
#
# The loss of one image is -sum_i targets_i log probs_i. With one right class t that is -log
# probs_t: how surprised the model is by the truth. The loss of a batch is the mean over its B
# images.
#
# *Forward.* A probability may underflow to 0, and its log is -infinity. But
#
#     log probs_i = x_i - log sum_j exp(x_j) = shifted_i - log sum_j exp(shifted_j)
#
# never takes the log of anything below 1: the largest of the exp(shifted) is exp(0).
#
# *Backward.* Chain the pieces: dprobs_i = -targets_i / probs_i, into the softmax backward:
#
#     dx_j = probs_j (-targets_j / probs_j + sum_i targets_i) = probs_j - targets_j
#
# since targets sum to 1. The division by a probability is gone. With the mean over the batch:
#
#     dlogits = (probs - targets) / B
#
# ## By hand


# %%
def cross_entropy(logits, targets):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    loss = -(targets * log_probs).sum(axis=-1).mean()
    dlogits = (np.exp(log_probs) - targets) / len(logits)
    return loss, dlogits


# %% [markdown]
# ## The library's version
#
# `ops.cross_entropy_forward` takes class numbers as labels, and computes the same. Why one op, and
# not softmax first and its log after? As two, a mistake of which the model is sure has an infinite
# loss and NaN for a gradient. As one it has a loss of 800 and a gradient to learn from.

# %%
labels = np.array([3, 0, 9, 3])
loss, dlogits = cross_entropy(x, np.eye(10)[labels])
library_loss, loss_cache = ops.cross_entropy_forward(x, labels=labels)
np.testing.assert_allclose(loss, library_loss, rtol=1e-14)
np.testing.assert_allclose(dlogits, ops.cross_entropy_backward(1.0, loss_cache), atol=1e-16)
report = minivit.gradcheck(
    ops.cross_entropy_forward, ops.cross_entropy_backward, x, options={"labels": labels}
)
print(report)
assert report.ok and np.abs(dlogits.sum(axis=-1)).max() < 1e-15
sure, second = np.array([[800.0, 0.0]]), np.array([[0.0, 1.0]])  # sure of class 0, and it is 1
with np.errstate(divide="ignore", invalid="ignore"):
    probs = softmax(sure)
    two_steps = -np.log(probs[0, 1])
    dprobs = -second / probs
    dsure = probs * (dprobs - (dprobs * probs).sum())
one_step = cross_entropy(sure, second)
print(f"two steps: {two_steps}, {dsure[0]}; one: {one_step[0]}, {one_step[1][0]}")
assert np.isinf(two_steps) and np.isnan(dsure).any()
assert one_step[0] == 800 and np.array_equal(one_step[1], [[1, -1]])

# %% [markdown]
# ## Before any training: ln C
#
# A model that knows nothing gives each class 1/C. Its loss is -log(1/C) = ln C, whatever the labels
# are: 2.303 for ten classes, 6.908 for a thousand. So look at the first loss that a training
# prints: much above ln C the model is sure of something before it has learned anything; much below,
# it has seen the labels. The library's head begins at 0, hence exactly at ln C.

# %%
digits, truth = data.train.images, data.train.labels
for zero_head in (True, False):
    model = minivit.ViT("digits", seed=0, zero_head=zero_head)
    first, _ = ops.cross_entropy_forward(model.logits(digits[:256]), labels=truth[:256])
    print(f"zero head {zero_head!s:5}: first loss {first:.4f}; ln 10 is {math.log(10):.4f}")
    assert abs(first - math.log(10)) < (1e-6 if zero_head else 1.5)
assert first > math.log(10)  # random logits are worse than equal ones

# %% [markdown]
# ## Label smoothing
#
# With targets of 0 and 1 the loss falls for ever while the right logit grows: the model is told to
# be infinitely sure. **Label smoothing** (Szegedy et al. 2016, section 7) takes a part s of the 1
# and shares it out among all C classes (onehot: the old targets; CE(t): the loss with targets t):
#
#     targets = (1 - s) onehot + s / C            loss = (1 - s) CE(onehot) + s CE(1/C)
#
# The gradient is probs - targets as before, and is 0 when probs = targets: the right logit then
# lies ln((1 - s + s/C) / (s/C)) above the others, which is ln 91 = 4.51 for s = 0.1 and C = 10.
# There the loss is not 0 but the entropy of the targets, 0.50: a smoothed loss can't be compared
# with another. At the beginning all is as before: equal probabilities have the loss ln C against
# any targets. The last lines show what it does to real digits: they train one linear map, from 64
# pixels to ten logits, on the gradient from above, with and without smoothing.

# %%
s, C = 0.1, 10
smoothed = (1 - s) * np.eye(C)[labels] + s / C
loss, dlogits = cross_entropy(x, smoothed)
library_loss, loss_cache = ops.cross_entropy_forward(x, labels=labels, smoothing=s)
np.testing.assert_allclose(loss, library_loss, rtol=1e-14)
np.testing.assert_allclose(dlogits, ops.cross_entropy_backward(1.0, loss_cache), atol=1e-16)
both = cross_entropy(x, np.eye(C)[labels])[0], cross_entropy(x, np.full((4, C), 1 / C))[0]
assert math.isclose(loss, (1 - s) * both[0] + s * both[1])
best = cross_entropy(np.array([[math.log(91)] + 9 * [0.0]]), smoothed[1:2])  # its label is 0
print(f"smoothing 0.1: the least loss is {best[0]:.4f}, at a gap of {math.log(91):.2f}")
assert abs(best[0] - 0.5003) < 1e-4 and np.abs(best[1]).max() < 1e-14

pixels, onehot = digits.reshape(-1, 64).astype(np.float64), np.eye(10)[truth]
unseen = data.test.images.reshape(-1, 64).astype(np.float64)
sure_of = {}
for s in (0.0, 0.1):
    w, b = np.zeros((64, 10)), np.zeros(10)
    for _step in range(300):
        loss, dlogits = cross_entropy(pixels @ w + b, (1 - s) * onehot + s / 10)
        w, b = w - 0.5 * pixels.T @ dlogits, b - 0.5 * dlogits.sum(axis=0)
    probs = softmax(unseen @ w + b)
    right = (probs.argmax(axis=1) == data.test.labels).mean()
    sure_of[s] = probs.max(axis=1).mean()
    print(f"smoothing {s}: loss {loss:.3f}, right {right:.1%}, on average {sure_of[s]:.1%} sure")
    assert right > 0.93
assert sure_of[0.1] < sure_of[0.0] - 0.05

# %% [markdown]
# ## Break it: no row-sum term, no 1/B
#
# A check finds both slips at once. Training would not tell: without 1/B a model learns too, with a
# learning rate that is B times too large.

# %%
no_row_sum = minivit.gradcheck(ops.softmax_forward, lambda d, cache: d * cache.probs, x)
no_mean = minivit.gradcheck(
    ops.cross_entropy_forward,
    lambda d, cache: d * (cache.probs - cache.targets),  # should be divided by B
    x,
    options={"labels": labels},
)
print(no_row_sum, no_mean, sep="\n")
assert no_row_sum.verdict == no_mean.verdict == "wrong"

# %% [markdown]
# ## A picture to keep


# %%
def draw(figure):
    """Left: the loss falls as the right logit grows; smoothed, it is least at a gap of ln 91 and
    rises again. Right: probs - targets is negative for the right class alone."""
    curve, bars = figure.subplots(1, 2)
    gaps = np.linspace(-4, 12, 200)
    for s, style in ((0.0, "-"), (0.1, "--")):
        target = (1 - s) * np.eye(10)[:1] + s / 10
        losses = [cross_entropy(gap * np.eye(10)[:1], target)[0] for gap in gaps]
        curve.plot(gaps, losses, style, linewidth=2, label=f"smoothing {s}")
    curve.plot([0, math.log(91)], [math.log(10), best[0]], "ko")
    curve.annotate("equal logits: ln 10", (0.4, 2.4))
    curve.annotate("least at ln 91", (3.6, 0.9))
    curve.set(xlabel="right logit minus the others", ylabel="loss (C = 10)", ylim=(0, 6.5))
    curve.set_title("Smoothed, the loss rises again")
    chances, place = softmax(x)[0], np.arange(10)
    bars.bar(place - 0.2, chances, 0.4, label="probs")
    bars.bar(place + 0.2, chances - np.eye(10)[3], 0.4, label="probs - targets")
    bars.axhline(0, color="black", linewidth=0.8)
    bars.set(xlabel="class (3 is right)", xticks=place)
    bars.set_title("A step against the gradient raises logit 3")


keep_picture(draw, "03_cross_entropy.png", 11, 4.2)

# %% [markdown]
# ## Exercises
#
# **3.1 Predict the loss** of a model that gives every class the same probability, with C classes
# and a label smoothing of s. Roughly 1 line.


# %%
def loss_at_chance(C, s):
    ### BEGIN SOLUTION
    return math.log(C)  # targets sum to 1, smoothed or not
    ### END SOLUTION


for C, s in ((2, 0.0), (10, 0.3), (1000, 0.1)):
    true, _ = ops.cross_entropy_forward(np.zeros((5, C)), labels=np.arange(5) % 2, smoothing=s)
    found = loss_at_chance(C, s)
    assert math.isclose(found, true), f"C = {C}, s = {s}: it is {true:.4f}; targets sum to 1"
print("3.1 is right")

# %% [markdown]
# **3.2 Log-softmax.** y_i = x_i - log sum_j exp(x_j). Derive and code forward and backward: y and
# probs in the forward, dx from dy (any dy, not only that of a cross-entropy) in the backward; safe
# for logits of 10,000. Roughly 2 lines and 1 line.


# %%
def log_softmax_forward(x):
    ### BEGIN SOLUTION
    shifted = x - x.max(axis=-1, keepdims=True)
    y = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return y, np.exp(y)
    ### END SOLUTION


def log_softmax_backward(dy, probs):
    ### BEGIN SOLUTION
    return dy - probs * dy.sum(axis=-1, keepdims=True)
    ### END SOLUTION


y, _ = log_softmax_forward(np.array([[1e4, 0.0]]))
assert np.array_equal(y, [[0, -1e4]]), "shift by the maximum, and take no log of a probability"
report = minivit.gradcheck(log_softmax_forward, log_softmax_backward, x)
assert report.ok, f"d y_i / d x_j = [i = j] - probs_j; sum it over i, weighted with dy_i\n{report}"
print("3.2 is right")

# %% [markdown]
# **3.3 Softmax from memory.** Scroll up until derivation 2 is out of sight, and write both
# directions for x (..., T). Safe for logits of 10,000, and float32 stays float32. Roughly 5 lines.
# `minivit check --exercise 3.3 FILE` checks `softmax_forward` and `softmax_backward`.


# %%
def softmax_forward(x):
    ### BEGIN SOLUTION
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, probs
    ### END SOLUTION


def softmax_backward(dprobs, probs):
    ### BEGIN SOLUTION
    return probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    ### END SOLUTION


assert np.allclose(softmax_forward(large)[0], softmax(large)), "shift each row by its maximum"
report = minivit.gradcheck(softmax_forward, softmax_backward, x)
assert report.ok, f"which term is the same for a whole row?\n{report}"
print("3.3 is right")

# %% [markdown]
# **3.4 The loss, backwards.** From dloss, one number that need not be 1, and what the library's
# forward keeps (the targets are smoothed there already) to dlogits (B, C). Roughly 1 line.
# `minivit check --exercise 3.4 FILE` checks `cross_entropy_backward`.


# %%
def cross_entropy_backward(dloss, cache):
    probs, targets = cache
    ### BEGIN SOLUTION
    return (probs - targets) * (dloss / len(probs))
    ### END SOLUTION


for s in (0.0, 0.1):
    report = minivit.gradcheck(
        ops.cross_entropy_forward, cross_entropy_backward, x,
        options={"labels": labels, "smoothing": s},
    )  # fmt: skip
    assert report.ok, f"probs - targets, the mean over the batch, and dloss:\n{report}"
print("3.4 is right")
