"""What a gradient check of a model may be aimed at: a variant, shrunk, or a trained model."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from minivit.checking.model import check_model
from minivit.checking.report import Report
from minivit.checkpoints import load
from minivit.data import DATASETS, load_dataset
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
    """A trained model, on test images of its dataset if that is embedded, else on random images."""
    model = load(path)
    dataset = model.preprocessing.get("dataset")
    if dataset not in DATASETS:
        report = check_on_noise(model, seed)
    else:
        test = load_dataset(dataset).test
        report = check_model(model, test.images[:IMAGES], test.labels[:IMAGES], seed=seed)
        report.remarks.insert(0, f"On {IMAGES} test images of {dataset}.")
    report.title = f"gradient check of {path}"
    return report


def check_on_noise(model: ViT, seed: int = 0) -> Report:
    """Any model, on random images with random labels."""
    rng, c = np.random.default_rng(seed), model.config
    images = rng.uniform(-1, 1, (IMAGES, *c.image, c.channels))
    report = check_model(model, images, rng.integers(c.classes, size=IMAGES), seed=seed)
    report.remarks.insert(0, f"On {IMAGES} random images.")
    return report
