# %% [markdown]
# # Lesson 14: training for unseen images, and reading its curves
#
# *85 minutes; builds on lessons 3 and 11.*
#
# **The question.** Lesson 11 had a model learn 16 images by heart. That showed that the loop works;
# it is not what a model is for. What makes it right on images that it has never seen? And how do
# the curves of a training tell what is wrong with it?
#
# **The shapes.** Nothing here changes a shape: images stay (B, height, width, channels), values x
# (B, T, D), targets (B, C), weights p (n,). What matters is which images serve for what:
#
# | images | here | serve for |
# |---|---|---|
# | training | 287 | the gradients |
# | held-out: training images that no gradient sees | 1,150 | every choice that we make |
# | test | 360 | one look, when all is chosen |
#
# (We hold out 80 %, far more than usual. So there is little to learn from, the trouble shows within
# a second, and an accuracy on 1,150 images is worth something.)

# %%
import math

import numpy as np

import minivit
from minivit import ops
from minivit.data import hold_out
from minivit.data.augmentation import flipped, mixup, random_shift, soft_targets
from minivit.figures import keep_picture
from minivit.ops.chance import Drop
from minivit.training import Diverged, evaluate

data, rng = minivit.load_dataset("digits"), np.random.default_rng(0)
few = hold_out(data, 0.8)  # the held-out images now stand where the test images were
(images, labels), (unseen, truth) = few.train, few.test
assert (len(labels), len(truth), len(data.test.labels)) == (287, 1150, 360)


def learn(seed=0, data=few, watch=288, dropout=0.0, on_step=lambda *_: None, **changes):
    """A model of one block learns, with nothing against overfitting but what `changes` name; after
    every epoch it is measured on `watch` of the held-out images."""
    model = minivit.variant("digits", patch=4, width=48, depth=1, mlp=96, dropout=dropout)
    plain = {"epochs": 20, "learning_rate": 5e-3, "smoothing": 0.0, "shift": 0, "weight_decay": 0.0}
    recipe = minivit.TrainingConfig(model, seed=seed, hold_out=0.8, **(plain | changes))
    some = np.random.default_rng(0).permutation(len(data.test.labels))[:watch]
    test = type(data.test)(data.test.images[some], data.test.labels[some])
    return minivit.train(recipe, data._replace(test=test), on_step=on_step)


def curve(run, name):
    return np.array([row[name] for row in run.state.history])  # (epochs,)


plain, shifted = learn(), learn(shift=1)
for name, run in (("nothing", plain), ("shifts", shifted)):
    train, held = curve(run, "train_loss"), curve(run, "held_out_loss")
    same = evaluate(run.model, images, labels)
    print(f"{name:8} training loss {train[-1]:.3f}, held-out loss {held[-1]:.3f}; at the end, on "
          f"the training images as they are {same.loss:.3f}")  # fmt: skip
    assert same.loss < held[-1] and (name == "shifts" or train[-1] < 0.03 < 0.15 < held[-1])
print(f"shifts: training loss above held-out loss in {(train > held).mean():.0%} of the epochs")
assert (train > held).mean() > 0.6 and curve(plain, "train_accuracy")[-1] == 1

# %% [markdown]
# ## The gap
#
# With nothing against it the model is right on all images that it learned from, its loss there is
# nearly 0, and on unseen ones the loss is many times larger. That gap is **overfitting**; what
# makes it smaller is a **regulariser**. The second run has one: its images are moved by a pixel.
#
# There the training loss is *above* the held-out loss, in most epochs. That is no mistake. A log's
# training loss is the mean over an epoch's steps, of images as they were shown (moved, values
# dropped, targets smoothed), by weights that were still learning; the held-out loss is taken after
# the epoch, with nothing of that. Measured alike (the last numbers), the order is as it should be.
#
# ## Augmentation
#
# A ViT does not know that a 3 moved by a pixel is a 3 (lesson 1): it must see it. A change of an
# image is *allowed* if people would still give the same label. By hand, for shifts:


# %%
def shift_by_hand(images, down, right, pixels, ground):
    border = ((0, 0), (pixels, pixels), (pixels, pixels), (0, 0))
    padded, side = np.pad(images, border, constant_values=ground), images.shape[1]
    cut = [one[d : d + side, r : r + side] for one, d, r in zip(padded, down, right, strict=True)]
    return np.stack(cut)


