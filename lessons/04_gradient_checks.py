# %% [markdown]
# # Lesson 4: checking gradients
#
# *55 minutes; builds on lesson 3.*
#
# **The question.** A backward written by hand may be wrong, and training would hardly tell: many a
# wrong gradient still leads downhill. How do we find out, in seconds, and when does a check say
# "right" of something wrong, or "wrong" of something right?
#
# **The shapes.** An op makes y of x. The loss is some number made of y, and `dy` = d loss / d y, of
# y's shape, is all that the op learns of it. Its backward makes dx = d loss / d x, of x's shape.
# For a check any loss will do; we take
#
#     loss(x) = sum(dy y(x))     with a fixed dy: then d loss / d y = dy
#
# In the examples x is (3, 5): three tokens, D = 5. The op is mostly LayerNorm; lesson 5 derives its
# backward, and here it is only something to check.

# %%
import numpy as np

import minivit
from minivit import ops
from minivit.figures import keep_picture

rng = np.random.default_rng(0)
x, gamma, beta = rng.normal(size=(3, 5)), rng.normal(size=5), rng.normal(size=5)
dy = rng.normal(size=(3, 5))

# %% [markdown]
# ## The derivation: two errors
#
# Move one number of x by a small step h, up and down (Taylor's series):
#
#     f(x + h) = f + h f' + h^2/2 f'' + h^3/6 f''' + ...
#     f(x - h) = f - h f' + h^2/2 f'' - h^3/6 f''' + ...
#
# - *One-sided:* (f(x + h) - f(x)) / h = f' + h/2 f'' + ... Ten times shorter, ten times better.
# - *Centred:* (f(x + h) - f(x - h)) / 2h = f' + h^2/6 f''' + ... The even terms cancel: ten times
#   shorter, a hundred times better.
# - *Rounding:* the two values of f are rounded, each by about eps |f|, where eps is 2e-16 in
#   float64 and 1e-7 in float32. Their difference keeps that error, and the division by h enlarges
#   it: ten times shorter, ten times worse.
#
# The sum of both errors, h^2 + eps/h for functions of ordinary size, is least near h = eps^(1/3):
# 6e-6 in float64, where an error of eps^(2/3) = 4e-11 is left. One-sided it is h = eps^(1/2) and
# 1e-8.
#
# - *Complex step:* f(x + ih) = f + ih f' - h^2/2 f'' - ..., so Im f(x + ih) / h = f' - h^2/6 f''' +
#   ... Nothing is subtracted, nothing is lost to rounding, and h may be 1e-20 (Squire and Trapp
#   1998). But f must be made of operations that take complex numbers: no absolute value, no
#   comparison that matters.
#
# ## By hand
#
# Here is LayerNorm with every step from 1 to 1e-15, against its handwritten backward: both errors
# are there, each with its slope. In float32 few steps come below 1e-4, where "right" begins:
# gradients are checked in float64.


# %%
def numeric_gradient(loss, x, h, kind="centred"):
    """Move every number of x by h, one after the other: -> an array like x."""
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = h
        if kind == "centred":
            gradient[index] = (loss(x + step) - loss(x - step)) / (2 * h)
        elif kind == "one-sided":
            gradient[index] = (loss(x + step) - loss(x)) / h
        else:
            gradient[index] = loss(x + 1j * step).imag / h
    return gradient


def relative_error(numeric, given, floor=1e-4):
    """0 where both are the same; near 1 where they have nothing in common."""
    size = np.abs(numeric).max() + np.abs(given).max()
    return np.abs(numeric - given).max() / (size + floor)  # the floor: what is 0 may be rounded


def loss(x):
    y, _ = ops.layernorm_forward(x, gamma, beta)
    return (dy.astype(y.real.dtype) * y).sum()


_, cache = ops.layernorm_forward(x, gamma, beta)
dx, dgamma, dbeta = ops.layernorm_backward(dy, cache)
steps = 10.0 ** -np.arange(16)
in_float32 = [numeric_gradient(loss, np.float32(x), np.float32(h)) for h in steps]
errors = {"centred, float32": [relative_error(numeric, dx) for numeric in in_float32]}
for kind in ("one-sided", "centred", "complex step"):
    errors[kind] = [relative_error(numeric_gradient(loss, x, h, kind), dx) for h in steps]
for kind, row in errors.items():
    print(f"{kind:<17} best {min(row):.0e} at a step of {steps[np.argmin(row)]:.0e}")
assert 8 < errors["one-sided"][2] / errors["one-sided"][3] < 12  # a shorter step: ten times better
assert 80 < errors["centred"][2] / errors["centred"][3] < 120  # a hundred times better
assert errors["centred"][13] > 100 * errors["centred"][9]  # rounding: worse again
assert 1e-12 < min(errors["centred"]) < 1e-9 < min(errors["one-sided"]) < 1e-6
assert sum(error < 1e-4 for error in errors["centred, float32"]) <= 3
assert sum(error < 1e-4 for error in errors["centred"]) >= 8
assert max(errors["complex step"][8:]) < 1e-14

