"""What a gradient check of a model may be aimed at: a variant, shrunk, or a trained model."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from minivit.checking.model import check_model
from minivit.checking.report import Report
from minivit.checkpoints import load
from minivit.data import Dataset, data_of, is_own
from minivit.errors import InputError
from minivit.fields import changes_in_words
from minivit.models import ViT, shrunk, variant

IMAGES = 4


def check_variant(name: str, seed: int = 0, changes: Mapping | None = None) -> Report:
    """A small model with the structure of a variant, freshly initialised, on random images.

    `changes` are fields of the configuration, set before it is shrunk; InputError when it can't
    have them.
    """
    config = shrunk(variant(name, **(changes or {})))
    report = check_on_noise(ViT(config, seed, dtype="float64"), seed)
    options = changes_in_words(config)
    report.remarks.insert(
        0,
        f"{name} was shrunk: image {config.image[0]}x{config.image[1]}, patch "
        f"{config.patch[0]}x{config.patch[1]}, width {config.width}, depth {config.depth}, "
        f"{config.heads} heads, MLP width {config.mlp}, {config.classes} classes"
        f"{', ' + options if options else ''}.",
    )
    return report


def check_run(path: str | Path, seed: int = 0) -> Report:
    """A trained model, on test images of its data set if that can be found, else on random ones."""
    model = load(path)
    data = data_if_found(model)
    if data is None or data.test.images.shape[1:] != (*model.config.image, model.config.channels):
        report = check_on_noise(model, seed)
    else:
        images, labels = data.test.images[:IMAGES], data.test.labels[:IMAGES]
        report = check_model(model, images, labels, seed=seed)
        report.remarks.insert(0, f"On {IMAGES} test images of {data.name}.")
    report.title = f"gradient check of {path}"
    return report


def data_if_found(model: ViT) -> Dataset | None:
    """The data set that a model was trained on; None if it isn't where it was."""
    if is_own(model.preprocessing):
        return None
    try:
        return data_of(model.preprocessing, model.config)
    except (InputError, OSError):
        return None


def check_on_noise(model: ViT, seed: int = 0) -> Report:
    """Any model, on random images with random labels."""
    rng, c = np.random.default_rng(seed), model.config
    images = rng.uniform(-1, 1, (IMAGES, *c.image, c.channels))
    report = check_model(model, images, rng.integers(c.classes, size=IMAGES), seed=seed)
    report.remarks.insert(0, f"On {IMAGES} random images.")
    return report
