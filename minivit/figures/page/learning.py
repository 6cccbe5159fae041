"""How a run has learned, as its page tells it: its curve, and the model at moments of it.

The moments are the run's snapshots, with their weights rounded (rounding.py): in half precision
where all of them have room so, else in int8, as many as have room.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minivit.checkpoints import load
from minivit.errors import InputError
from minivit.figures.page.letters import letters_for
from minivit.figures.page.payload import in_float64
from minivit.figures.page.rounding import KINDS, LARGEST, rounded_bytes, rounded_model
from minivit.models import ViT

DIGITS = 5  # of a number of the curve
MEASURED = 8  # images, at most, on which is told what the rounding does
BESIDE = 120  # bytes of a page around a snapshot, at most


class Learning(NamedTuple):
    """The log of a run that has finished an epoch, and where its snapshots lie."""

    history: Sequence[Mapping]  # a row for each epoch, as in history.csv
    measured_on: str  # "test", or "held-out"
    steps: int  # in an epoch
    snapshots: Mapping[int, Path]  # by the steps done, in order
    smoothing: float = 0.0  # of the labels that the training loss is taken with
    mixes: bool = False  # whether images were mixed, and their labels with them


def curve(learning: Learning) -> dict:
    """The log as JSON has it, yet without snapshots.

    Raises InputError for a log that holds no numbers.
    """
    if learning.steps < 1:
        raise damaged(f"it has {learning.steps} steps in an epoch")
    accuracy = f"{learning.measured_on.replace('-', '_')}_accuracy"
    columns = {"epoch": "epoch", "loss": "train_loss", "accuracy": accuracy}
    told = {name: [number(row, key) for row in learning.history] for name, key in columns.items()}
    nothing = {"of": len(learning.snapshots), "kind": KINDS[-1], "epochs": [], "moved": 0.0}
    labels = {"smoothing": learning.smoothing, "mixes": learning.mixes}
    return {"measured_on": learning.measured_on, "curve": told, "snapshots": nothing} | labels


def number(row: Mapping, key: str) -> float:
    """A number of a row of the log, to so many digits."""
    value = row.get(key) if isinstance(row, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        words = key.replace("_", " ")
        raise damaged(f"its {words} after an epoch is {str(value)[:40]!r}, and no number")
    return float(f"{value:.{DIGITS}g}")


def damaged(why: str) -> InputError:
    return InputError(
        f"the log of the run is damaged: {why}; train anew, or explain a file that holds the model "
        "alone (minivit.save writes one)"
    )


def in_page(learning: Learning, model: ViT, images: np.ndarray, room: float) -> tuple[dict, list]:
    """What is told of the snapshots that have room in so many bytes of a page, and their weights.

    `moved` is by how much, at most, a logit of the images that are shown differs from that of the
    weights as they were.

    Raises InputError for a snapshot that is damaged or of another model, OSError for one that can't
    be read.
    """
    paths, shapes = learning.snapshots, model.layout.shapes
    fine, coarse = (whole_bytes(shapes, kind) for kind in KINDS)
    steps, kind = list(paths), KINDS[0]
    models = None
    if fine * len(steps) <= room:
        models = [read(paths[step], model) for step in steps]
        if max(float(np.abs(one.parameters.flat).max()) for one in models) > LARGEST:
            models = None
    if models is None:
        steps, kind = spread(steps, int(max(room, 0) // coarse)), KINDS[-1]
        models = [read(paths[step], model) for step in steps]
    written = [rounded_model(one, kind) for one in models]
    moved = [
        moved_by(one, near, images[:MEASURED], step)
        for step, one, (_, near) in zip(steps, models, written, strict=True)
    ]
    epochs = [round(step / learning.steps, 3) for step in steps]
    told = {"of": len(paths), "kind": kind, "epochs": epochs, "moved": max(moved, default=0.0)}
    return told, [content for content, _ in written]


def whole_bytes(shapes: dict, kind: str) -> int:
    """Of a page, for a snapshot."""
    return letters_for(rounded_bytes(shapes, kind)) + BESIDE


def spread(steps: list[int], most: int) -> list[int]:
    """At most so many of the steps, evenly chosen: the first, the last, and some between."""
    count = min(most, len(steps))
    places = np.linspace(0, len(steps) - 1, count).round().astype(int) if count else []
    return [steps[i] for i in places]


def read(path: Path, model: ViT) -> ViT:
    """A snapshot; InputError for a damaged one, and for one of another model."""
    way_out = "remove it, and the page is written without it"
    try:
        found = load(path)
    except InputError as error:
        raise InputError(f"{error}; or {way_out}") from error
    if found.config != model.config:
        raise InputError(f"{path} is a snapshot of another model than that of the run: {way_out}")
    return found


def moved_by(model: ViT, near: ViT, images: np.ndarray, step: int) -> float:
    """The largest difference of a logit that the rounding makes."""
    with np.errstate(over="ignore", invalid="ignore"):  # a sentence says it better
        moved = float(np.abs(near.logits(images) - in_float64(model).logits(images)).max())
    if not math.isfinite(moved):
        raise InputError(
            f"the answers of the snapshot after {step} steps overflow, its parameters are too "
            "large: remove it, and the page is written without it"
        )
    return moved
