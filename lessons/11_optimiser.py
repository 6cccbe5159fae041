# %% [markdown]
# # Lesson 11: the optimiser
#
# *60 minutes; builds on lesson 10.*
#
# **The question.** The backward says which way the loss falls, for each of 102,666 parameters. How
# far shall each of them go? And how do we see, in a minute, whether a training is healthy?
#
# **The shapes.** To an optimiser a model is one long vector of n numbers. p (n,) are the parameters
# (`model.parameters.flat`; `model.parameters["head.w"]` is a view into it), g (n,) the gradient of
# the loss on this step's batch, and m, v (n,) Adam's two moments: running means of g and of g^2,
# both 0 at the start. t is the step, counted from 1.

# %%
import math

import numpy as np

import minivit
from minivit import ops
from minivit.figures import keep_picture
from minivit.optim import Adam, clip_scale, warmup_cosine

data, rng = minivit.load_dataset("digits"), np.random.default_rng(0)
images, labels = data.train


def gradients_of(model, images, labels):
    """The loss of a batch; its gradient is then in model.gradients."""
    logits, cache = model.forward(images)
    loss, loss_cache = ops.cross_entropy_forward(logits, labels=labels)
    model.zero_gradients()  # backward adds
    model.backward(ops.cross_entropy_backward(1.0, loss_cache), cache)
    return float(loss)


# %% [markdown]
# ## The derivation
#
# 1. *Gradient descent* takes p - rate g: one rate for all, whether gradients are large or small.
# 2. *Adam* (Kingma and Ba 2015) measures each parameter's step in units of its usual gradient. It
#    keeps running means, m = beta1 m + (1 - beta1) g and v = beta2 v + (1 - beta2) g^2, with beta1
#    = 0.9 (the last ten steps or so) and beta2 = 0.999 (the last thousand), and steps by
#
#        rate m / (sqrt(v) + eps)            where eps = 1e-8 guards against 0/0
#
#    Multiply all gradients by 1,000 and nothing changes. Where the sign of g stays the same, the
#    step is `rate`; where it changes from batch to batch, m is small and so is the step.
# 3. *Bias correction.* m begins at 0, and after t steps holds only a part 1 - beta1^t of a mean; v
#    holds 1 - beta2^t. Divide by these, and both are true weighted means from the first step on.
# 4. *Weight decay* pulls weights to 0, p = p - rate decay p. As a part of the gradient (+ decay p)
#    Adam would divide it by sqrt(v), and weights with large gradients would hardly decay. *AdamW*
#    (Loshchilov and Hutter 2019) therefore takes it out of the division. Matrices alone decay. (The
#    paper: 0.1, and 0.3 on ImageNet alone, table 3; our digits: 0.05.) The end of the cell below
#    tries both on 1,000 weights that are 1 at first and get nothing but noise as a gradient, half
#    of them a hundred times as much as the others.
#
# ## By hand, and the library's


# %%
def adam_by_hand(p, g, m, v, t, rate, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)  # bias correction
    return p - rate * decay * p - rate * m_hat / (np.sqrt(v_hat) + eps), m, v


model = minivit.ViT("digits", seed=0, dtype=np.float64, zero_head=False)
optimiser = Adam(model.parameters, weight_decay=0.05)
begin = p = model.parameters.flat.copy()
m, v = np.zeros_like(p), np.zeros_like(p)
decayed = np.arange(p.size) < model.layout.decayed  # in memory these come first
for t in range(1, 6):
    gradients_of(model, images[:32].astype(np.float64), labels[:32])
    optimiser.step(model.gradients, 0.001)
    p, m, v = adam_by_hand(p, model.gradients.flat, m, v, t, 0.001, 0.05 * decayed)
    if t == 1:
        first = np.abs(p - begin)[model.gradients.flat != 0]
print(f"after 5 steps, by hand and library: {np.abs(p - model.parameters.flat).max():.1e} apart")
assert np.abs(p - model.parameters.flat).max() < 1e-13
print(f"first step: in the median each parameter moves by {np.median(first):.6f}; rate is 0.001")
assert abs(np.median(first) - 0.001) < 1e-4  # g / |g|: the first step knows signs only
g, zero = rng.normal(size=9), np.zeros(9)
once, more = (adam_by_hand(zero, f * g, zero, zero, 1, 0.001, 0)[0] for f in (1, 1000))
assert np.allclose(once, more, rtol=1e-5)  # 1,000 times the gradient, the same step
kept = [name for name in model.parameters if not model.layout.is_decayed(name)]
print("not decayed:", ", ".join(sorted({name.rpartition(".")[2] for name in kept})))
assert all(model.parameters[name].ndim == 1 or name == "embed.positions" for name in kept)

