# %% [markdown]
# # Lesson 1: from pixels to patches
#
# *50 minutes; builds on lesson 0.*
#
# **The question.** A transformer reads a row of vectors, called tokens; an image is a grid of
# pixels. Why does a Vision Transformer cut it into square **patches**, how do two lines of NumPy do
# that, and what happens when the pixels come in another order than the weights were trained with?
#
# **The shapes.**
#
# | letter | meaning | a digit | a photo |
# |---|---|---|---|
# | B | images in a batch | 360 | 1 |
# | | height, width of an image in pixels | 8, 8 | 224, 224 |
# | | channels: numbers in a pixel | 1 (grey) | 3 (red, green, blue) |
# | P | side of a patch in pixels | 2 | 16 |
# | N | patches of an image | 16 | 196 |
# | D | width of a token | 64 | 768 |

# %%
import numpy as np

import minivit
from minivit import ops
from minivit.checking import adjoint_error
from minivit.figures import keep_picture

data = minivit.load_dataset("digits")
images = data.test.images.astype(np.float64)  # (B, height, width, channels)
rng = np.random.default_rng(0)

# %% [markdown]
# ## The derivation 1: why not one token per pixel
#
# In attention every token asks every other: with T tokens each head makes T x T scores (lesson 6).
# An image of 224 x 224 pixels, read pixel by pixel, has 50,176 tokens; BERT, the model that ViT is
# modelled on, reads up to 512. Cut into patches of P x P pixels the same image has
#
#     N = (height / P) (width / P) = height width / P^2
#
# tokens. (Python divides and multiplies from left to right: `224 * 224 / 16 * 16` is not N.)

# %%
pixels, N = 224 * 224, 224 * 224 // 16**2
assert pixels == 50_176 == 98 * 512 and N == 196 and pixels == 224 * 224 / 16 * 16
for tokens in (pixels, N):
    print(f"{tokens:6,} tokens: {tokens**2:13,} scores, {4 * tokens**2 / 1e6:9,.2f} MB, per head")
assert 4 * pixels**2 > 10e9 and (pixels / N) ** 2 == 16**4  # 65,536 times as many scores

# %% [markdown]
# ## The derivation 2: in which order
#
# In memory the pixels of an image lie row by row, and the channels of a pixel side by side. Split
# the row number into (row of the patch, row i inside it), and the column number into (column of the
# patch, column j inside it): six axes, and no number has moved yet.
#
#     (B, height, width, channels) = (B, rows, P, columns, P, channels)
#
# We want patch after patch, each as (i, j, channel) with the channel fastest. So the axis of i must
# go behind the axis of the patch's column: one transpose. Then rows and columns are merged into N,
# and (i, j, channel) into one flat axis. (einops: `b (h p1) (w p2) c -> b (h w) (p1 p2 c)`.)
#
# ## By hand


# %%
def patchify(images, P):
    B, height, width, channels = images.shape
    rows, columns = height // P, width // P
    cut = images.reshape(B, rows, P, columns, P, channels)
    cut = cut.transpose(0, 1, 3, 2, 4, 5)  # (B, rows, columns, P, P, channels)
    return cut.reshape(B, rows * columns, P * P * channels)


# %%
# NumPy paints what stands for a photo: sky, a meadow, a house with a red roof
down, across = np.mgrid[0:224, 0:224] / 224  # of each pixel, from 0 to 1
photo = np.stack([0.45 + 0.4 * down, 0.65 + 0.25 * down, 1 - 0.1 * down], axis=-1)  # sky
photo[down > 0.7 + 0.05 * np.sin(9 * across)] = 0.35, 0.6, 0.25  # meadow
wall, roof = abs(across - 0.53) < 0.19, down - 0.36 > 0.9 * abs(across - 0.53)
photo[wall & (down > 0.5) & (down < 0.8)] = 0.95, 0.9, 0.75
photo[roof & (down < 0.57)] = 0.75, 0.2, 0.15
photo = np.clip(photo + rng.normal(0, 0.02, photo.shape), 0, 1)[None]  # (1, 224, 224, 3)

# %% [markdown]
# ## The library's version
#
# `ops.patchify_forward` (minivit/ops/patchify.py) is the same map, and its backward is the inverse:
# each pixel lies in exactly one patch, so a patch's gradient goes back to where the patch was cut
# out. For a linear map A the backward must be A^T: <dy, A x> = <A^T dy, x>, where <a, b> is the sum
# of a times b over all numbers. The adjoint test asks just that, for random x and dy.

# %%
for batch, P in ((images, 2), (photo, 16)):
    patches, cache = ops.patchify_forward(batch, patch=P)
    assert np.array_equal(patches, patchify(batch, P))  # to the bit: numbers are only moved
    assert np.array_equal(ops.patchify_backward(patches, cache), batch)
    error = adjoint_error(ops.patchify_forward, ops.patchify_backward, batch, options={"patch": P})
    print(f"{batch.shape} -> {patches.shape}, adjoint test {error:.0e}")
    assert error < 1e-14