down, right = np.random.default_rng(1).integers(0, 3, (2, len(unseen)))  # 1: not moved
moved = shift_by_hand(unseen, down, right, 1, ground=-1.0)
assert np.array_equal(moved, random_shift(unseen, np.random.default_rng(1), pixels=1, fill=-1.0))
kinds = {"as they are": unseen, "moved": moved, "mirrored": flipped(unseen, truth >= 0)}
for name, run in (("nothing", plain), ("shifts", shifted)):
    reads = [evaluate(run.model, seen, truth).accuracy for seen in kinds.values()]
    print(f"{name:8} reads", *(f"{r:.1%} {kind};" for r, kind in zip(reads, kinds, strict=True)))
    assert reads[2] < 0.5 and (reads[1] < 0.5) == (run is plain)
ink = (unseen[..., 0] > -1).any(axis=2)  # (1150, 8): which rows have any
print(f"with ink in the first row and in the last: {ink[:, [0, 7]].all(axis=1).mean():.0%}")
assert ink[:, [0, 7]].all()

# %% [markdown]
# A mirrored 3 is no 3 (of a shirt or a cat the mirror image is one): flips teach digits something
# false. Shifts teach something true. Whether that is *useful* is another question: see below.
#
# **Mixup** (Zhang et al. 2018) lays two images over each other and shares out the target alike. As
# the loss is linear in the target, it is share CE_1 + (1 - share) CE_2.
#
#     x = share x_1 + (1 - share) x_2,       target = share onehot_1 + (1 - share) onehot_2

# %%
mixture = mixup(images, np.random.default_rng(2), alpha=0.4)
share, second, flat = mixture.shares[:, None], mixture.partners, images.reshape(287, 64)
mixed = share * flat + (1 - share) * flat[second]
target = share * np.eye(10)[labels] + (1 - share) * np.eye(10)[labels[second]]
np.testing.assert_allclose(mixture.images.reshape(287, 64), mixed, atol=1e-6)
np.testing.assert_allclose(soft_targets(labels, mixture, classes=10), target, atol=1e-6)

# %% [markdown]
# ## Dropout
#
# In a training step each value is set to 0 with probability p, so that nothing can rely on a single
# one (Srivastava et al. 2014). The others are divided by 1 - p:
#
#     y_i = keep_i x_i / (1 - p),            keep_i = 1 with probability 1 - p, else 0
#
# E[keep_i] = 1 - p, so E[y_i] = x_i: when the model is used, nothing is dropped and nothing scaled,
# and the next layer gets what it got in the mean. Backward: x_i moves y_i alone, so dx_i = keep_i
# dy_i / (1 - p), with *the same* keep. Nothing is stored for it: a seed draws it again.


# %%
def factors(shape, rate, seed):
    return (np.random.default_rng(seed).random(shape) >= rate) / (1 - rate)


def dropout_forward(x, *, rate, seed):
    return x * factors(x.shape, rate, seed), (rate, seed)


def dropout_backward(dy, cache):
    return dy * factors(dy.shape, *cache)


x, dy = rng.normal(size=(2, 8, 5, 6))
y, cache = ops.dropout_forward(x, drop=Drop(rate=0.3, seed=7))  # draws in its own way
np.testing.assert_allclose(y, (y != 0) * x / 0.7)
np.testing.assert_allclose(ops.dropout_backward(dy, cache), (y != 0) * dy / 0.7)

# %% [markdown]
# **Break it.** Another mask in the backward; no division by 1 - p; dropout left on in use. A
# gradient check finds the first. Not the second, which is the right gradient of another function:
# there the mean of many seeds tells. The third gives one image several answers.
#
# *Where?* After adding the positions, and after every linear map but that of q, k and v (the paper,
# appendix B.1). A trace with a seed, as a training step has one, names the places.


# %%
def unscaled_forward(x, *, rate, seed):
    return x * (factors(x.shape, rate, seed) > 0), (rate, seed)