scale = np.repeat([0.1, 10.0], 500)
for kind in ("in the gradient", "AdamW"):
    p, m, v, noise = np.ones(1000), np.zeros(1000), np.zeros(1000), np.random.default_rng(0)
    for t in range(1, 501):
        g = scale * noise.normal(size=1000) + (0.1 * p if kind == "in the gradient" else 0)
        p, m, v = adam_by_hand(p, g, m, v, t, 0.001, 0.1 if kind == "AdamW" else 0)
    left = p[:500].mean(), p[500:].mean()
    print(f"decay {kind:15}: mean weight with small noise {left[0]:.3f}, with large {left[1]:.3f}")
    apart = abs(left[0] - left[1])
    assert apart < 0.01 if kind == "AdamW" else apart > 0.1

# %% [markdown]
# ## The rate over time, and clipping
#
# *Warm-up.* Adam's first steps go by signs, at full length, on the word of one batch. So the rate
# rises in a line at first; later it falls to 0, so that the noise of single batches averages out
# (the paper: batches of 4,096 images, a linear warm-up over 10,000 steps, then linear or cosine
# decay; table 3).
#
# *Clipping* (Pascanu et al. 2013). One strange batch may have a huge gradient, and Adam would
# remember it in v for a thousand steps. If |g|, the length of the whole vector, is above a limit, g
# is shortened to it: the direction stays.