# %% [markdown]
# ## The same as a convolution
#
# The next step multiplies each flat patch by one matrix w (P P channels, D). Much code writes both
# steps as a convolution whose kernel is P x P and whose stride is P. It is the same sum: the patch
# in row r and column c is
#
#     y[r, c, d] = sum over i, j, k of image[r P + i, c P + j, k] kernel[i, j, k, d]
#
# (k counts the channels), and kernel[i, j, k] is row (i P + j) channels + k of w: w, reshaped.
#
# A convolution is translation **equivariant**: move the image, and the result moves alike. (It is
# often called invariant, which would mean that the result stays the same.) With a stride of P that
# holds for steps of P pixels only, and for no others. The last lines show it.


# %%
def convolution(images, kernel, stride):
    (B, height, width, _), (P, Q, _, D) = images.shape, kernel.shape
    rows, columns = (height - P) // stride + 1, (width - Q) // stride + 1
    y = np.zeros((B, rows, columns, D))
    for i, j in np.ndindex(P, Q):  # all windows at once, one place of the kernel after the other
        seen = images[:, i:, j:][:, ::stride, ::stride][:, :rows, :columns]
        y += seen @ kernel[i, j]
    return y


w = rng.normal(size=(16 * 16 * 3, 24)) / 28  # D = 24 is enough here
kernel = w.reshape(16, 16, 3, 24)
by_patches = patchify(photo, 16) @ w
by_convolution = convolution(photo, kernel, stride=16)  # (1, 14, 14, 24)
np.testing.assert_allclose(by_convolution.reshape(1, 196, 24), by_patches, atol=1e-12)

# np.roll moves the image to the right; what leaves it there comes in again on the left
by_16, by_1 = (convolution(np.roll(photo, s, axis=2), kernel, stride=16) for s in (16, 1))
np.testing.assert_allclose(by_16, np.roll(by_convolution, 1, axis=2), atol=1e-12)
assert min(np.abs(by_1 - np.roll(by_convolution, s, axis=2)).max() for s in range(14)) > 0.1

# %% [markdown]
# What a model takes for granted before it has seen data is its **inductive bias**. A convolutional
# network has two such beliefs in every layer: neighbours belong together (*locality*), and what is
# true here is true there (equivariance). A ViT has both only here and, one token at a time, in its
# MLPs; attention looks everywhere, and has to learn what is near (the paper, section 3.1). With
# little data that costs accuracy: trained on ImageNet's 1.3 million photos, without strong
# regularisation, a ViT stays some points below a ResNet of its size; on 14 to 300 million it does
# not (sections 1 and 4.3).
#
# ## Break it: columns before rows
#
# Read the pixels of a patch column by column. Every shape is as before and nothing crashes. The
# gradient check (`minivit.gradcheck`: move each number a little, compare with the backward; lesson
# 4) finds nothing either: the wrong order is a linear map too, and its backward fits it.


# %%
def exchanged(patches):  # (i, j) -> (j, i); doing it twice leads back
    return patches.reshape(-1, 16, 2, 2).swapaxes(2, 3).reshape(-1, 16, 4)


_, cache = ops.patchify_forward(images[:1], patch=2)
report = minivit.gradcheck(
    lambda images: (exchanged(patchify(images, 2)), cache),
    lambda dpatches, cache: ops.patchify_backward(exchanged(dpatches), cache),
    images[:1],
)
print(report)
assert report.verdict == "excellent"  # and yet the order is not the one that we agreed on

# %% [markdown]
# Train the `digits` model for a few seconds, and show it the test images in wrong orders: columns
# before rows inside each patch (of its 2 x 2 pixels two change places); the patches themselves
# column by column; both, which is the image mirrored at its diagonal. Guessing is right in 10 %.
# (Lesson 11 explains the warm-up. `shift=0` leaves the digits where they are.)

# %%
recipe = minivit.TrainingConfig(model="digits", epochs=3, warmup_epochs=1, shift=0)
model = minivit.train(recipe, data).model
right = patchify(images, 2)
inside = exchanged(right)
orders = {"nowhere": right, "inside patches": inside}
for name, patches in (("of patches", right), ("both", inside)):
    orders[name] = patches.reshape(-1, 4, 4, 4).swapaxes(1, 2).reshape(-1, 16, 4)
scores, (_, cache) = {}, ops.patchify_forward(images, patch=2)
for name, patches in orders.items():
    logits = model.logits(ops.patchify_backward(patches, cache))  # of the images again
    scores[name] = (logits.argmax(axis=1) == data.test.labels).mean()
