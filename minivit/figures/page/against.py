"""Other models in the page of one: which can stand beside it, and what is told of them.

The page asks all of them about the same numbers, so they take the same images, cut and prepared in
the same way, and know the same classes. Widths, depths and heads may differ.
"""

from collections.abc import Mapping

import numpy as np

from minivit.errors import InputError
from minivit.figures.page.payload import (
    in_float64,
    model_told,
    packed_weights,
    shortened,
    size,
    traced,
)
from minivit.figures.page.shown import check_shown
from minivit.models import ViT


def check_beside(model: ViT, others: Mapping[str, ViT]) -> None:
    """InputError for a model that the page can't compute, or that can't be asked the same."""
    for name, other in others.items():
        try:
            check_shown(other.config)
        except InputError as error:
            raise InputError(f"{name} can't stand beside the model: {error}") from error
        here, there = asked_about(model), asked_about(other)
        for what in here:
            if here[what] != there[what]:
                raise InputError(
                    f"{name} can't stand beside the model: its {what} {there[what]}, not "
                    f"{here[what]}; choose a run whose images are cut and prepared alike, and "
                    "whose classes are the same"
                )


def asked_about(model: ViT) -> dict[str, str]:
    """What must be the same of models that are asked about the same images, in words."""
    c = model.config
    return {
        "images have": f"{c.image[0]}x{c.image[1]} pixels",
        "channels are": str(c.channels),
        "grid is": f"{c.grid[0]}x{c.grid[1]} patches",
        "patches have": f"{c.patch[0]}x{c.patch[1]} pixels",
        "classes are": ", ".join(map(str, model.class_names))[:120],
        "number of classes is": str(c.classes),
        "images are prepared as": str(dict(sorted(model.preprocessing.items()))),
    }


def sizes_beside(others: Mapping[str, ViT]) -> dict[str, int]:
    """About how many bytes of a page each takes."""
    return {name: size(one.config, one.dtype, 0, one.layout.size) for name, one in others.items()}


def beside(others: Mapping[str, ViT], images: np.ndarray) -> tuple[list[dict], list[bytes]]:
    """What a page is told of each model and of its answers about these images; and its weights.

    Raises InputError when its answers overflow.
    """
    told, weights = [], []
    for name, other in others.items():
        exact = in_float64(other)
        seen = exact.check_images(other.check_images(images))
        logits = [traced(exact, image).logits[0].tolist() for image in seen]
        told.append({"name": shortened(name), "logits": logits} | model_told(other))
        weights.append(packed_weights(other))
    return told, weights
