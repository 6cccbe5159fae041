"""Another distribution: learnt from MNIST and tested on the embedded digits, and the reverse.

The embedded digits have 8x8 pixels and fill their frame; they are enlarged to 28. MNIST's are 20
pixels high in a margin of 4. So each set is shown twice: as it is, and framed as the other is.
"""

import numpy as np

from minivit.experiments import pool
from minivit.experiments.cell import Images, loaded
from minivit.experiments.changes import KEPT
from minivit.experiments.drawing import dots
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import Learnt
from minivit.experiments.pool import BEGUN, RESNET, RIVALS, VIT
from minivit.experiments.verdict import (
    DOES_NOT,
    IN_PART,
    UNDECIDED,
    Finding,
    above,
    as_control,
    of_seeds,
    reaches,
)
from minivit.models.interpolation import resized, smooth_linear
from minivit.training import evaluate

SIDE, INNER = 28, 20
# Epochs; and digits are not mirrored, as the rivals' clothes are.
SETS = {
    "mnist": {"epochs": 4, "warmup_epochs": 0.5, "flip": "none"},
    "digits": {"epochs": 30, "warmup_epochs": 2.0, "flip": "none"},
}
NAMES = {"mnist": "MNIST", "digits": "digits"}  # on the page
OWN, OTHER, REFRAMED = "own test images", "the other set", "the other set, reframed"


def images(name: str, scale: Scale) -> Images:
    side = SIDE if name == "digits" else None
    return Images(name, side=side, train=scale.train, test=min(scale.test, 2000))


def points(scale: Scale) -> list[Point]:
    return [
        Point({"learnt from": name, "model": rival, "seed": seed},
              (pool.cell_on(images(name, scale), rival, seed,
                            training | {"epochs": scale.of(training["epochs"])}),))
        for name, training in SETS.items() for rival in RIVALS for seed in scale.seeds
    ]  # fmt: skip


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    (one,) = trained
    own = one.cell.images
    (other,) = set(SETS) - {own.name}
    seen, labels = loaded(own._replace(name=other, side=SIDE)).test
    framed = shrunk(seen) if other == "digits" else enlarged(seen)
    rows = [{"tested on": OWN, "accuracy": one.accuracy}]
    for name, as_shown in ((OTHER, seen), (REFRAMED, framed)):
        right = 100 * evaluate(one.model, as_shown, labels).accuracy
        rows.append({"tested on": name, "accuracy": right})
    return rows


def shrunk(whole: np.ndarray) -> np.ndarray:
    """Images (B, 28, 28, 1) that fill their frame, in 20 pixels and a margin of 4 as MNIST's."""
    matrix, margin = smooth_linear(SIDE, INNER), (SIDE - INNER) // 2
    border = ((0, 0), (margin, margin), (margin, margin), (0, 0))
    return np.pad(resized(whole, matrix, matrix), border, constant_values=whole.min())


def enlarged(whole: np.ndarray) -> np.ndarray:
    """The inner 20 pixels of images (B, 28, 28, 1), enlarged to 28."""
    matrix, margin = smooth_linear(INNER, SIDE), (SIDE - INNER) // 2
    return resized(whole[:, margin:-margin, margin:-margin], matrix, matrix)


def kept(rows: list[Row], name: str, tested: str, model: str) -> list[float]:
    """What is left of the accuracy on its own test images, in %, seed by seed."""
    own, other = (
        of_seeds(rows, "accuracy", **{"learnt from": name, "tested on": where, "model": model})
        for where in (OWN, tested)
    )
    return [100 * b / max(a, 1e-9) for a, b in zip(own, other, strict=True)]


def findings(rows: list[Row]) -> list[Finding]:
    """Whether the ViT keeps nine tenths of its accuracy; and, more than the ResNet.

    As a control, whether it keeps more where images are framed as those that it has learnt from.
    """
    unit, found = " % kept", []
    for name in SETS:
        for tested in (OTHER, REFRAMED):
            ours, theirs = (kept(rows, name, tested, model) for model in (VIT, RESNET))
            where = f"learnt from {NAMES[name]}, on {tested}: the ViT"
            found += [
                reaches(ours, KEPT, where, unit), above(ours, theirs, (where, "the ResNet"), unit)
            ]  # fmt: skip
        both = (kept(rows, name, tested, VIT) for tested in (REFRAMED, OTHER))
        names = f"learnt from {NAMES[name]}: the ViT on {REFRAMED}", f"on {OTHER} as it is"
        found.append(as_control(above(*both, names, unit)))
    return found


def draw(figure, rows: list[Row]) -> None:
    """A panel for each set that was learnt from, a row for each that it was tested on."""
    for axes, name in zip(figure.subplots(1, len(SETS), sharex=True), SETS, strict=True):
        groups = {
            f"{where}: {model}": of_seeds(
                rows, "accuracy", **{"learnt from": name, "tested on": where, "model": model}
            )
            for where in (OWN, OTHER, REFRAMED)
            for model in RIVALS
        }
        dots(axes, groups, f"learnt from {NAMES[name]}", "read right, %")
        axes.set_xlim(0, 100)


EXPERIMENT = Experiment(
    name="shift",
    title="Another distribution: MNIST and the embedded digits",
    claim="Often repeated: a ViT withstands a shift of the distribution, and better than a "
    "convolutional network. Here that means that nine tenths of its accuracy are left on another "
    f"set of handwritten digits, and more than a ResNet of equal computation keeps. Each set is "
    "also shown reframed as the other is: the digits, which fill their frame, shrunk to "
    f"{INNER} pixels in a margin of {(SIDE - INNER) // 2}, and of MNIST the inner {INNER} pixels "
    f"enlarged to {SIDE}. Models learn from 10,000 images of MNIST in {SETS['mnist']['epochs']} "
    f"epochs, or from 1,437 digits in {SETS['digits']['epochs']}, none mirrored; the tests have "
    f"2,000 and 360 images, so that one digit is 0.28 points. {BEGUN}",
    minutes=6,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(13, 4),
    why={
        IN_PART: "accuracy is lost to how a digit is framed and how sharp it is, and, of models "
        "that learnt from the small set, to how few hands it shows",
        DOES_NOT: "accuracy is lost to how a digit is framed and how sharp it is, since nothing "
        "told the model that this does not matter",
        UNDECIDED: "chance decides what a model makes of images unlike those it has seen",
    },
)
