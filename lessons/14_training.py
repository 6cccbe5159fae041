# %% [markdown]
# # Lesson 14: training for unseen images, and reading its curves
#
# *70 minutes; builds on lessons 3 and 11.*
#
# **The question.** Lesson 11 had a model learn 16 images by heart. That shows that the loop works,
# and no more. What makes a model right on images that it has never seen? And how do the curves of a
# training tell what is wrong with it?
#
# **The shapes.** Images are (B, height, width, channels), values x (B, T, D), targets (B, C), and
# all weights together are p (n,), as before. What matters here is which images serve for what:
#
# | images | here | serve for |
# |---|---|---|
# | training | 287 | the gradients |
# | held-out: training images that no gradient sees | 1,150 | every choice that we make |
# | test | 360 | one look, when all is chosen |
#
# We hold out 80 %, far more than usual: with so little to learn from, the trouble shows within a
# second, and 92 % right of 1,150 has a standard deviation of sqrt(0.92 0.08 / 1150) = 0.8 %. Two
# trainings come first: one has nothing against learning by heart, the other shows every image moved
# by up to a pixel, each time in a direction drawn anew.

# %%
import numpy as np

import minivit
from minivit import ops
from minivit.data import hold_out
from minivit.data.augmentation import random_shift
from minivit.figures import keep_picture
from minivit.ops.chance import Drop
from minivit.training import evaluate

data, rng = minivit.load_dataset("digits"), np.random.default_rng(0)
few = hold_out(data, 0.8)  # its `test` are the held-out images
(images, labels), (unseen, truth) = few.train, few.test
assert (len(labels), len(truth), len(data.test.labels)) == (287, 1150, 360)


def learn(seed=0, data=few, every=4, dropout=0.0, on_step=lambda *_: None, **changes):
    """A model of one block learns; after each epoch it is measured on every fourth held-out one."""
    model = minivit.variant("digits", patch=4, width=48, depth=1, mlp=96, dropout=dropout)
    plain = {"epochs": 18, "learning_rate": 0.01, "smoothing": 0.0, "shift": 0, "weight_decay": 0.0}
    recipe = minivit.TrainingConfig(model, batch=64, seed=seed, hold_out=0.8, **(plain | changes))
    some = data.test._make(array[::every] for array in data.test)
    return minivit.train(recipe, data._replace(test=some), on_step=on_step)


def curve(run, name):
    return np.array([row[name] for row in run.state.history])  # (epochs,)


plain, shifted = learn(), learn(shift=1)
moved = random_shift(unseen, np.random.default_rng(1), pixels=1, fill=-1.0)  # -1: background
for name, run in (("nothing", plain), ("shifts", shifted)):
    train, held = curve(run, "train_loss")[-1], curve(run, "held_out_loss")[-1]
    after = evaluate(run.model, images, labels).loss
    read, read_moved = (evaluate(run.model, seen, truth).accuracy for seen in (unseen, moved))
    print(f"{name:7} training loss {train:.3f}, afterwards {after:.3f}; held-out loss {held:.3f}")
    print(f"        reads {read:.1%} of the held-out images, {read_moved:.1%} of them when moved")
    assert after < held and (train < held / 3 if run is plain else train > held)

# %% [markdown]
# ## The gap
#
# In the first the training loss ends near 0, and the held-out loss is many times larger. That gap
# is **overfitting**. What makes it smaller is a **regulariser**: the shifts are one.
#
# In the second the training loss lies *above* the held-out loss. That is no mistake: it is the mean
# over an epoch's steps, of images as they were shown (moved, say), by weights that were still
# learning; the held-out loss is taken after the epoch, of images as they are. Measured in that way
# too ("afterwards"), the training loss is below.
#
# To show changed images is **augmentation**. A ViT does not know that a 3 moved by a pixel is a 3
# (lesson 1): it must see it. A change is *allowed* if people would still give the same label. A
# shift is; but a mirrored 3 is no 3 (a mirrored cat is a cat). What is allowed need not be useful:
# with shifts fewer digits are read. The comparison below tells why.
#
# ## Dropout
#
# In a training step each value becomes 0 with a probability `rate` (not the learning rate), so that
# nothing can rely on a single one (Srivastava et al. 2014). The others are divided by 1 - rate:
#
#     y_i = keep_i x_i / (1 - rate)          keep_i = 1 with probability 1 - rate, else 0
#
# 1. *Forward.* Over many draws keep_i is 1 - rate in the mean, so y_i is x_i in the mean. When the
#    model is used, nothing is dropped and nothing scaled: the next layer gets what it is used to.
# 2. *Backward.* x_i moves y_i alone, by keep_i / (1 - rate). So dx_i = keep_i dy_i / (1 - rate),
#    with *the same* keep. It need not be stored: its seed draws it again.
#
# **Break it.** Two slips: the backward draws another keep; or nothing is divided by 1 - rate. A
# gradient check finds the first. It can't find the second, which has the right gradient of another
# function: there the mean of y over many seeds tells.