# %%
def schedule(step, steps, warmup, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2


for step in range(150):
    theirs = warmup_cosine(step, steps=150, warmup=30, peak=0.002)
    assert math.isclose(schedule(step, 150, 30, 0.002), theirs)
g = model.gradients.flat
norm = ops.global_norm(g)
short = g * clip_scale(norm, 0.5)
assert math.isclose(norm, math.sqrt((g**2).sum())) and norm > 0.5
assert math.isclose(ops.global_norm(short), 0.5) and np.allclose(short / 0.5, g / norm)


def first_losses(warmup, peak=0.02):
    model = minivit.ViT("digits", seed=0, position_std=1.0)
    optimiser, rng, losses = Adam(model.parameters), np.random.default_rng(0), []
    for step in range(10):
        batch = rng.integers(0, len(labels), 32)
        losses.append(gradients_of(model, images[batch], labels[batch]))
        optimiser.step(model.gradients, schedule(step, 150, warmup, peak))
    return max(losses)


# a rate ten times our recipe's; at 0.002 these first steps do no such harm to the digits
hot, warm = first_losses(warmup=0), first_losses(warmup=30)
print(f"rate 0.02, highest loss of 10 steps: {hot:.2f}, with warm-up {warm:.2f}; chance is ln 10")
assert hot > math.log(10) + 0.1 and warm < math.log(10) + 0.01
assert first_losses(warmup=0, peak=0.002) < math.log(10) + 0.05

# %% [markdown]
# ## Two checks of a training, and what breaks them
#
# **Overfit 16 images.** Sixteen images are easy to learn by heart. A model with 102,666 parameters
# that can't has a mistake in it: in the data, the loss, a backward, or the loop. It takes seconds,
# so do it first. The break: forget `zero_gradients`, and see what the check says.


# %%
def overfit(forget_zeroing=False, steps=120):
    model = minivit.ViT("digits", seed=0, position_std=1.0)
    optimiser, losses = Adam(model.parameters), []
    total = np.zeros_like(model.gradients.flat)
    for _ in range(steps):
        losses.append(gradients_of(model, images[:16], labels[:16]))
        total += model.gradients.flat
        if forget_zeroing:
            model.gradients.flat[:] = total  # what `backward` alone would have added up
        optimiser.step(model.gradients, 0.001)
    return model, losses


model, losses = overfit()
_, forgetful_losses = overfit(forget_zeroing=True)
learned = (model.logits(images[:16]).argmax(axis=1) == labels[:16]).mean()
unseen = (model.logits(data.test.images).argmax(axis=1) == data.test.labels).mean()
print(f"16 images: loss {losses[0]:.3f} to {losses[-1]:.3f}, {learned:.0%} of them right")
print(f"(of unseen ones {unseen:.0%}). Without zero_gradients: loss {forgetful_losses[-1]:.3f}")
assert math.isclose(losses[0], math.log(10), rel_tol=1e-5) and losses[-1] < 0.1 and learned == 1
assert unseen < 0.7 and forgetful_losses[-1] > 0.2

# %% [markdown]
# **Update over weight.** How far does a step move a tensor, relative to its size: |update| / |w|?
# As a rule of thumb it should lie near 1e-3 (CS231n's notes on training): far below, nothing is
# learned; far above, what was learned is thrown over. Look at it tensor by tensor.

# %%
model, steps = minivit.ViT("digits", seed=0, position_std=1.0), 150
optimiser = Adam(model.parameters, weight_decay=0.05)
watched = ("embed.w", "blocks.0.attention.w_qkv", "blocks.2.mlp.w2", "head.w")
ratios, norms, rates = {name: [] for name in watched}, [], []
for step in range(steps):
    batch = rng.integers(0, len(labels), 32)
    gradients_of(model, images[batch], labels[batch])
    norms.append(ops.global_norm(model.gradients.flat))
    rates.append(schedule(step, steps, 30, 0.002))
    before = {name: model.parameters[name].copy() for name in watched}
    optimiser.step(model.gradients, rates[-1], clip_scale(norms[-1], 1.0))
    for name, w in before.items():
        size = np.linalg.norm(w)  # of the head it is 0 in the first step: no ratio yet
        ratios[name].append(np.linalg.norm(model.parameters[name] - w) / size if size else np.nan)
for name in watched:
    print(f"{name:<26}|update|/|w| in step 30: {ratios[name][29]:.1e}, 100: {ratios[name][99]:.1e}")
    assert 1e-4 < ratios[name][29] < 0.3 and ratios[name][149] < 1e-5
read = (model.logits(data.test.images).argmax(axis=1) == data.test.labels).mean()
print(f"after {steps} steps the model reads {read:.1%} of the test digits")
assert read > 0.9
_, key_bias, _ = np.abs(model.parameters["blocks.0.attention.b_qkv"].reshape(3, -1)).max(axis=1)
print(f"the key bias, whose true gradient is 0 (lesson 7), has moved by {key_bias:.1e}")
assert key_bias > 1e-6

# %% [markdown]
# The last line is Adam too: the key bias's gradient is rounding, about 1e-9, and Adam brings every
# gradient to the size of the rate. It does no harm, since the key bias changes nothing.
#
# ## The picture


# %%
def draw(figure):
    """Left: 16 images are learned by heart; with zero_gradients forgotten the loss falls, then
    swings back up. Middle: the rate rises for 30 steps and falls to 0. Right: most updates lie
    between 1e-4 and 1e-2 of the weights."""
    by_heart, rate, update = figure.subplots(1, 3)
    by_heart.semilogy(losses, label="right")
    by_heart.semilogy(forgetful_losses, "--", label="zero_gradients forgotten")
    by_heart.axhline(math.log(10), color="#777777", ls=":", label="chance, ln 10")
    by_heart.set(title="16 images by heart", xlabel="step", ylabel="loss")
    rate.plot(1000 * np.array(rates), label="1,000 times the learning rate")
    rate.plot(norms, label="length of the gradient |g|")
    rate.axhline(1, color="#777777", ls=":", label="clipped to 1")
    rate.set(title="a training: rate and gradient", xlabel="step", ylim=(0, 1.4 * max(norms)))
    for (name, line), style in zip(ratios.items(), ("-", "--", "-.", ":"), strict=True):
        update.semilogy(line, style, label=name)
    update.axhspan(3e-4, 3e-3, color="#dddddd", label="near 1e-3")
    update.set(title="how far a step moves", xlabel="step", ylabel="|update| / |w|", ylim=(1e-5, 2))


keep_picture(draw, "11_optimiser.png", 13, 4)

# %% [markdown]
# ## Exercises
#
# **11.1 The first step.** A parameter is 2, its first gradient 0.003, the rate 0.01, without decay.
# What is it after one step of Adam? And without bias correction? Two numbers that are right to
# 0.001. Roughly 1 line.


# %%
def first_step():
    ### BEGIN SOLUTION
    return 2 - 0.01, 2 - 0.01 * 0.1 / math.sqrt(0.001)
    ### END SOLUTION


corrected, uncorrected = first_step()
assert abs(corrected - 1.99) < 1e-3, "m_hat = g and sqrt(v_hat) = |g|: the step is the rate"
assert abs(uncorrected - 1.968) < 1e-3, "m = 0.1 g and sqrt(v) = sqrt(0.001) |g|"
print("11.1 is right")

# %% [markdown]
# **11.2 Momentum.** The paper fine-tunes with SGD and momentum 0.9: u = momentum u + g, then p =
# p - rate u. Return the new p and u. How long does a step become if g stays the same? Roughly 2
# lines.


# %%
def momentum_step(p, g, u, rate, momentum=0.9):
    ### BEGIN SOLUTION
    u = momentum * u + g
    return p - rate * u, u
    ### END SOLUTION


p, u = np.zeros(3), np.zeros(3)
for _ in range(200):
    before, (p, u) = p, momentum_step(p, np.ones(3), u, 0.01)
assert np.allclose(before - p, 0.1), "with a constant g of 1 a step grows to rate / (1 - momentum)"
print("11.2 is right")

# %% [markdown]
# **11.3 The paper's schedule** for pre-training: up in a line for `warmup` steps, as above; then in
# a line down, to reach 0 at `steps`. Roughly 3 lines.


# %%
def warmup_linear(step, steps, warmup, peak):
    ### BEGIN SOLUTION
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (steps - step) / (steps - warmup)
    ### END SOLUTION


found = [warmup_linear(step, 10, 2, 8.0) for step in range(11)]
true = [4, 8, *range(8, -1, -1)]  # the warm-up ends at the peak, and the fall begins there
assert np.allclose(found, true), f"10 steps, 2 of warm-up, peak 8: {true}, and yours is {found}"
print("11.3 is right")