# %% [markdown]
# ## The library's version
#
# `minivit.gradcheck` checks every gradient of an op in this way, with a step that suits the
# numbers, and says in words what it finds: below 1e-7 excellent, up to 1e-4 right, above that
# wrong. It also looks whether the op keeps to the rules: shapes, dtypes, no writing into its
# arguments. A slip of one percent scores 0.01 / 2.01, since the sum of both stands below the line:
# half a percent, fifty times above the limit of 1e-4.

# %%
report = minivit.gradcheck(ops.layernorm_forward, ops.layernorm_backward, x, gamma, beta)
print(report)
assert report.verdict == "excellent"
exact = minivit.gradcheck(
    ops.layernorm_forward, ops.layernorm_backward, x, gamma, beta, complex_step=True
)
print(f"worst by complex steps: {exact.worst:.0e}")
assert exact.ok and exact.worst < 1e-13


def one_percent_off(dy, cache):
    dx, dgamma, dbeta = ops.layernorm_backward(dy, cache)
    return 1.01 * dx, dgamma, dbeta


report = minivit.gradcheck(ops.layernorm_forward, one_percent_off, x, gamma, beta)
print(report)
assert abs(report.worst - 0.01 / 2.01) < 1e-5 and "1.01 times" in report.rows[0].note

# %% [markdown]
# ## Break it: ones as upstream gradient
#
# Many write `loss = y.sum()` for a check, which is dy = ones. But each row of a softmax sums to 1,
# and each row of a LayerNorm to 0 (with gamma = 1, as it begins): that loss is a constant, its
# gradient is 0, and every backward that gives 0 for ones passes. Here are nine slips, and the check
# by hand with ones and with a random dy.


# %%
def mean(a):
    return a.mean(axis=-1, keepdims=True)


def row_sum(d):
    return (d * probs).sum(axis=-1, keepdims=True)


def error(forward, backward, d):
    numeric = numeric_gradient(lambda moved: (d * forward(moved)[0]).sum(), x, 1e-5)
    return relative_error(numeric, backward(d))


def fresh_layernorm(x):
    return ops.layernorm_forward(x, np.ones(5), np.zeros(5))


probs, _ = ops.softmax_forward(x)
_, (x_hat, rstd, _) = fresh_layernorm(x)  # x normalised; 1 / its deviation
of_softmax = {  # right: probs * (d - row_sum(d))
    "twice the gradient": lambda d: 2 * probs * (d - row_sum(d)),
    "wrong sign": lambda d: probs * (row_sum(d) - d),
    "row mean for row sum": lambda d: probs * (d - mean(d)),
    "probs forgotten": lambda d: d - row_sum(d),
    "probs twice": lambda d: probs**2 * (d - row_sum(d)),
}
of_layernorm = {  # right: rstd * (d - mean(d) - x_hat * mean(d * x_hat))
    "no term of the variance": lambda d: rstd * (d - mean(d)),
    "that term with a plus": lambda d: rstd * (d - mean(d) + x_hat * mean(d * x_hat)),
    "that term with D - 1": lambda d: rstd * (d - mean(d) - 5 / 4 * x_hat * mean(d * x_hat)),
    "rstd forgotten": lambda d: d - mean(d) - x_hat * mean(d * x_hat),
}
found = {"ones": 0, "random": 0}
for forward, slips in ((ops.softmax_forward, of_softmax), (fresh_layernorm, of_layernorm)):
    for slip, backward in slips.items():
        with_ones, with_random = (error(forward, backward, d) for d in (np.ones((3, 5)), dy))
        print(f"{forward.__name__:<16}{slip:<24} ones {with_ones:.0e}  random {with_random:.0e}")
        found["ones"] += with_ones > 1e-4
        found["random"] += with_random > 1e-4
assert found == {"ones": 0, "random": 9}
without_row_sum = error(ops.softmax_forward, lambda d: probs * d, np.ones((3, 5)))
print(f"softmax_forward without the row sum      ones {without_row_sum:.0e}")
assert without_row_sum > 0.5

# %% [markdown]
# Ones find none of the nine, a random dy finds them all. Not every slip hides from ones: the last
# line shows one that forgets the row sum altogether. `gradcheck` draws dy at random, twice.
#
# ## Break it: kinks
#
# ReLU(x) = max(x, 0) has slope 0 on the left and slope 1 on the right. A centred difference across
# the kink is a mixture: the right backward looks wrong at x = 1e-6, until the step is shorter than
# the way to the kink. At 0 itself no step helps: there is no derivative, and any number between the
# two one-sided slopes may be called the gradient. `gradcheck` compares the slopes of both sides,
# and accepts what lies between.