# %%
def factors(shape, rate, seed):
    return (np.random.default_rng(seed).random(shape) >= rate) / (1 - rate)


def dropout_forward(x, *, rate, seed):
    return x * factors(x.shape, rate, seed), (rate, seed)


def dropout_backward(dy, cache):
    return dy * factors(dy.shape, *cache)


x, dy = rng.normal(size=(2, 8, 5, 6))
y, cache = ops.dropout_forward(x, drop=Drop(rate=0.3, seed=7))  # the library draws in its own way
np.testing.assert_allclose(y, (y != 0) * x / 0.7)
np.testing.assert_allclose(ops.dropout_backward(dy, cache), (y != 0) * dy / 0.7)


def undivided_forward(x, *, rate, seed):
    return x * (factors(x.shape, rate, seed) > 0), (rate, seed)


for slip, forward, backward, mean in (
    ("none", dropout_forward, dropout_backward, 1.0),
    ("another keep", dropout_forward, lambda dy, c: dy * factors(dy.shape, 0.3, 8), 1.0),
    ("undivided", undivided_forward, lambda dy, c: dy * (factors(dy.shape, *c) > 0), 0.7),
):
    report = minivit.gradcheck(forward, backward, x, options={"rate": 0.3, "seed": 7})
    y = np.mean([forward(x, rate=0.3, seed=seed)[0] for seed in range(1000)], axis=0)
    part = (x * y).sum() / (x * x).sum()
    print(f"slip: {slip:13} gradient check: {report.verdict:10} mean of y: {part:.2f} x")
    assert report.ok == (slip != "another keep") and abs(part - mean) < 0.03

# %% [markdown]
# ## Label smoothing
#
# Lesson 3: with smoothing s the targets are t_c = (1 - s) onehot_c + s/C. The gradient, probs - t,
# is 0 where probs = t. There the loss is least, and it is not 0 but the **entropy** of the targets:
#
#     floor = - sum_c t_c log t_c
#
# So training losses of different s can't be compared. (A log's held-out loss is without smoothing.)

# %%
smooth, target = learn(smoothing=0.1, every=100), 0.9 * np.eye(10)[0] + 0.1 / 10
floor, reached = -(target * np.log(target)).sum(), curve(smooth, "train_loss")[-1]
print(f"smoothing 0.1: training loss {reached:.3f}, floor {floor:.3f}")
assert floor < reached < floor + 0.3

# %% [markdown]
# ## Averaging the weights
#
# At a constant learning rate the weights never come to rest: every batch pulls them elsewhere.
# Their mean lies nearer to the middle of where they wander (Polyak and Juditsky 1992). The
# **exponential average** needs one more vector, m (n,), and a number d a little below 1:
#
#     m = d m + (1 - d) p        after every step
#
# Begun at 0, after t steps m holds the weights of step k with the share (1 - d) d^(t-k). Together
# these shares are (1 - d) (1 + d + ... + d^(t-1)) = 1 - d^t. So a = m / (1 - d^t) is a true mean
# from the first step on, as with Adam's moments (lesson 11): mostly of the last 1 / (1 - d) steps.

# %%
d, m = 0.97, np.zeros(plain.model.parameters.flat.size)


def add_up(training, loss):
    m[:] = d * m + (1 - d) * training.model.parameters.flat
    a = m / (1 - d**training.optimiser.steps)
    np.testing.assert_allclose(a, training.average.arrays.flat, atol=1e-5)  # the library's


