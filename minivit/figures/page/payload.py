"""What a page is told of a model: weights and images as numbers, the rest as JSON.

The page computes in float64 from the weights in their own dtype, little-endian. So does the trace
that it is compared with (fingerprints.py). Without the weights it is told what was recorded of that
trace instead (recording.py).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.figures.page.fingerprints import fingerprints
from minivit.figures.page.floats import packed_floats
from minivit.figures.page.letters import letters_for
from minivit.figures.page.recording import (
    parameters_off,
    recorded_image,
    recorded_parameters,
    written,
)
from minivit.models import Config, ViT
from minivit.models.trace import Trace

LONGEST = 300  # characters of a name


class Shown(NamedTuple):
    """An image to show: its name, its numbers (height, width, channels), its class if known.

    A test image has its number in the place of a name: the page names it, in its own language.
    """

    name: str | int
    image: np.ndarray
    label: int | None


class Payload(NamedTuple):
    """What is written into a page."""

    told: dict  # plain values
    weights: bytes
    images: bytes
    recorded: str = ""  # lines of letters, one for each recorded array


def payload(
    model: ViT, name: str, shown: Sequence[Shown], blocks: Sequence[int] | None = None
) -> Payload:
    """A model called `name`, and what it makes of these images.

    With `blocks` the page gets no weights: these blocks are recorded.

    Raises InputError for images that the model does not take, and when its answers overflow.
    """
    exact = in_float64(model)
    images = exact.check_images(model.check_images(np.stack([one.image for one in shown])))
    told = {
        "name": shortened(name),
        "classes": [shortened(str(one)) for one in model.class_names],
        "ink": ink(model.preprocessing, images),
        "gallery": None,
        "learning": None,
        "recorded": None,
    } | model_told(model)
    kind = model.dtype.newbyteorder("<")
    pixels = images.astype(kind).tobytes()
    pairs = [*zip(shown, images, strict=True)]
    if blocks is not None:
        found = [recorded(model, exact, *pair, i, blocks) for i, pair in enumerate(pairs)]
        told["images"] = [one for one, _ in found]
        all_arrays = sum((arrays for _, arrays in found), recorded_parameters(model))
        told_arrays, lines = written(all_arrays)
        told["recorded"] = {"blocks": list(blocks), "arrays": told_arrays,
                            "off": parameters_off(model)}  # fmt: skip
        return Payload(told, b"", pixels, lines)
    told["images"] = [seen(exact, *pair) for pair in pairs]
    return Payload(told, packed_weights(model), pixels)


def model_told(model: ViT) -> dict:
    """What the page must know of a model to run it, beside its weights."""
    return {
        "config": sizes(model.config),
        "dtype": model.dtype.name,
        "places": {place: list(names) for place, names in model.layout.places.items()},
        "parameters": {name: list(shape) for name, shape in model.layout.shapes.items()},
    }


def packed_weights(model: ViT) -> bytes:
    """All weights in the order of the layout, in their own type; float32 as floats.py has it."""
    numbers = np.concatenate([model.parameters[one].ravel() for one in model.layout.shapes])
    if numbers.dtype == np.float32:
        return packed_floats(numbers)
    return numbers.astype(model.dtype.newbyteorder("<")).tobytes()


def shortened(name: str) -> str:
    """A name of at most LONGEST characters, in letters that UTF-8 has: a file's may not be."""
    return name[:LONGEST].encode("utf-8", "replace").decode("utf-8")


def in_float64(model: ViT) -> ViT:
    """The same model, that computes in float64."""
    exact = ViT(model.config, seed=None, dtype=np.float64)
    for name in model.layout.shapes:
        exact.parameters[name] = model.parameters[name].astype(np.float64)
    exact.preprocessing = model.preprocessing
    return exact


def seen(exact: ViT, one: Shown, image: np.ndarray) -> dict:
    """What the model makes of an image, told by sums; asked about is its class, or what it says."""
    trace = traced(exact, image)
    label = int(trace.logits.argmax()) if one.label is None else int(one.label)
    return of_image(one) | {"sums": fingerprints(trace, label)}


def recorded(model: ViT, exact: ViT, one: Shown, image: np.ndarray, number: int, blocks):
    """The same, told by arrays: those of `recorded_image`."""
    mine = image.astype(model.dtype)
    told, arrays = recorded_image(
        model, traced(exact, image), mine, number, of_image(one)["label"], blocks
    )
    return of_image(one) | told, arrays


def of_image(one: Shown) -> dict:
    """An image's name and class, if it is known."""
    name = shortened(one.name) if isinstance(one.name, str) else int(one.name)
    return {"name": name, "label": None if one.label is None else int(one.label)}


def traced(exact: ViT, image: np.ndarray) -> Trace:
    """A trace of an image. Raises InputError when the model's answers overflow."""
    with np.errstate(over="ignore", invalid="ignore"):  # a sentence says it better
        trace = exact.trace(image[None])
    if not np.isfinite(trace.logits).all():
        raise InputError(
            "the model's answers overflow, its parameters are too large; choose another "
            "checkpoint, or train with a lower learning rate"
        )
    return trace


def sizes(c: Config) -> dict:
    """The configuration, and the numbers that follow from it."""
    stride = c.patch if c.stride is None else c.stride
    follow = {"grid": c.grid, "stride": stride, "tokens": c.tokens, "has_cls": c.has_cls}
    follow |= {"head_width": c.heads_width // c.heads, "patches": c.patches}
    return c.to_dict() | follow


def ink(preprocessing: dict, images: np.ndarray) -> dict:
    """Which values are black and white, a list with one for each channel, and bright strokes."""
    channels = images.shape[-1]
    black, white = preprocessing.get("low"), preprocessing.get("high")
    low = np.broadcast_to(float(images.min()) if black is None else black, channels)
    high = np.broadcast_to(float(images.max()) if white is None else white, channels)
    is_bright = preprocessing.get("ink") == "bright"
    return {"low": low.tolist(), "high": high.tolist(), "bright": is_bright}


def size(c: Config, dtype: np.dtype, shown: int, weights: int) -> int:
    """About how many bytes a page of such a model has, before any of it is made."""
    numbers = weights + shown * math.prod(c.image) * c.channels
    return letters_for(numbers * dtype.itemsize)
