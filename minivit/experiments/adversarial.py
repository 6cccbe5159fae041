"""An adversarial patch: one small picture that misleads a model wherever it is laid.

    patch <- clip(patch + rate * sign(d loss / d patch), black, white)

The loss is the mean over a batch of training images, each with the patch at a place of its own; so
the patch's gradient is the sum of the images' gradients below it. What it learns it can't learn
from one image or one place. (Brown et al. 2017, "Adversarial patch", arXiv 1712.09665, who make the
model see one class; here any wrong class will do. The sign is that of Goodfellow et al. 2014.)
"""

import numpy as np

from minivit import backend
from minivit.data import black_and_white
from minivit.errors import InputError
from minivit.models import Model

BATCH = 64
RATE = 0.2  # of black to white, at the first step; it falls to 0 along a line


def random_patch(model: Model, images: np.ndarray, side: int, seed: int) -> np.ndarray:
    """Noise from black to white (side, side, channels): what a patch begins as, and a control."""
    low, high = black_and_white(model.preprocessing, images)
    shape = side, side, images.shape[-1]
    return np.random.default_rng(seed).uniform(low, high, shape).astype(images.dtype)


def adversarial_patch(
    model: Model, images: np.ndarray, labels: np.ndarray, *, side: int, steps: int = 150,
    seed: int = 0,
) -> np.ndarray:  # fmt: skip
    """A patch that raises the loss: images (n, height, width, channels), labels (n,)
    -> (side, side, channels), from black to white.

    Images, places and the beginning follow from the seed. The model's parameters stay as they are;
    its gradients are 0 afterwards. Raises InputError for a side that doesn't fit into the images.
    """
    check_side(side, images.shape[1:3])
    low, high = black_and_white(model.preprocessing, images)
    rng, patch = np.random.default_rng(seed), random_patch(model, images, side, seed)
    for step in range(steps):
        some = rng.integers(0, len(images), BATCH)
        corners = drawn_corners(rng, BATCH, images.shape[1:3], side)
        gradient = patch_gradient(model, patch, images[some], labels[some], corners)
        rate = RATE * (high - low) * (1 - step / steps)
        patch = np.clip(patch + rate * np.sign(gradient), low, high).astype(images.dtype)
    model.zero_gradients()
    return patch


def patch_gradient(
    model: Model, patch: np.ndarray, images: np.ndarray, labels: np.ndarray, corners: np.ndarray
) -> np.ndarray:
    """d loss / d patch (side, side, channels), of the mean loss of the images below the patch."""
    ops = backend.current()
    logits, cache = model.forward(laid(images, patch, corners))
    _, loss_cache = ops.cross_entropy_forward(logits, labels=labels)
    dlogits = ops.cross_entropy_backward(1.0, loss_cache)
    dimages = model.backward(dlogits, cache, want_dimages=True, free_cache=True)
    # forward: image[corner : corner + side] = patch, for every image
    return windows(dimages, corners, len(patch)).sum(axis=0)


def laid(images: np.ndarray, patch: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Copies of images (B, height, width, channels), each with the patch at its corner (B, 2)."""
    changed = images.copy()
    for image, (top, left) in zip(changed, corners, strict=True):
        image[top : top + len(patch), left : left + len(patch)] = patch
    return changed


def windows(images: np.ndarray, corners: np.ndarray, side: int) -> np.ndarray:
    """What lies at the corners (B, 2) of images -> (B, side, side, channels)."""
    return np.stack([
        image[top : top + side, left : left + side]
        for image, (top, left) in zip(images, corners, strict=True)
    ])  # fmt: skip


def drawn_corners(rng: np.random.Generator, count: int, sides, side: int) -> np.ndarray:
    """The upper left corners (count, 2) of patches that lie inside images of these sides."""
    height, width = sides
    return rng.integers(0, (height - side + 1, width - side + 1), (count, 2))


def check_side(side: int, sides) -> None:
    if not 1 <= side <= min(sides):
        raise InputError(
            f"the patch's side is {side}, and images have {sides[0]}x{sides[1]} pixels: expected a "
            f"whole number from 1 to {min(sides)}"
        )