restless = learn(schedule="constant", learning_rate=0.015, average=d, on_step=add_up)
raw, averaged = (curve(restless, f"{a}held_out_accuracy")[-9:] for a in ("", "averaged_"))
print(f"mean of the last 9 epochs: weights {raw.mean():.1%}, average {averaged.mean():.1%}")
assert averaged.mean() > raw.mean() + 0.01

# %% [markdown]
# ## Compare honestly
#
# With another seed (other first weights, another order) the same recipe ends elsewhere. So: three
# seeds each, all held-out images, and the last epoch, as the best of many is only the luckiest. Two
# ways are told apart if all runs of one lie above all runs of the other. If they are alike, chance
# does that in 2 of 20 cases (3 of 6 can be chosen in 20 ways): weak evidence, and less is none.

# %%
exchanged = few._replace(train=few.test, test=few.train)  # learns from the 1,150 others
ways = {
    "nothing": ({}, [plain]),
    "4 x the images": ({"data": exchanged, "epochs": 5, "warmup_epochs": 0.5}, []),  # as many steps
    "smoothing 0.1": ({"smoothing": 0.1}, [smooth]),
    "dropout 0.1": ({"dropout": 0.1}, []),
    "flips": ({"flip": "random"}, []),
    "shifts by 1": ({"shift": 1}, [shifted]),
}
table = {}
for way, (changes, done) in ways.items():
    runs = done + [learn(seed, every=100, **changes) for seed in range(len(done), 3)]
    test = changes.get("data", few).test
    table[way] = found = np.array([evaluate(run.model, *test).accuracy for run in runs])
    base = table["nothing"]
    told = "better" if found.min() > base.max() else "worse" if found.max() < base.min() else "?"
    print(f"{way:15}", *(f"{right:.1%}" for right in found), f" mean {found.mean():.1%}  {told}")
gain = {way: right.mean() - base.mean() for way, right in table.items()}
assert gain["4 x the images"] > 0.01 and max(gain["flips"], gain["shifts by 1"]) < -0.01
assert max(abs(gain["smoothing 0.1"]), abs(gain["dropout 0.1"])) < 0.03
assert (unseen[..., 0] > -1).any(axis=2)[:, [0, 7]].all()  # ink in the first and the last row
print(f"one look at the test images: {evaluate(smooth.model, *data.test).accuracy:.1%} (smoothing)")

# %% [markdown]
# More images help most (these were measured on the 287): augmentation is the attempt to make some.
# Smoothing and dropout change the mean by about a point, and so does another seed: a "?" can't be
# told from nothing. Flips teach something false, and harm. Shifts teach something true, and harm
# too: every held-out digit reaches from the first row to the last, so none looks like one moved up
# or down; and in so few steps, with nine places of each to learn, the training loss is still high.
#
# ## Reading the curves
#
# | you see | it may be | try |
# |---|---|---|
# | training loss near 0, held-out loss stands or rises | learning by heart | more images |
# | training loss above held-out loss | augmentation, dropout, smoothing | nothing: no mistake |
# | both high, still falling slowly at the end | rate too low, too few steps | 3 times the rate |
# | both high, with jumps up | rate too high | a third, longer warm-up |

# %%
hot, cold = (learn(learning_rate=rate, every=100, epochs=8) for rate in (0.5, 1e-4))
assert min(curve(run, "train_loss")[-1] for run in (hot, cold)) > 1
held = curve(restless, "held_out_loss")
assert held[9:].mean() > held[:9].min()


def draw(figure):
    """By heart: the training loss falls on, the held-out loss does not. With shifts: the training
    loss lies above, which is no mistake. Three rates: with a wrong one the loss stays high."""
    heart, above, rates = figure.subplots(1, 3)
    for axes, run, title in ((heart, restless, "by heart"), (above, shifted, "with shifts")):
        axes.plot(curve(run, "epoch"), curve(run, "train_loss"), "--", label="training loss")
        axes.plot(curve(run, "epoch"), curve(run, "held_out_loss"), label="held-out loss")
        axes.set(title=title, xlabel="epoch", ylabel="loss", ylim=0, xticks=(1, 6, 12, 18))
    for run, rate, style in ((hot, "0.5", ":"), (plain, "0.01", "-"), (cold, "0.0001", "--")):
        rates.plot(range(1, 9), curve(run, "train_loss")[:8], style, label=f"rate {rate}")
    rates.set(title="three learning rates", xlabel="epoch", ylabel="training loss", ylim=(0, 5))


