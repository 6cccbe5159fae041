"""What a class's logit loses when a patch is covered.

    occlusion[r, c] = logit(x) - logit(x with the patch (r, c) filled)

Positive: the patch speaks for the class. (Zeiler and Fergus 2014, "Visualizing and understanding
convolutional networks", section 4.2.) It is the only one of these maps that asks the model what it
would have said; but a covered patch is a picture that the model has never seen, and with another
fill the map may be another.
"""

import math

import numpy as np

from minivit.inspection.attention_measures import patch_step, patch_window
from minivit.inspection.gradients import baseline, one_hot
from minivit.models import Model
from minivit.models.objective import need_classes

BATCH = 64  # covered images at a time


def occlusion(
    model: Model, images: np.ndarray, targets: np.ndarray, fill: np.ndarray | None = None
) -> np.ndarray:
    """images (B, height, width, channels), targets (B,): a class for each -> (B, rows, columns).

    `fill`: anything that broadcasts to the images; None: `baseline(model, images)`. Where patches
    overlap, all pixels of a patch are covered, those that it shares too. Of a ResNet those squares
    are covered that the places of its last map stand for.

    Raises InputError for images that the model does not take, and a class that it does not have.
    """
    need_classes(model.config)
    images, c = model.check_images(images), model.config
    fill = baseline(model, images) if fill is None else np.asarray(fill, model.dtype)
    one_hot(targets, len(images), c.classes, model.dtype)  # checks them
    count = math.prod(c.grid)
    fill, found = np.broadcast_to(fill, images.shape), np.zeros((len(images), count))
    whole = model.logits(images)
    for i, target in enumerate(np.asarray(targets)):
        for start in range(0, count, BATCH):
            patches = range(start, min(start + BATCH, count))
            hidden = {p: covered(images[i], fill[i], p, c) for p in patches}
            # What changes nothing loses nothing: to the last bit, in a batch of any size.
            hidden = {p: image for p, image in hidden.items() if (image != images[i]).any()}
            if hidden:
                logits = model.logits(np.stack([*hidden.values()]))
                found[i, [*hidden]] = whole[i, target] - logits[:, target]
    return found.reshape(-1, *c.grid).astype(model.dtype)


def covered(image: np.ndarray, fill: np.ndarray, patch: int, c) -> np.ndarray:
    """image, fill (height, width, channels) -> a copy whose patch of this number is filled."""
    rows, columns = (slice(first, last) for first, last in patch_sides(patch, c))
    image = image.copy()
    image[rows, columns] = fill[rows, columns]
    return image


def patch_sides(patch: int, c) -> list[tuple[int, int]]:
    """From which pixel to which a patch reaches, down and across."""
    corner = np.unravel_index(patch, c.grid)
    steps = zip(corner, patch_step(c), patch_window(c), strict=True)
    return [(int(i) * step, int(i) * step + side) for i, step, side in steps]


def over_patches(pixels: np.ndarray, c) -> np.ndarray:
    """pixels (B, height, width) -> (B, rows, columns): their sum in each patch."""
    found = np.empty((len(pixels), math.prod(c.grid)), pixels.dtype)
    for patch in range(found.shape[1]):
        (top, bottom), (left, right) = patch_sides(patch, c)
        found[:, patch] = pixels[:, top:bottom, left:right].sum(axis=(1, 2))
    return found.reshape(-1, *c.grid)
