"""What breaks it? Hidden, moved, turned, noisy, faint and shuffled images.

The claims are those of Naseer et al. 2021, "Intriguing Properties of Vision Transformers" (arXiv
2105.10497), which readers of the ViT paper repeat; they compare with a convolutional network of the
same accuracy. A further model is one more line of MODELS.
"""

import numpy as np

from minivit.data import black_and_white
from minivit.experiments import positions
from minivit.experiments.changes import CHANGES, KEPT
from minivit.experiments.drawing import lines
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import Learnt
from minivit.experiments.verdict import (
    DOES_NOT,
    IN_PART,
    UNDECIDED,
    Finding,
    above,
    of_seeds,
    reaches,
)
from minivit.training import evaluate

# The cells are those of `positions`: they are in the pool already. The one without positions sees
# a bag of patches: so it tells what of the other's answers comes from places.
VIT, BAG = "ViT", "ViT without positions"
MODELS = {VIT: ("learned", "input"), BAG: ("none", "input")}
HIDDEN, RIGHT = 0.8, 60  # Naseer et al.: 60 % are right with 80 % of the image hidden


def points(scale: Scale) -> list[Point]:
    return [
        Point({"model": model, "seed": seed}, (positions.cell(*grid, seed, scale),))
        for model, grid in MODELS.items()
        for seed in scale.seeds
    ]


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    """A row for each change and strength; all models see the same changed images."""
    (one,) = trained
    images, labels = one.data.test
    black, white = black_and_white(one.data.preprocessing, images)
    rows = [{"change": "none", "strength": 0, "accuracy": one.accuracy}]
    for name, (change, strengths, _) in CHANGES.items():
        for strength in strengths:
            rng = np.random.default_rng(int(point.settings["seed"]))
            seen = change(images, strength, black, white, rng)
            right = 100 * evaluate(one.model, seen, labels).accuracy
            rows.append({"change": name, "strength": strength, "accuracy": right})
    return rows


def kept(rows: list[Row], model: str, change: str) -> list[float]:
    """What is left of the accuracy, in %, seed by seed: the mean over all strengths."""
    clean = of_seeds(rows, "accuracy", model=model, change="none")
    changed = [of_seeds(rows, "accuracy", model=model, change=change, strength=s)
               for s in CHANGES[change][1]]  # fmt: skip
    return [
        100 * sum(right) / len(right) / max(c, 1e-9)
        for c, *right in zip(clean, *changed, strict=True)
    ]


def findings(rows: list[Row]) -> list[Finding]:
    """Naseer's number, shuffled pieces; then whether the ViT keeps more than another model."""
    most = of_seeds(rows, "accuracy", model=VIT, change="hidden", strength=HIDDEN)
    found = [reaches(most, RIGHT, f"the ViT with {HIDDEN:.0%} hidden")]
    found.append(reaches(kept(rows, VIT, "shuffled"), KEPT, "the ViT, shuffled", " % kept"))
    others = [m for m in dict.fromkeys(row["model"] for row in rows) if m not in (VIT, BAG)]
    if not others:
        found.append(Finding(None, "that it withstands more than a convolutional network needs one "
                                   "to compare with, and there is none in the table"))  # fmt: skip
    return found + [
        above(kept(rows, VIT, change), kept(rows, other, change),
              (f"{change}, the ViT", f"the {other}"), " % kept")
        for other in others for change in CHANGES
    ]  # fmt: skip


def draw(figure, rows: list[Row]) -> None:
    """A panel for each change: accuracy over its strength, a line for each model."""
    panels = figure.subplots(2, 3, sharey=True).flat
    models = list(dict.fromkeys(row["model"] for row in rows))
    for axes, (change, (_, strengths, words)) in zip(panels, CHANGES.items(), strict=True):
        series = {}
        for model in models:
            clean = of_seeds(rows, "accuracy", model=model, change="none")
            changed = [of_seeds(rows, "accuracy", model=model, change=change, strength=s)
                       for s in strengths]  # fmt: skip
            start = 1 if change == "shuffled" else 0  # a piece along each side is the whole
            series[model] = (start, *strengths), [clean, *changed]
        lines(axes, series, change, words, "test accuracy, %")
        if change == "hidden":
            axes.plot(HIDDEN, RIGHT, "x", color="#222222")
            axes.annotate("Naseer et al.", (HIDDEN, RIGHT), (-7, 0), textcoords="offset points",
                          fontsize=8, ha="right", va="center")  # fmt: skip


EXPERIMENT = Experiment(
    name="robustness",
    title="What breaks it?",
    claim="Often repeated: a ViT withstands occlusion, shifts and shuffled patches. Naseer et al. "
    "2021: 60 % of ImageNet are right with 80 % of the image hidden at random, where a "
    "convolutional network fails. Shuffled pieces are withstood, here, if nine tenths of the "
    "accuracy are kept, in the mean over how many pieces there are.",
    minutes=3,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(12, 6.6),
    why={
        IN_PART: "a model withstands what it was shown: these learnt from images that were shifted "
        "by a pixel and mirrored, and from none that were hidden",
        DOES_NOT: "little is left of 28 pixels when most are hidden, and that black squares look "
        "like the ground of these images; theirs have 196 patches and a million images to learn "
        "from",
        UNDECIDED: "one number is too little to compare with",
    },
)
