"""An adversarial patch, made on each of three models, and laid before all of them.

Naseer et al. 2021 (arXiv 2105.10497) say that ViTs withstand it better than convolutional networks,
Gu et al. 2021, "Are Vision Transformers Robust to Patch Perturbations?" (arXiv 2111.10659), that
they withstand it worse, when it is made for one image. How it is made: adversarial.py.
"""

import numpy as np

from minivit.experiments import pool
from minivit.experiments.adversarial import adversarial_patch, drawn_corners, laid, random_patch
from minivit.experiments.drawing import dots
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import Learnt
from minivit.experiments.pool import BEGUN, RESNET, RIVALS, SIZES, VIT
from minivit.experiments.verdict import (
    DOES_NOT,
    IN_PART,
    UNDECIDED,
    Finding,
    above,
    as_control,
    of_seeds,
    together,
)
from minivit.training import evaluate

SIDE, STEPS = 8, 150  # pixels of 28, which is 8 % of the image; of the ascent
NOISE = "noise"  # the control: a patch that nobody has made


def points(scale: Scale) -> list[Point]:
    return [
        Point({"made on": made, "steps": scale.of(STEPS), "seed": seed},
              tuple(pool.cell(rival, seed, scale) for rival in RIVALS))
        for made in (*RIVALS, NOISE) for seed in scale.seeds
    ]  # fmt: skip


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    """Make a patch on training images; a row for each model that it is tried on."""
    made, steps, seed = (point.settings[name] for name in ("made on", "steps", "seed"))
    models = dict(zip(RIVALS, trained, strict=True))
    (images, labels), (seen, right) = trained[0].data.train, trained[0].data.test
    if made == NOISE:
        patch = random_patch(trained[0].model, images, SIDE, seed=1000 + seed)
    else:
        patch = adversarial_patch(
            models[made].model, images, labels, side=SIDE, steps=steps, seed=seed
        )
    rng = np.random.default_rng(seed)  # the same places for all
    changed = laid(seen, patch, drawn_corners(rng, len(seen), seen.shape[1:3], SIDE))
    return [
        {"model": name, "clean": one.accuracy,
         "accuracy": 100 * evaluate(one.model, changed, right).accuracy}
        for name, one in models.items()
    ]  # fmt: skip


def kept(rows: list[Row], model: str, made: str) -> list[float]:
    """What a patch leaves of a model's accuracy, in %, seed by seed."""
    clean, left = (of_seeds(rows, column, model=model, **{"made on": made})
                   for column in ("clean", "accuracy"))  # fmt: skip
    return [100 * b / max(a, 1e-9) for a, b in zip(clean, left, strict=True)]


def findings(rows: list[Row]) -> list[Finding]:
    """Naseer's claim; and as controls noise, which a patch that is made is worse than."""
    unit, own = " % kept", {m: kept(rows, m, m) for m in RIVALS}
    noise = {m: kept(rows, m, NOISE) for m in RIVALS}
    worse = {m: above(noise[m], own[m], ("", "")) for m in RIVALS}
    return [
        as_control(together(worse, "under noise each keeps more than under the patch made on it")),
        above(own[VIT], own[RESNET], ("the ViT under its own patch", "the ResNet under its"), unit),
        above(kept(rows, VIT, RESNET), kept(rows, RESNET, VIT),
              ("the ViT under the ResNet's patch", "the ResNet under the ViT's"), unit),
        as_control(above(noise[VIT], noise[RESNET], ("the ViT under noise", "the ResNet"), unit)),
        as_control(above(kept(rows, VIT, RESNET), own[VIT],
                         ("the ViT under the ResNet's patch", "under its own"), unit)),
    ]  # fmt: skip


def draw(figure, rows: list[Row]) -> None:
    """A panel for each model: what is kept under the patch made on each, and under noise."""
    for axes, model in zip(figure.subplots(1, len(RIVALS), sharex=True, sharey=True), RIVALS,
                           strict=True):  # fmt: skip
        groups = {f"made on the {m}": kept(rows, model, m) for m in RIVALS}
        groups[NOISE] = kept(rows, model, NOISE)
        dots(axes, groups, f"the {model}", "% of its accuracy kept")


EXPERIMENT = Experiment(
    name="patch",
    title="An adversarial patch",
    claim="Often repeated: a ViT withstands an adversarial patch better than a convolutional "
    "network with as many or more parameters (Naseer et al. 2021); Gu et al. 2021 find the "
    "contrary for patches made for one image. Here models are of equal computation, and one patch "
    "of 8 x 8 of 28 x 28 pixels, made on a model by gradient on training images, lies at random "
    "places of test images; what is kept is told in % of each model's own accuracy, since these "
    f"differ. {SIZES} {BEGUN}",
    minutes=6,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(12, 3.2),
    why={
        IN_PART: "the same ascent finds the worst patch of one kind of model sooner than another's",
        DOES_NOT: "attention can be drawn to one place as a whole, where a convolutional network "
        "takes the mean over all places",
        UNDECIDED: "8 x 8 of 28 x 28 pixels hide so much that it matters little who made them",
    },
)