for slip, forward, backward, mean in (
    ("none", dropout_forward, dropout_backward, 1.0),
    ("another mask", dropout_forward, lambda dy, c: dy * factors(dy.shape, 0.3, 8), 1.0),
    ("no 1 - p", unscaled_forward, lambda dy, c: dy * (factors(dy.shape, *c) > 0), 0.7),
):
    report = minivit.gradcheck(forward, backward, x, options={"rate": 0.3, "seed": 7})
    y = np.mean([forward(x, rate=0.3, seed=seed)[0] for seed in range(1000)], axis=0)
    ratio = (y * x).sum() / (x * x).sum()
    print(f"slip: {slip:13} gradient check: {report.verdict:10} E[y] = {ratio:.2f} x")
    assert report.ok == (slip != "another mask") and abs(ratio - mean) < 0.03
dropping = learn(dropout=0.1)
named = dropping.model.trace(images[:1], seed=1).values
places = [name for name in named if name.endswith("_kept") or name == "dropout.y"]
off = evaluate(dropping.model, unseen, truth)
answers = np.array([dropping.model.forward(unseen, seed=s)[0].argmax(axis=1) for s in range(4)])
on, differ = (answers == truth).mean(), (answers != answers[0]).any(axis=0).mean()
print("places:", *places)
print(f"off {off.accuracy:.1%} right, left on {on:.1%}; for {differ:.0%} four answers differ")
assert len(places) == 4 and on < off.accuracy + 0.005 and differ > 0.03

# %% [markdown]
# ## Label smoothing
#
# Lesson 3: with targets (1 - s) onehot + s/C the least loss is not 0 but the entropy of the targets
# (exercise 14.1), so training losses of different s can't be compared. (A log's held-out loss is
# always without smoothing.) What it surely changes is how sure the model is: its largest
# probability, in the mean, beside how often it is right.

# %%
smooth = learn(smoothing=0.1)
for name, run in (("nothing", plain), ("smoothing 0.1", smooth)):
    found, train = evaluate(run.model, unseen, truth), curve(run, "train_loss")[-1]
    sure = found.probabilities.max(axis=1).mean()
    print(f"{name:14} training loss {train:.3f}; {sure:.1%} sure, {found.accuracy:.1%} right")
    assert sure > found.accuracy if run is plain else (sure < found.accuracy and train > 0.5)

# %% [markdown]
# ## Averaging the weights
#
# At a constant rate the weights never come to rest: every batch pulls them elsewhere. Their mean
# lies nearer to the middle of where they wander (Polyak and Juditsky 1992). The **exponential
# average** keeps one more vector a (n,), with d a little below 1:
#
#     a = d a + (1 - d) p         after every step; it remembers about the last 1 / (1 - d)
#
# Begun with the first weights, a still holds d^t of them after t steps. Begun at 0 and divided by
# 1 - d^t, as Adam's moments (lesson 11), it is a true mean from the first step on. (The paper: d =
# 0.9999, in fine-tuning for 20,000 steps, and only for the ImageNet results of its table 2.)

# %%
start = minivit.ViT(plain.model.config, seed=0, position_std=1.0)  # as `learn` begins
sums, p0 = {0.97: 0.0, 0.999: 0.0}, start.parameters.flat.astype(np.float64)


def add_up(training, loss):
    for d in sums:
        sums[d] = d * sums[d] + (1 - d) * training.model.parameters.flat.astype(np.float64)


restless = learn(schedule="constant", learning_rate=0.015, average=0.97, on_step=add_up)
t = restless.optimiser.steps
np.testing.assert_allclose(sums[0.97] / (1 - 0.97**t), restless.average.arrays.flat, atol=1e-5)
raw, averaged = (curve(restless, f"{a}held_out_accuracy")[-10:] for a in ("", "averaged_"))
for name, right in (("the weights", raw), ("average, d = 0.97", averaged)):
    print(
        f"{name:18} last 10 epochs: {right.min():.1%} to {right.max():.1%}, mean {right.mean():.1%}"
    )
biased, true = sums[0.999] + 0.999**t * p0, sums[0.999] / (1 - 0.999**t)
losses = []
for name, a in (("begun with the first weights", biased), ("divided by 1 - d^t", true)):
    start.parameters.flat[:] = a
    losses.append(evaluate(start, unseen, truth).loss)
    print(f"d = 0.999, {t} steps, {name}: held-out loss {losses[-1]:.3f}")