print("columns before rows:", ", ".join(f"{name} {s:.1%}" for name, s in scores.items()))
assert scores["nowhere"] > 0.85 and scores["inside patches"] < 0.8
assert scores["of patches"] < 0.5 and scores["both"] < 0.5
E = model.parameters["embed.w"].astype(np.float64)  # (4, 64)
np.testing.assert_allclose(inside @ E[[0, 2, 1, 3]], right @ E, atol=1e-12)

# %% [markdown]
# No order is better than another: it is an agreement between the data and the weights. The last two
# lines exchange the rows of w like the numbers of the patches, and the wrong order is right again.
# A loader does that with weights from a library that keeps them in another order.
#
# ## Break it: the order of channels
#
# A colour image can go wrong in two more ways. Some libraries flatten a patch with the channel
# *slowest*; some order the channels blue, green, red. Take one patch, at the edge of the roof: in
# every order it has 768 numbers between 0 and 1. A row of weights asks "how red?": it takes the
# mean of what would be the red numbers in our order.

# %%
row, column = 6, 8
pixels = patchify(photo, 16)[0, 14 * row + column].reshape(16, 16, 3)
how_red = np.tile([1, 0, 0], 256) / 256  # (768,)
read = {
    "(row, column, channel)": pixels,
    "(column, row, channel)": pixels.transpose(1, 0, 2),
    "(channel, row, column)": pixels.transpose(2, 0, 1),
    "blue, green, red": pixels[:, :, ::-1],
}
reds = {name: float(order.ravel() @ how_red) for name, order in read.items()}
print("how red:", ", ".join(f"{name} {red:.3f}" for name, red in reds.items()))
red, _, blue = pixels.mean(axis=(0, 1))
wanted = red, red, pixels.mean(), blue  # a mean does not see places; stripes: all channels alike
np.testing.assert_allclose(list(reds.values()), wanted, atol=0.02)

# %% [markdown]
# ## A picture to keep


# %%
def draw(figure):
    """A house in 14 x 14 patches, and the framed one, drawn as if the order were ours: right,
    mirrored, torn into stripes, and with red and blue exchanged."""
    whole, *patches = figure.subplots(1, 5, width_ratios=(1.5, 1, 1, 1, 1))
    whole.imshow(photo[0], extent=(0, 14, 14, 0))
    whole.set(title="14 x 14 patches", xticks=range(15), yticks=range(15))
    whole.tick_params(length=0, labelbottom=False, labelleft=False)
    whole.grid(color="white", linewidth=0.5)
    whole.plot(column + np.array([0, 1, 1, 0, 0]), row + np.array([0, 0, 1, 1, 0]), "k", lw=2.5)
    for axes, (name, order) in zip(patches, read.items(), strict=True):
        axes.imshow(order.reshape(16, 16, 3))
        axes.set(title=f"{name}\nhow red: {reds[name]:.2f}", xticks=[], yticks=[])


keep_picture(draw, "01_patches.png", 13, 3.2)

# %% [markdown]
# ## Exercises
#
# **1.1 Predict the shape.** What does patchify make of images (B, height, width, channels)? Roughly
# 1 line.


# %%
def patches_shape(B, height, width, channels, P):
    ### BEGIN SOLUTION
    return B, height * width // P**2, P * P * channels
    ### END SOLUTION


for shape, P in (((2, 8, 12, 3), 4), ((1, 224, 224, 3), 16), ((5, 6, 6, 1), 1)):
    true = patchify(np.zeros(shape), P).shape
    assert patches_shape(*shape, P) == true, f"{shape} with P = {P} becomes {true}"
print("1.1 is right")

# %% [markdown]
# **1.2 Patches that overlap.** With a stride S below P a pixel lies in several patches, and its
# gradient is the sum of what comes back from each. Derive and code the backward: dpatches (B, N, P
# Q channels) of patches of P x Q pixels to dimages of the given shape. Roughly 8 lines.
# `minivit check --exercise 1.2 FILE` checks `patchify_backward`.


# %%
def patchify_backward(dpatches, cache):
    shape, (P, Q), (down, across), dtype = cache  # the images' shape; patch; stride
    ### BEGIN SOLUTION
    B, height, width, channels = shape
    rows, columns = (height - P) // down + 1, (width - Q) // across + 1
    cut = dpatches.reshape(B, rows, columns, P, Q, channels)
    dimages = np.zeros(shape, dtype)
    for row, column in np.ndindex(rows, columns):
        top, left = row * down, column * across
        dimages[:, top : top + P, left : left + Q] += cut[:, row, column]
    return dimages
    ### END SOLUTION


report = minivit.gradcheck(
    ops.patchify_forward, patchify_backward, rng.normal(size=(2, 5, 7, 2)),
    options={"patch": 3, "stride": 2},
)  # fmt: skip
assert report.ok, f"does each patch add to the pixels that it was cut from?\n{report}"
print("1.2 is right")