# %%
near = np.array([1e-6])
long, short = (numeric_gradient(lambda x: np.maximum(x, 0).sum(), near, h)[0] for h in (1e-5, 1e-7))
print(f"slope of ReLU at 1e-6: {long:.2f} with a step of 1e-5, {short:.2f} with 1e-7")
assert abs(long - 0.55) < 1e-6 and abs(short - 1) < 1e-6
for at_zero in (0.0, 0.5, 1.0, 2.0):
    report = minivit.gradcheck(
        lambda x: (np.maximum(x, 0), x),
        lambda dy, x, s=at_zero: dy * np.where(x == 0, s, x > 0),
        np.array([0, 1, -2.0]),
    )
    print(f"ReLU's slope at 0 taken as {at_zero}: {report.rows[0].verdict}")
    assert report.ok == (at_zero <= 1)

# %% [markdown]
# (A Vision Transformer has no kinks: GELU is smooth, and the maximum that softmax subtracts
# cancels.)
#
# ## A picture to keep


# %%
def draw(figure):
    """As the step gets shorter, the error of a difference falls and then rises by rounding: centred
    it is least near 1e-5. The complex step's falls to 1e-16 and stays there."""
    axes = figure.subplots()
    styles = ("o--", "#1f77b4"), ("s-", "#7f7f7f"), ("o-", "#1f77b4"), ("^-", "#ff7f0e")
    for (kind, row), (style, colour) in zip(errors.items(), styles, strict=True):
        seen = np.maximum(row, 1e-17)  # 0 has no place on such an axis
        axes.loglog(steps, seen, style, color=colour, label=kind, markersize=4)
    axes.axhspan(1e-4, 3, color="#ff7f0e", alpha=0.12)
    axes.text(2e-11, 2e-3, 'above 1e-4: "wrong"')
    axes.annotate("too long: curvature", (1e-2, 1e-9), ha="center")
    axes.annotate("too short: rounding", (1e-12, 1e-9), ha="center")
    axes.set(xlabel="step h", ylabel="relative error of the numeric gradient", ylim=(3e-18, 3))
    axes.set_title("The same right gradient, checked with different steps")
    axes.legend(loc="lower right")


keep_picture(draw, "04_gradient_checks.png", 8, 5)

# %% [markdown]
# ## Exercises
#
# **4.1 Predict the best step** of a centred difference for numbers that are rounded by eps, and the
# error that is left, for functions of ordinary size (f, f''' near 1). Roughly 2 lines.


# %%
def best_step(eps):
    """-> step, error"""
    ### BEGIN SOLUTION
    h = eps ** (1 / 3)
    return h, h**2
    ### END SOLUTION


for kind, eps in (("centred", 2.2e-16), ("centred, float32", 1.2e-7)):
    true = steps[np.argmin(errors[kind])], min(errors[kind])
    for guess, measured in zip(best_step(eps), true, strict=True):
        assert 0.05 < guess / measured < 20, f"{kind}: you say {guess:.0e}, measured {measured:.0e}"
print("4.1 is right")

# %% [markdown]
# **4.2 A whole model at once.** The gradient g of all parameters p, as one long vector, says how
# fast the loss grows along a direction u: by g u. Compare that with the centred difference of the
# loss along u, and return the relative error. With a random u every number takes part, and two
# forwards are enough. Roughly 3 lines.


# %%
def error_along(loss, p, g, u, h=1e-5):
    ### BEGIN SOLUTION
    numeric = (loss(p + h * u) - loss(p - h * u)) / (2 * h)
    given = g @ u
    return abs(numeric - given) / (abs(numeric) + abs(given))
    ### END SOLUTION


data = minivit.load_dataset("digits")
images, labels = data.train.images[:8], data.train.labels[:8]
model = minivit.ViT("digits", seed=0, dtype=np.float64, zero_head=False)


def model_loss(p):
    model.parameters.flat[:] = p
    logits = model.logits(images)
    return ops.cross_entropy_forward(logits, labels=labels)[0]


p = model.parameters.flat.copy()
logits, model_cache = model.forward(images)
_, loss_cache = ops.cross_entropy_forward(logits, labels=labels)
model.backward(ops.cross_entropy_backward(1.0, loss_cache), model_cache)
g, u = model.gradients.flat.copy(), rng.normal(size=p.size)
worst = error_along(model_loss, p, g, u)
print(f"{p.size:,} parameters at once: {worst:.0e}")
assert worst < 1e-5, "the model's gradient is right: is the difference divided by 2 h?"
model.gradients["blocks.1.mlp.w1"][:] *= 0.9  # one of 44 tensors, a tenth too small
assert error_along(model_loss, p, model.gradients.flat, u) > 1e-4, "does every number take part?"
print("4.2 is right")