print(f"the first weights still count {0.999**t:.0%}")
assert averaged.mean() > raw.mean() + 0.01 and losses[1] + 0.3 < losses[0]

# %% [markdown]
# ## Compare honestly
#
# With another seed (other first weights, another order) the same recipe ends elsewhere. So: three
# seeds each, all held-out images, the last epoch. Two ways are told apart here if all runs of one
# lie above all runs of the other. Chance alone does that in 2 of 20 cases (there are 20 choices of
# 3 runs among 6): it is weak evidence, and less is none.

# %%
more = few._replace(train=few.test, test=few.train)  # the two sets have changed places
ways = {
    "nothing": ({}, [plain]),
    "4 x the images": ({"data": more, "epochs": 5}, []),  # 180 steps, as the others
    "rotation by 15": ({"rotation": 15.0}, []),
    "smoothing 0.1": ({"smoothing": 0.1}, [smooth]),
    "dropout 0.1": ({"dropout": 0.1}, [dropping]),
    "flips": ({"flip": "random"}, []),
    "shifts by 1": ({"shift": 1}, [shifted]),
}
table = {}
for way, (changes, done) in ways.items():
    three = done + [learn(seed, watch=10, **changes) for seed in range(len(done), 3)]
    test = changes.get("data", few).test
    table[way] = found = np.array([evaluate(run.model, *test).accuracy for run in three])
    base = table["nothing"]
    told = "better" if found.min() > base.max() else "worse" if found.max() < base.min() else "?"
    print(f"{way:15}", *(f"{right:.1%}" for right in found), f" mean {found.mean():.1%}  {told}")
gain = {way: right.mean() - base.mean() for way, right in table.items()}
assert gain["4 x the images"] > 0.01 and gain["shifts by 1"] < -0.02 and gain["flips"] < 0.01
assert all(abs(gain[way]) < 0.05 for way in list(ways)[2:5])

# %% [markdown]
# More images help most (these were measured on the 287 others), and augmentation is the attempt to
# make some. What the other regularisers do here is hardly more than what a seed does; where the
# last column has a "?", it can't be told from nothing. Shifts are true, and *harm*: every held-out
# digit reaches from the first row to the last, so none looks like one that was moved up or down;
# and after 180 steps, with nine places of each to learn, even the training loss is still high. (The
# recipe `digits` has shifts, 1,437 images and 2,700 steps.) The paper tunes weight decay, dropout
# and smoothing where data are few (section 4.3).
#
# **The last epoch, not the best.** Epochs differ by luck too; who reports the best of K reports the
# luck. Simulated: 30 epochs, each truly 93 % right, measured on 360 images. (Real epochs resemble
# each other, so their luck is smaller.) An epoch is chosen on held-out images, like all else,
# and the test images are looked at once, at the end: now, for the model with smoothing.

# %%
measured = rng.binomial(360, 0.93, size=(10_000, 30)) / 360
last, best = measured[:, -1].mean(), measured.max(axis=1).mean()
print(f"truly 93.0%: the last epoch says {last:.1%} in the mean, the best {best:.1%}")
assert abs(last - 0.93) < 0.001 and best > 0.95
once = evaluate(smooth.model, *data.test).accuracy
print(f"smoothing 0.1, seed 0: held-out {table['smoothing 0.1'][0]:.1%}, test {once:.1%}")
assert once > 0.85

# %% [markdown]
# ## Reading the curves
#
# | you see | it may be | try |
# |---|---|---|
# | training loss near 0, held-out loss turns and rises | learning by heart | more images |
# | training loss above held-out loss | augmentation, dropout, smoothing | nothing: no mistake |
# | both high, still falling slowly at the end | rate too low, too few steps | 3 times the rate |
# | both high, with jumps up | rate too high | a third, longer warm-up |
# | zigzag from step to step | noise of batches, like 1 / sqrt(B) | look at means, larger B |
# | NaN | diverged | lower rate, clipping |