keep_picture(draw, "14_training.png", 13, 4)

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
    return -right * np.log(right) - (C - 1) * wrong * np.log(wrong), -np.log(right)
    ### END SOLUTION


for C, s in ((10, 0.1), (2, 0.3), (1000, 0.1)):
    best = np.log((1 - s) * np.eye(C)[:1] + s / C)  # logits whose softmax is the targets
    true = [float(ops.cross_entropy_forward(best, labels=[0], smoothing=s)[0]), -best[0, 0]]
    found = least_losses(C, s)
    assert np.isclose(found[0], true[0]), f"{found[0]} is not {true[0]}, where probs = targets"
    assert np.isclose(found[1], true[1]), f"{found[1]} is not -log probs of the right class"
print("14.1 is right")

# %% [markdown]
# **14.2 Drop whole tokens.** In a training step each token of x (B, T, D) except cls, row 0, is
# dropped with probability `rate`: all its D values become 0. In the mean y must be x, and the seed
# alone decides. Code forward (it returns y and a cache of yours) and backward. Roughly 5 lines.


# %%
def drop_forward(x, *, rate, seed):
    ### BEGIN SOLUTION
    factor = factors(x.shape[:2], rate, seed)  # (B, T)
    factor[:, 0] = 1
    return x * factor[:, :, None], factor
    ### END SOLUTION


def drop_backward(dy, cache):
    ### BEGIN SOLUTION
    return dy * cache[:, :, None]
    ### END SOLUTION


x = rng.uniform(1, 2, size=(400, 5, 3))
y, _ = drop_forward(x, rate=0.25, seed=1)
assert np.array_equal(y[:, 0], x[:, 0]), "cls is neither dropped nor scaled"
assert np.allclose(y / x, (y / x)[:, :, :1]), "a token's D values go or stay together"
assert abs((y[:, 1:] == 0).mean() - 0.25) < 0.05, "a part of `rate` is dropped, no more, no less"
assert ((y[0] == 0) != (y[1:9] == 0)).any(), "every image has a draw of its own"
assert np.allclose((y / x)[:, 1:].max(), 1 / 0.75), "y = x in the mean: divide by 1 - rate"
report = minivit.gradcheck(drop_forward, drop_backward, x[:4], options={"rate": 0.25, "seed": 3})
assert report.ok, f"each dx is dy times the factor of the forward:\n{report}"
print("14.2 is right")

# %% [markdown]
# **14.3 The doctor.** Given `train` and `held`, losses of ten classes epoch by epoch, return what
# ails a training: "by heart", "rate too high", "rate too low", or "healthy". A training that has
# learned something ends with a training loss below 1; a held-out loss that ends a quarter above
# its least has turned. Name the six below by eye first. Roughly 4 lines.

# %%
curves = (
    ([2.30, 1.62, 0.92, 0.68, 0.41], [2.27, 1.40, 0.75, 0.55, 0.46]),
    ([2.75, 2.41, 2.47, 2.19, 1.32], [3.62, 2.37, 2.45, 2.15, 1.58]),
    ([2.29, 0.63, 0.09, 0.04, 0.01], [2.21, 0.64, 0.43, 0.44, 0.63]),
    ([2.30, 2.29, 2.27, 2.24, 2.21], [2.30, 2.30, 2.28, 2.25, 2.22]),
    ([2.30, 0.90, 0.30, 0.32, 0.10], [2.20, 0.90, 0.41, 0.36, 0.38]),
    ([2.30, 1.70, 2.10, 1.80, 1.50], [2.20, 1.90, 2.00, 1.80, 1.60]),
)


def diagnose(train, held):
    ### BEGIN SOLUTION
    if train[-1] >= 1:
        return "rate too high" if max(np.diff(train)) > 0 else "rate too low"
    return "by heart" if held[-1] >= 1.25 * min(held) else "healthy"
    ### END SOLUTION


answers = "healthy", "rate too high", "by heart", "rate too low", "healthy", "rate too high"
for (train, held), true in zip(curves, answers, strict=True):
    found = diagnose(train, held)
    assert found == true, f"it is {true}, you said {found}: training {train}, held-out {held}"
print("14.3 is right")
