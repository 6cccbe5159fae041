"""The layers of a model, when an image moves and when a pixel changes: rows for `biases`.

An image moves by 4 pixels down and to the right: that is a whole number of strides of every map
here. It is measured with the whole image, from which a part goes out; and with the middle of a test
image on a black ground, compared where the middle lies. The last maps of a ResNet see the border
even so. As its parameters are good for images of any size, it is measured on a ground of 64 pixels
too, where no place sees both the middle and the border.
"""

from dataclasses import replace

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
WIDE, WIDE_FIRST = 64, 24  # pixels: a wide ground, and where the middle is laid on it
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
    away = errors(model, framed(images, black, FIRST), black, FIRST)
    border, reached = errors(model, images, black), reach(model, images, black, white)
    wide = {}
    if model.config.family == "ResNet":
        ground = framed(images, black, WIDE_FIRST, WIDE)
        wide = errors(widened(model), ground, black, WIDE_FIRST)
    return [
        {"layer": layer, "depth": depth, "error": error, "error_with_border": border[layer],
         "error_on_wide_ground": wide.get(layer, "")}
        | reached.get(layer, {"far": "", "changed": ""})
        for depth, (layer, error) in enumerate(away.items(), 1)
    ]  # fmt: skip


def errors(
    model: Model, images: np.ndarray, black: float, first: int | None = None
) -> dict[str, float]:
    """The errors of all layers, and of what the head reads, when the images move.

    Maps are compared in the SIDE pixels from number `first` on, down and across; None: wherever
    they can be.
    """
    away, found = moved(images, black), {}
    of_moved = layer_maps(model, away)
    for layer, maps in layer_maps(model, images).items():
        step = images.shape[1] // maps.shape[1]
        box = None if first is None else (slice(first // step, (first + SIDE) // step),) * 2
        found[layer] = equivariance_error(maps, of_moved[layer], (MOVED // step,) * 2, box)
    found[POOLED] = invariance_error(*(representation(model, some) for some in (images, away)))
    return {layer: 100 * error for layer, error in found.items()}


def reach(model: Model, images: np.ndarray, black: float, white: float) -> dict[str, Row]:
    """Of every layer, in %: what lies far away of a pixel's change, and the places that change."""
    changed, at = images.copy(), images.shape[1] // 2 - 1  # of 28 the 14th: inside of its patch
    changed[:, at, at] = np.where(images[:, at, at] > (black + white) / 2, black, white)
    of_changed, found = layer_maps(model, changed), {}
    for layer, maps in layer_maps(model, images).items():
        shares = change_shares(maps, of_changed[layer])
        far = pixel_distances(shares.shape, images.shape[1:3], (at, at)) > NEAR
        found[layer] = {
            "far": 100 * float(shares[far].sum()), "changed": 100 * float((shares > 0).mean())
        }  # fmt: skip
    return found


def widened(model: Model) -> Model:
    """A ResNet with the same parameters for images of WIDE pixels."""
    found = type(model)(replace(model.config, image=(WIDE, WIDE)), seed=None, dtype=model.dtype)
    found.parameters.flat[:] = model.parameters.flat
    return found


def framed(images: np.ndarray, black: float, first: int, whole: int | None = None) -> np.ndarray:
    """The middle of each image, laid on a black ground from pixel number `first` on.

    The ground is `whole` pixels high and wide; None: as the images are.
    """
    B, side, _, channels = images.shape
    found = np.full((B, *(whole or side,) * 2, channels), black, images.dtype)
    middle = (side - SIDE) // 2
    to, of = slice(first, first + SIDE), slice(middle, middle + SIDE)
    found[:, to, to] = images[:, of, of]
    return found


def moved(images: np.ndarray, black: float) -> np.ndarray:
    """The images, moved down and to the right; what comes in is black."""
    found = np.full_like(images, black)
    found[:, MOVED:, MOVED:] = images[:, :-MOVED, :-MOVED]
    return found
