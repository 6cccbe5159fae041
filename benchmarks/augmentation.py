"""What each change of images costs: a batch prepared with it, against a training step.

The models are small ones that are trained on such images, so the shares are high ones. The two take
turns in one process, on the kernels, and the medians are compared. To time another change, add a
line to CHANGES.
"""

from functools import partial

import numpy as np

from minivit import TrainingConfig, ViTConfig, backend
from minivit.data import Dataset, Split
from minivit.fields import in_words
from minivit.training import Training

from .options import Options, need_kernels, progress
from .rows import row, show
from .timing import alternate, time_calls

PATCH, CLASSES = (4, 4), 10
MODELS = {  # of 28,202 and 203,850 parameters
    "28x28x1": ViTConfig((28, 28), 1, PATCH, 32, 3, 4, 64, CLASSES),
    "32x32x3": ViTConfig((32, 32), 3, PATCH, 64, 6, 4, 128, CLASSES),
}
TINY = {"8x8x1": ViTConfig((8, 8), 1, PATCH, 8, 1, 2, 8, CLASSES)}
CHANGES = (
    {},
    {"shift": 2},
    {"shift": 2, "shift_fill": "reflect"},
    {"flip": "random"},
    {"flip": "alternating"},
    {"rotation": 10.0},
    {"rotation": 10.0, "shift_fill": "reflect"},
    {"brightness": 0.2},
    {"contrast": 0.2},
    {"erasing": 0.25},
    {"mixup": 0.2},
    {"cutmix": 1.0},
)
COLUMNS = {
    "batch": "images", "change": "case", "us": "ours", "step us": "theirs",
    "share of a step %": "share",
}  # fmt: skip
SECONDS = 2.0  # for a change and a step together


def measure(options: Options) -> list[dict]:
    """A row for each of CHANGES, on images of each model."""
    need_kernels()
    batch = 4 if options.tiny else 128
    models = TINY if options.tiny else MODELS
    with backend.use("numba"):
        return [
            change(name, model, batch, changes, options)
            for name, model in models.items()
            for changes in CHANGES
        ]


def change(name: str, model: ViTConfig, size: int, changes: dict, options: Options) -> dict:
    """One change against a step of training, whose images lie ready."""
    words = ", ".join(f"{n.replace('_', ' ')} {in_words(v)}" for n, v in changes.items()) or "none"
    progress(f"augmentation: {name}, {words}")
    recipe = {"model": model, "batch": size, "learning_rate": 1e-4, "shift": 0} | changes
    training = Training(TrainingConfig(**recipe), noise(model, 4 * size))
    batch = training.epoch()[0]
    prepared = training.feed.prepare(batch)
    sides = {
        "change": partial(time_calls, lambda: training.feed.prepare(batch)),
        "step": partial(time_calls, lambda: training.train_batch(batch, lambda: prepared)),
    }
    seconds = alternate(sides, options, usual=SECONDS)
    ours, theirs = (1e6 * seconds[side] for side in sides)
    return row(
        "augmentation", words, "numpy", ours, "us", "step", theirs,
        images=f"{size} x {name}", share=ours / theirs,
    )  # fmt: skip


def noise(model: ViTConfig, images: int) -> Dataset:
    """Images to train on that mean nothing."""
    rng = np.random.default_rng(0)
    pixels = rng.uniform(-1, 1, (images, *model.image, model.channels)).astype(np.float32)
    split = Split(pixels, rng.integers(0, model.classes, images))
    return Dataset("noise", [], {"low": -1.0, "high": 1.0}, split, split)


def report(rows: list[dict]) -> str:
    """The table, and what it is of."""
    return (
        f"{show(rows, COLUMNS)}\n\nA batch read and changed, and a training step of a small model "
        "on it, on the kernels.\nWhat a run really waited for its images is in its timing.csv, "
        "share_of_waiting."
    )
