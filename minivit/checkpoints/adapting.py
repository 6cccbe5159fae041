"""A model that goes on with other classes, or with images of another size (ViT paper, 3.2, B.1.1).

head          new: zero, for the new classes; pre-logits are left out with the old one, and what a
              model that was pre-trained without labels has besides: mask token, decoder
positions     interpolated to the new grid of patches; the patches keep their side
all the rest  as it was
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from minivit.checkpoints.resizing import check_method, resize_axis, resize_positions
from minivit.errors import InputError
from minivit.fields import in_words, is_whole_number
from minivit.models import Config, Model, class_of
from minivit.models.class_names import class_names
from minivit.models.positions import grid_tables
from minivit.ops.sincos_positions import SINCOS

HEAD = ("head", "pre_logits")  # the places that are left behind


def adapted(
    model: Model,
    *,
    classes: int | Iterable[str],
    image: int | tuple[int, int] | None = None,
    method: str = "google",
) -> Model:
    """A new model with the parameters of `model` and a zero head for `classes`, or their names.

    `image` are the sides of its images, (height, width); None: as they were. `method`, one of
    METHODS, is how learned positions go to the new grid of patches. `model` stays as it is.

    Raises InputError where the patches don't fill the new image, where the model's positions can't
    go to another grid (relative ones), and as `resize_positions` does.
    """
    old, names = model.config, None
    if not is_whole_number(classes):
        names = [str(name) for name in classes]
        classes = len(names)
    sides = old.image if image is None else image
    no_pre_logits = {"pre_logits": None} if old.family == "ViT" else {}
    config = replace(old.classifier(), image=sides, classes=classes, **no_pre_logits)
    check_positions(old, config, method)
    new = class_of(config)(config, seed=None, dtype=model.dtype)
    carry_over(model, new, method)
    new.preprocessing = dict(model.preprocessing)
    if new.preprocessing:
        new.preprocessing |= {"height": config.image[0], "width": config.image[1]}
    new.class_names = class_names(names, classes)
    return new


def carry_over(model: Model, new: Model, method: str) -> None:
    """Copy all that `new` has but the head's, by name; positions go to its grid."""
    old, config = model.config, new.config
    tables = grid_tables(old) if old.grid != config.grid else {}
    for name, shape in new.layout.shapes.items():
        if name.rpartition(".")[0] in HEAD:
            continue  # zeros
        array = model.parameters[name]
        if name in tables:
            array = tables_for(array, tables[name], old, config, method)
        if array.shape != shape:
            raise InputError(
                f"{name} has shape {array.shape}, and images of {in_words(config.image)} would "
                f"need {shape}: it goes with the number of tokens; keep images of "
                f"{in_words(old.image)}"
            )
        new.parameters[name] = array
    new.buffers.flat[:] = model.buffers.flat


def check_positions(old: Config, new: Config, method: str) -> None:
    """InputError where a model's positions can't go from one grid of patches to the other."""
    check_method(method, old.grid, old.grid)  # its name, also where nothing is interpolated
    if old.grid == new.grid:
        return
    if old.positions == "relative":
        raise InputError(
            f"the model has relative positions, and goes from {in_words(old.grid)} to "
            f"{in_words(new.grid)} patches: they count along the raster, where a distance is "
            "another one in another grid, so they can't be interpolated; keep images of "
            f"{in_words(old.image)}, or begin with a model that has other positions"
        )
    if old.positions in ("learned", "learned-2d"):
        check_method(method, old.grid, new.grid)


def tables_for(
    array: np.ndarray, axis: int | None, old: Config, new: Config, method: str
) -> np.ndarray:
    """A table of positions for the new grid: of all tokens, or of one axis of the grid."""
    if axis is None:
        return resize_positions(array, old.grid, new.grid, method=method)
    return resize_axis(array, new.grid[axis], method=method)


def positions_in_words(old: Config, new: Config, method: str) -> str:
    """What becomes of a model's positions, for people."""
    if old.family != "ViT":
        return "it has no positions"
    there = f"{in_words(old.grid)} patches become {in_words(new.grid)}"
    if old.grid == new.grid:
        return f"{in_words(new.grid)} patches, as before"
    if old.positions in SINCOS:
        return f"{there}; its positions ({old.positions}) are worked out for the new grid"
    if old.positions == "none":
        return f"{there}; it has no positions"
    return f"{there}; positions are interpolated as {method} does"