# %%
hot, cold = (learn(learning_rate=rate, watch=10, epochs=10) for rate in (0.5, 5e-5))
for name, run in (("100 times the rate", hot), ("a 100th of it", cold)):
    print(f"{name}: training loss {curve(run, 'train_loss')[::3].round(2)}")
    assert curve(run, "train_loss")[-1] > 0.4
surprise = -np.log(evaluate(plain.model, unseen, truth).probabilities[np.arange(1150), truth])
noise = [surprise[rng.integers(0, 1150, (4000, B))].mean(axis=1).std() for B in (4, 64)]
print(f"loss of one batch, standard deviation: B = 4 {noise[0]:.3f}, B = 64 {noise[1]:.3f}")
assert 3.3 < noise[0] / noise[1] < 4.7  # sqrt(64 / 4) = 4
try:
    with np.errstate(all="ignore"):
        learn(optimiser="sgd", learning_rate=1e8, clip=1e30)
    raise AssertionError("this should diverge")
except Diverged as error:
    print(error)

# %% [markdown]
# ## A picture to keep


# %%
def draw(figure):
    """Above: learned by heart, the held-out loss turns and rises; with shifts the training loss
    lies above it. Below: with a wrong rate the training loss stays high; where the dots of a way
    reach into the grey band of nothing, three seeds do not tell the two apart."""
    (heart, above), (rates, dots) = figure.subplots(2, 2)
    for axes, run, title in (
        (heart, restless, "by heart, at a constant rate"),
        (above, shifted, "shifts: above is no mistake"),
    ):
        axes.plot(range(1, 21), curve(run, "train_loss"), "--", label="training loss")
        axes.plot(range(1, 21), curve(run, "held_out_loss"), label="held-out loss")
        axes.set(title=title, xlabel="epoch", ylabel="loss", xticks=(1, 5, 10, 15, 20), ylim=0)
    for run, rate, style in ((hot, "0.5", ":"), (plain, "0.005", "-"), (cold, "0.00005", "--")):
        rates.plot(range(1, 11), curve(run, "train_loss")[:10], style, label=f"rate {rate}")
    rates.axhline(math.log(10), color="#777777", linewidth=0.8)
    rates.set(title="training loss, and ln 10", xlabel="epoch", ylim=(0, 4))
    for place, right in enumerate(table.values()):
        dots.plot(right, [-place] * 3, "o", color="#0072b2")
    dots.axvspan(base.min(), base.max(), color="#dddddd")
    dots.set_yticks([-place for place in range(len(table))], list(table))
    dots.set(title="three seeds each", xlabel="held-out images read right")


keep_picture(draw, "14_training.png", 11, 7.5)

# %% [markdown]
# ## Exercises
#
# **14.1 The perfect model.** With smoothing s and C classes: the least training loss that a model
# can have, and the held-out loss (without smoothing) of a model that gives unseen images the same
# probabilities? Return both. Roughly 3 lines.


# %%
def least_losses(C, s):
    ### BEGIN SOLUTION
    right, wrong = 1 - s + s / C, s / C  # probs = targets
    return -right * math.log(right) - (C - 1) * wrong * math.log(wrong), -math.log(right)
    ### END SOLUTION


for C, s in ((10, 0.1), (2, 0.3), (1000, 0.1)):
    best = np.log((1 - s) * np.eye(C)[:1] + s / C)  # logits whose softmax is the targets
    true = [float(ops.cross_entropy_forward(best, labels=[0], smoothing=s)[0]), -best[0, 0]]
    found = least_losses(C, s)
    assert math.isclose(found[0], true[0]), f"{found[0]} is not {true[0]}, where probs = targets"
    assert math.isclose(found[1], true[1]), f"{found[1]} is not -log probs of the right class"
print("14.1 is right")

# %% [markdown]
# **14.2 Drop whole tokens.** In a training step each token of x (B, T, D) except cls, row 0, is
# dropped with probability `rate`: all its D values become 0. Keep E[y] = x, and let the seed alone
# decide. Code forward (it returns y and a cache of yours) and backward. Roughly 5 lines.


# %%
def drop_tokens_forward(x, *, rate, seed):
    ### BEGIN SOLUTION
    factor = factors(x.shape[:2], rate, seed)  # (B, T)
    factor[:, 0] = 1
    return x * factor[:, :, None], factor
    ### END SOLUTION


