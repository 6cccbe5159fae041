# %% [markdown]
# # Lesson 22: masked patches, labels for nothing
#
# *60 minutes; builds on lessons 2, 3 and 17.*
#
# **The question.** Labels are dear: somebody has to look at every image. Images alone are not. What
# can a model learn from an image that nobody has looked at? Hide a part of it, and ask the model
# what was there: the image itself knows the answer. (Section 4.6 and appendix B.1.2 of the paper,
# after BERT, which does the same with words.)
#
# **The shapes.** B images of N patches of P x P pixels; `hidden` of them are corrupted.
#
# | array | shape | meaning |
# |---|---|---|
# | x | (B, N, D) | the patches, projected: before the positions are added |
# | token | (D,) | a learned vector that stands for "hidden" |
# | source | (B, N) | which patch stands at each place, or -1: the mask token |
# | y | (B, N, D) | what the blocks get to see |
# | logits | (B, hidden, 8^channels) | at the corrupted places alone: which colour was here? |

# %%
import math

import numpy as np

import minivit
from minivit import ops
from minivit.data import Split
from minivit.experiments import EXPERIMENTS, print_means, tell
from minivit.figures import keep_picture
from minivit.models.chance import Chance
from minivit.models.cost import cost
from minivit.models.losses import hidden_targets
from minivit.ops.masking import Masking, hidden_patches, sources
from minivit.ops.patch_targets import patch_colours
from minivit.training import Training, measured

rng, MASK, P = np.random.default_rng(0), -1, 7
data = minivit.load_dataset("fashion-small")  # 28 x 28 pixels from -1, black, to 1, white
train, test = data.train.images[:2500], data.test.images[:400]
clothes = data._replace(train=Split(train, data.train.labels[:2500]),
                        test=Split(test, data.test.labels[:400]))  # fmt: skip

# %% [markdown]
# ## What is asked: the mean colour, in 3 bits
#
# To ask for every pixel is to ask for much that cannot be known. The paper asks for the *mean*
# colour of a patch, in 2^3 = 8 levels a channel, so that it is one of C classes:
#
#     level = floor(8 (mean - black) / (white - black)),   white itself falls into level 7
#     class = level of grey: C = 8      or      64 red + 8 green + blue: C = 512
#
# So the loss is the cross-entropy of lesson 3, over `hidden` patches in place of one image.


