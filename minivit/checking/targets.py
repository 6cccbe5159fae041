"""What a gradient check of a model may be aimed at: a variant, shrunk, or a trained model."""

import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from minivit.checking.model import check_model
from minivit.checking.report import Report
from minivit.checking.sampling import USUAL, Sampling
from minivit.checkpoints import load
from minivit.data import Dataset, data_of, is_own
from minivit.errors import InputError
from minivit.fields import changes_in_words, in_words
from minivit.files import typed
from minivit.models import Config, Model, class_of, shrunk, variant
from minivit.models.cost import cost

IMAGES = 4
LARGE = 100_000_000  # FLOPs of a forward: beyond, a check in full takes longer than anybody waits
ONE_DIRECTION = Sampling(directions=1, elements=0)
DOUBLE = 2  # times as long takes a pass in float64


def check_variant(name: str, seed: int = 0, changes: Mapping | None = None) -> Report:
    """A small model with the structure of a variant, freshly initialised, on random images.

    `changes` are fields of the configuration, set before it is shrunk; InputError when it can't
    have them.
    """
    config = shrunk(variant(name, **(changes or {})))
    report = check_on_noise(class_of(config)(config, seed, dtype="float64"), seed)
    options = changes_in_words(config)
    report.remarks.insert(
        0,
        f"{name} was shrunk: image {in_words(config.image)}, {sizes_of(config)}"
        f"{config.classes} classes{', ' + options if options else ''}.",
    )
    return report


def sizes_of(config: Config) -> str:
    """The sizes that only a ViT has, with a comma behind each."""
    if config.family != "ViT":
        return ""
    return (
        f"patch {in_words(config.patch)}, width {config.width}, depth {config.depth}, "
        f"{config.heads} heads, MLP width {config.mlp}, "
    )


def check_run(
    path: str | Path,
    seed: int = 0,
    *,
    heads: int | None = None,
    pool: str | None = None,
    announce: Callable[[str], None] | None = None,
) -> Report:
    """A trained model, on test images of its data set if that can be found, else on random ones.

    `heads`, `pool`: of somebody else's file that does not tell them. Of a large model one image is
    taken, and one direction for each tensor; `announce` is told first how long that takes.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a head of zeros is drawn anew, and the report says so
        model = load(path, heads=heads, pool=pool)
    is_large = cost(model.config, batch=1).forward_flops > LARGE
    count, sampling = (1, ONE_DIRECTION) if is_large else (IMAGES, USUAL)
    if is_large and announce is not None:
        announce(expected(model))
    data = data_if_found(model)
    if data is None or data.test.images.shape[1:] != (*model.config.image, model.config.channels):
        report = check_on_noise(model, seed, images=count, sampling=sampling)
    else:
        images, labels = data.test.images[:count], data.test.labels[:count]
        report = check_model(model, images, labels, seed=seed, sampling=sampling)
        report.remarks.insert(0, f"On {count} test image{'s' * (count > 1)} of {data.name}.")
    report.title = f"gradient check of {typed(path)}"
    return report


def expected(model: Model) -> str:
    """What a large model's check will do, and about how long it takes, by a forward of now."""
    c, tensors = model.config, len(model.layout.shapes) + 1  # and the images
    image = np.zeros((1, *c.image, c.channels), model.dtype)
    model.logits(image)  # the first one is slower
    began = time.perf_counter()
    model.logits(image)
    seconds = DOUBLE * 2 * tensors * (time.perf_counter() - began)
    return (
        f"{model.layout.size:,} parameters: one image, and one direction for each of {tensors} "
        f"tensors; {2 * tensors} forward passes in float64, about {max(1, round(seconds / 60))} min"
    )


def data_if_found(model: Model) -> Dataset | None:
    """The data set that a model was trained on; None if it isn't where it was."""
    if is_own(model.preprocessing):
        return None
    try:
        return data_of(model.preprocessing, model.config)
    except (InputError, OSError):
        return None


def check_on_noise(
    model: Model, seed: int = 0, *, images: int = IMAGES, sampling: Sampling = USUAL
) -> Report:
    """Any model, on random images with random labels."""
    rng, c = np.random.default_rng(seed), model.config
    pixels = rng.uniform(-1, 1, (images, *c.image, c.channels))
    labels = rng.integers(c.classes, size=images)
    report = check_model(model, pixels, labels, seed=seed, sampling=sampling)
    report.remarks.insert(0, f"On {images} random image{'s' * (images > 1)}.")
    return report
