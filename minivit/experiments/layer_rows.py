"""The layers of a model, when an image moves and when a pixel changes: rows for `biases`.

An image moves by 4 pixels down and to the right: that is a whole number of strides of every map
here. It is measured twice: the middle of a test image on a wide black ground, where no place that
is compared sees the border; and the whole image, from which a part goes out.
"""

import numpy as np

from minivit.experiments.experiment import Row
from minivit.inspection import (
    change_shares,
    equivariance_error,
    invariance_error,
    layer_maps,
    pixel_distances,
)
from minivit.models import Model
from minivit.models.representation import representation

POOLED = "pooled"
MOVED, FIRST, SIDE = 4, 8, 8  # pixels: how far; where the middle is laid; how large it is
NEAR = 8  # pixels from the one that is changed


def exact(model: Model, *, positions: bool) -> Model:
    """The model in float64; without `positions` its table of them is 0."""
    found = type(model)(model.config, seed=None, dtype=np.float64)
    found.parameters.flat[:] = model.parameters.flat
    if not positions:
        found.parameters["embed.positions"] = 0
    return found


def of_layers(model: Model, images: np.ndarray, black: float, white: float) -> list[Row]:
    """Errors in %, layer by layer, and how far a pixel's change goes."""
    inner, side = framed(images, black), images.shape[1]
    at = side // 2 - 1  # of 28 pixels the 14th: not in a corner of its patch
    changed = images.copy()
    changed[:, at, at] = np.where(images[:, at, at] > (black + white) / 2, black, white)
    seen = [inner, moved(inner, black), images, moved(images, black), changed]
    of_inner, of_inner_moved, of_all, of_all_moved, of_changed = (
        layer_maps(model, x) for x in seen
    )
    rows = []
    for depth, (layer, maps) in enumerate(of_all.items(), 1):
        step = side // maps.shape[1]
        by, box = (MOVED // step,) * 2, (slice(FIRST // step, (FIRST + SIDE) // step),) * 2
        shares = change_shares(maps, of_changed[layer])
        far = pixel_distances(shares.shape, images.shape[1:3], (at, at)) > NEAR
        rows.append({
            "layer": layer, "depth": depth,
            "error": 100 * equivariance_error(of_inner[layer], of_inner_moved[layer], by, box),
            "error_with_border": 100 * equivariance_error(maps, of_all_moved[layer], by),
            "far": 100 * float(shares[far].sum()), "changed": 100 * float((shares > 0).mean()),
        })  # fmt: skip
    pooled = [representation(model, x) for x in seen[:4]]
    return [*rows, {
        "layer": POOLED, "depth": len(rows) + 1, "error": 100 * invariance_error(*pooled[:2]),
        "error_with_border": 100 * invariance_error(*pooled[2:]), "far": "", "changed": "",
    }]  # fmt: skip


def framed(images: np.ndarray, black: float) -> np.ndarray:
    """The middle of each image, laid on a black ground up and left of the middle."""
    found, middle = np.full_like(images, black), (images.shape[1] - SIDE) // 2
    to, of = slice(FIRST, FIRST + SIDE), slice(middle, middle + SIDE)
    found[:, to, to] = images[:, of, of]
    return found


def moved(images: np.ndarray, black: float) -> np.ndarray:
    """The images, moved down and to the right; what comes in is black."""
    found = np.full_like(images, black)
    found[:, MOVED:, MOVED:] = images[:, :-MOVED, :-MOVED]
    return found