def drop_tokens_backward(dy, cache):
    ### BEGIN SOLUTION
    return dy * cache[:, :, None]
    ### END SOLUTION


x = rng.uniform(1, 2, size=(400, 5, 3))
y, again, another = (drop_tokens_forward(x, rate=0.25, seed=seed)[0] for seed in (1, 1, 2))
assert np.array_equal(y, again) and not np.array_equal(y, another), "the seed alone decides"
assert np.array_equal(y[:, 0], x[:, 0]), "cls is neither dropped nor scaled"
assert np.allclose(y / x, (y / x)[:, :, :1]), "a token's D values go or stay together"
assert abs((y[:, 1:] == 0).mean() - 0.25) < 0.05, "a part of `rate` is dropped, no more, no less"
assert ((y[0] == 0) != (y[1:9] == 0)).any(), "every image has a draw of its own"
assert np.allclose((y / x)[:, 1:].max(), 1 / 0.75), "E[y] = x: divide by 1 - rate"
options = {"rate": 0.25, "seed": 3}
report = minivit.gradcheck(drop_tokens_forward, drop_tokens_backward, x[:4], options=options)
assert report.ok, f"each dx is dy times the factor of the forward:\n{report}"
print("14.2 is right")

# %% [markdown]
# **14.3 The running average.** With m = d m + (1 - d) p from m = 0, and a = m / (1 - d^t), the
# library never keeps m: after step t = 1, 2, ... it moves a = a + share (p - a). Derive the share
# from t and d. Roughly 1 line.


# %%
def share_of(t, d):
    ### BEGIN SOLUTION
    return (1 - d) / (1 - d**t)  # put m = (1 - d^(t-1)) a, the one before, into m / (1 - d^t)
    ### END SOLUTION


assert math.isclose(share_of(1, 0.9), 1), "after step 1 the average is p, whatever a was before"
a, m = 5.0, 0.0
for t, p in enumerate(rng.normal(size=50), start=1):
    a, m = a + share_of(t, 0.9) * (p - a), 0.9 * m + 0.1 * p
    assert math.isclose(a, m / (1 - 0.9**t), abs_tol=1e-9), f"after step {t} it is another number"
print("14.3 is right")

# %% [markdown]
# **14.4 The doctor.** Given `train` and `held`, losses of ten classes epoch by epoch, return what
# ails a training: "by heart", "rate too high", "rate too low", or "healthy". A training that has
# learned something ends with a training loss below 1; a held-out loss that ends a quarter above
# its least has turned. Name the four below by eye first. Roughly 4 lines.

# %%
curves = {
    "A": ([2.30, 1.62, 0.92, 0.68, 0.41], [2.27, 1.40, 0.75, 0.55, 0.46]),
    "B": ([2.75, 2.41, 2.47, 2.19, 1.32], [3.62, 2.37, 2.45, 2.15, 1.58]),
    "C": ([2.29, 0.63, 0.09, 0.04, 0.01], [2.21, 0.64, 0.43, 0.44, 0.63]),
    "D": ([2.30, 2.29, 2.27, 2.24, 2.21], [2.30, 2.30, 2.28, 2.25, 2.22]),
}


def diagnose(train, held):
    ### BEGIN SOLUTION
    if train[-1] >= 1:
        return "rate too high" if max(np.diff(train)) > 0 else "rate too low"
    return "by heart" if held[-1] >= 1.25 * min(held) else "healthy"
    ### END SOLUTION


for name, true in zip(
    "ABCD", ("healthy", "rate too high", "by heart", "rate too low"), strict=True
):
    found = diagnose(*curves[name])
    assert found == true, f"{name} is {true}, you said {found}; its losses are {curves[name]}"
found = diagnose([2.3, 0.9, 0.3, 0.32, 0.1], [2.2, 0.9, 0.41, 0.36, 0.38])
assert found == "healthy", f"neither a gap nor a small rise is an illness; you said {found}"
found = diagnose([2.3, 1.7, 2.1, 1.8, 1.5], [2.2, 1.9, 2.0, 1.8, 1.6])
assert found == "rate too high", f"it jumps, and has learned little; you said {found}"
print("14.4 is right")