# %%
def colours(images):
    """(B, height, width, channels) from -1 to 1 -> (B, N)"""
    B, height, width, channels = images.shape
    patches = images.reshape(B, height // P, P, width // P, P, channels)
    mean = patches.mean(axis=(2, 4), dtype=float).reshape(B, -1, channels)  # (B, N, channels)
    levels = np.minimum(np.floor(8 * (mean + 1) / 2), 7).astype(int)
    return levels @ 8 ** np.arange(channels)[::-1]


asked, asked_of_test = colours(train), colours(test)
assert np.array_equal(asked, patch_colours(train, patch=P))
coloured = rng.uniform(-1, 1, (3, 14, 14, 3))
assert np.array_equal(colours(coloured), patch_colours(coloured, patch=P))
print("the levels of one image's patches:\n", asked[0].reshape(4, 4))

# %% [markdown]
# **How good is a guess?** A loss says nothing by itself. Before any model learns, count what can be
# said *without looking*: that all colours are alike (the loss is then ln 8), how often each colour
# comes, and how often it comes at each place. The mean of -log of these shares, on test images:


# %%
def counted(labels):
    """(n,) -> the share of each of 8 colours; none is 0"""
    return (np.bincount(labels, minlength=8) + 0.01) / (len(labels) + 0.08)


by_place = np.stack([counted(asked[:, n]) for n in range(16)])  # (N, 8)
blind = {
    "all alike": math.log(8),
    "how often": -np.log(counted(asked.ravel())[asked_of_test]).mean(),
    "how often, at each place": -np.log(by_place[np.arange(16), asked_of_test]).mean(),
}
for knows, loss in blind.items():
    print(f"without looking, {knows:25} loss {loss:.2f}")
assert list(blind.values()) == sorted(blind.values(), reverse=True)

# %% [markdown]
# What is below the last of these a model can only have from the patches that it sees.
#
# ## What the model sees: corrupted patches, by hand
#
# Half of the patches are drawn to be corrupted. 80 % of these become the mask token, 10 % another
# patch of the same image, and 10 % stay. Why not the mask token always? In fine-tuning there is
# none. A model that trusts every patch without a mask token would have learned to do nothing for
# it; so now and then what it sees is false, or true and asked nevertheless.
#
#     y_t = x_(source t),   or token, where source t is -1
#
# **Backward.** This is a choice of rows, so each row collects from where it was used:
#
#     dx_s = sum over places t with source t = s of dy_t
#     dtoken = sum over images and places with source t = -1 of dy_t
#
# A patch that stands nowhere gets dx = 0. One that stands at its own place and at another's was
# used *twice*. **Break it**: `dx[image, source] += dy` keeps the last of the two (lesson 16).


# %%
def corrupt(x, token, *, source):
    y = np.where((source == MASK)[:, :, None], token, x[np.arange(len(x))[:, None], source])
    return y, (x.shape, source)


def corrupt_backward(dy, cache, add=np.add.at):
    shape, source = cache
    image, place = np.nonzero(source != MASK)
    dx = np.zeros(shape)
    add(dx, (image, source[image, place]), dy[image, place])
    return dx, dy[source == MASK].sum(axis=0)


def last_only(dx, where, dy):
    dx[where] += dy


masking = Masking(patches=16, hidden=8, seed=2)  # drawn from a seed: the backward draws the same
source = sources("corrupted", masking, 2, has_cls=False)
print("which patch stands where, in two images (-1: the mask token):\n", source)
x, token, dy = rng.normal(size=(2, 16, 5)), rng.normal(size=5), rng.normal(size=(2, 16, 5))
y, cache = corrupt(x, token, source=source)
library, library_cache = ops.pick_tokens_forward(x, token, masking=masking, way="corrupted")
assert np.array_equal(y, library)
theirs = ops.pick_tokens_backward(dy, library_cache)
for mine, other in zip(corrupt_backward(dy, cache), theirs, strict=True):
    np.testing.assert_allclose(mine, other, atol=1e-12)

how = {"source": np.array([[0, 0, 2, MASK]])}  # patch 0 stands at places 0 and 1
assert minivit.gradcheck(corrupt, corrupt_backward, x[:1, :4], token, options=how).ok
report = minivit.gradcheck(
    corrupt, lambda dy, c: corrupt_backward(dy, c, last_only), x[:1, :4], token, options=how
)
print(report)
assert [row.tensor for row in report.rows if row.verdict == "wrong"] == ["x"]

# %% [markdown]
# ## A model that learns without labels
#
# All else is a ViT: positions, blocks, a LayerNorm; and a linear map from D to 8 in place of the
# head, at the corrupted patches alone. (Were all patches asked, the model could copy the colour of
# those that it sees, and would learn that.) Two small blocks, six epochs of 2,500 clothes. It gets
# no label: `clothes` has some, and nobody looks at them.

# %%
sizes = {"patch": P, "width": 32, "depth": 2, "heads": 2, "mlp": 64, "objective": "masked-patches"}
recipe = minivit.load_recipe("fashion-small").config(clothes, model=sizes, training={"epochs": 6})
training = Training(recipe, clothes)
assert math.isclose(measured(training.model, *clothes.test).loss, math.log(8), rel_tol=1e-5)
model, history = minivit.train(recipe, clothes, training=training).model, training.state.history
for row in history:
    print(f"epoch {row['epoch']}: loss on test images {row['test_loss']:.2f}, "
          f"{row['test_accuracy']:.0%} of the hidden colours are right")  # fmt: skip
assert history[-1]["test_loss"] < blind["how often, at each place"] - 0.2

logits = model.logits(test)  # (B, hidden, 8): which patches are hidden is the same every time
masking = Chance().masking(model.config)
places = hidden_patches(masking, len(test))  # (B, hidden)
assert np.array_equal(np.take_along_axis(asked_of_test, places, axis=1),
                      hidden_targets(model, test))  # fmt: skip

# %% [markdown]
# At first all colours are alike to it (its head is 0: lesson 17). What is below the last guess it
# tells from the patches around: nobody said what a sleeve is, or that clothes have two.
#
# ## The masked autoencoder: hide more, and compute less
#
# He et al. 2021 hide 75 % and leave the hidden patches *out*: no mask token goes through the
# blocks, which then cost a quarter, or less. A small decoder gets the tokens back in their places,
# a mask token at the others (exercise 22.3), and tells the pixels of the hidden patches: a mean
# squared error. Fine-tuning keeps the encoder alone. Of B/16, forward, an image:

# %%
for objective, more in (
    ("classes", {}), ("masked-patches", {}), ("mae", {"decoder_width": 384, "decoder_depth": 4}),
):  # fmt: skip
    c = minivit.variant("B/16", objective=objective, **more)
    gigaflops = cost(c, batch=1).forward_flops / 1e9
    print(f"{objective:15}{c.hidden:4} of {c.patches} patches hidden, {c.outputs:5} outputs for "
          f"each, {gigaflops:5.1f} GFLOPs")  # fmt: skip
assert gigaflops < 0.4 * cost(minivit.variant("B/16"), batch=1).forward_flops / 1e9

# %% [markdown]
# ## Is it worth anything?
#
# The paper: B/16, pre-trained so on 300 million images and fine-tuned on ImageNet, reads 79.9 %.
# That is 2 % more than from scratch, and 4 % less than after a pre-training that was told labels.
#
# In small: pre-training on all images of a data set, then fine-tuning on the labels of 100, 1,000
# or all of them; against the same fine-tuning *from scratch*, and against a pre-training that is
# told all labels. Only what it begins with differs. Clothes have one channel, 8 colours; `shapes`
# have three, 512 colours. That takes longer than a lesson, so a command makes the table (teraflops
# are those of both trainings together):

# %%
table = tell("masked", EXPERIMENTS)
print_means(table, "data", "labels", "way", columns=("accuracy", "teraflops"))

# %% [markdown]
# Read it with three questions. Is a difference larger than its spread? (A verdict counts no other.)
# Are the labels the same in number? And who paid: a pre-training is many times what the fine-tuning
# costs, so there is a training from scratch that is 4 times as long: would time alone have done?
# "For nothing" is said of labels, not of time.
#
# ## A picture to keep


# %%
def draw(figure):
    """Left: four test images, their mean colours, what the model sees of these (crossed: the mask
    token or another patch), and what it says. Right: its loss against guesses that see nothing."""
    grid = figure.add_gridspec(4, 5, width_ratios=(1, 1, 1, 1, 3.6))
    names, said = ("image", "asked", "seen", "said"), asked_of_test.copy()
    source = sources("corrupted", masking, len(test), has_cls=False)
    np.put_along_axis(said, places, logits.argmax(axis=-1), axis=1)
    for column, image in enumerate((0, 1, 4, 9)):
        seen = np.where(source[image] == MASK, np.nan, asked_of_test[image][source[image]])
        levels = (3.5 * (test[image] + 1), asked_of_test[image], seen, said[image])
        for row, (name, of_image) in enumerate(zip(names, levels, strict=True)):
            axes = figure.add_subplot(grid[row, column])
            side = math.isqrt(of_image.size)
            axes.imshow(of_image.reshape(side, side), cmap="gray", vmin=0, vmax=7)
            if name == "seen":
                for at in np.flatnonzero(source[image] != np.arange(16)):
                    axes.plot(at % 4, at // 4, "x", color="#d55e00")
            axes.set(xticks=[], yticks=[], ylabel=name if column == 0 else "")
    curve = figure.add_subplot(grid[:, 4])
    epochs = [row["epoch"] for row in history]
    curve.plot([0, *epochs], [math.log(8), *(row["test_loss"] for row in history)], "o-",
               label="the model")  # fmt: skip
    for (knows, loss), colour in zip(blind.items(), ("#777777", "#d55e00", "#009e73"), strict=True):
        curve.axhline(loss, color=colour, ls="--", label=knows)
    curve.set(title="colours of hidden patches", xlabel="epoch", ylabel="loss on test images")


keep_picture(draw, "22_masked_patches.png", 11, 5.4)

# %% [markdown]
# ## Exercises
#
# **22.1 Predict the numbers.** B/16 sees 224 x 224 pixels of three channels, half of its patches
# corrupted. `prediction` is: how many patches are corrupted, the loss of a model that says that all
# colours are alike, and what part of *all* patches the model can see as they are, in the mean.
# Roughly 1 line.

# %%
### BEGIN SOLUTION
prediction = (98, math.log(512), 0.5 + 0.5 * 0.1)
### END SOLUTION
c = minivit.variant("B/16", objective="masked-patches")
draws = sources("corrupted", Masking(c.patches, c.hidden, seed=0), 2000, has_cls=False)
assert prediction[0] == c.hidden, "half of (224 / 16)^2"
assert math.isclose(prediction[1], math.log(c.outputs)), "ln C, and C is 8 for each of 3 channels"
as_they_are = (draws == np.arange(c.patches)).mean()
assert abs(prediction[2] - as_they_are) < 0.002, f"those not corrupted, and some: {as_they_are:.3f}"
print("22.1 is right")

# %% [markdown]
# **22.2 From a class to its colour.** To draw what a model says of `shapes`, one needs a colour for
# each of its 512 classes. labels (n,) -> (n, 3), the levels of red, green and blue, each from 0 to
# 7. Roughly 2 lines.


# %%
def levels_of(labels):
    ### BEGIN SOLUTION
    return np.stack([labels // 64, labels // 8 % 8, labels % 8], axis=1)
    ### END SOLUTION


every = np.arange(512)
found_levels = levels_of(every)
assert np.shape(found_levels) == (512, 3), f"(n, 3), and yours is {np.shape(found_levels)}"
assert np.min(found_levels) == 0 and np.max(found_levels) == 7, "three bits are 0 to 7"
grey = (np.array(found_levels) + 0.5) / 4 - 1  # the middle of each level, from -1 to 1
painted = np.tile(grey[:, None, None], (1, P, P, 1))  # an image of one patch for each class
assert np.array_equal(colours(painted)[:, 0], every), "red leads: class = 64 red + 8 green + blue"
print("22.2 is right")

# %% [markdown]
# **22.3 Back to their places.** The decoder of the masked autoencoder: x (B, V, D) are the visible
# patches, and `place` (B, N) tells for each place which of the V is there, or -1: the mask token.
# Every visible patch stands at one place. Code forward and backward *without* a loop over places.
# Roughly 3 lines each.


# %%
def restore(x, token, *, place):
    ### BEGIN SOLUTION
    rows = np.arange(len(x))[:, None]
    y = np.where((place == -1)[:, :, None], token, x[rows, place])
    return y, (x.shape, place)
    ### END SOLUTION


def restore_backward(dy, cache):
    ### BEGIN SOLUTION
    (B, V, D), place = cache
    dx = dy[place != -1].reshape(B, V, D)  # visible ones keep their order: raster order
    return dx, dy[place == -1].sum(axis=0)
    ### END SOLUTION


masking = Masking(patches=8, hidden=6, seed=1)
place = sources("restored", masking, 3, has_cls=False)
x, token = rng.normal(size=(3, 2, 4)), rng.normal(size=4)
y, _ = restore(x, token, place=place)
true, _ = ops.pick_tokens_forward(x, token, masking=masking, way="restored")
assert np.shape(y) == (3, 8, 4), f"y is (B, N, D), and yours is {np.shape(y)}"
assert np.allclose(y, true), "a visible patch at its own place, the mask token at all others"
report = minivit.gradcheck(restore, restore_backward, x, token, options={"place": place})
assert report.ok, f"dx: each visible patch from its place; dtoken: the sum of the rest:\n{report}"
print("22.3 is right")
