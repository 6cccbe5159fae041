"""How far do heads look, by depth: a ViT's, and a hybrid's? The paper's figures 7 right and 11."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from minivit.data.dataset import evenly
from minivit.experiments.drawing import dress
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import Learnt
from minivit.experiments.pool import HYBRID, VIT, cell
from minivit.experiments.verdict import (
    DOES_NOT,
    IN_PART,
    UNDECIDED,
    Finding,
    above,
    as_control,
    at_most,
    of_seeds,
    reaches,
    shown,
    together,
    with_words,
)
from minivit.experiments.work import fresh
from minivit.figures.look import QUIET
from minivit.figures.runs import COLOURS
from minivit.inspection import head_measures, patch_distances, patch_step

UNTRAINED, TRAINED = "untrained", "trained"
LOOKED_AT = 128  # test images, as in the paper
FAR, NEAR = 90, 50  # % of what attention to all patches alike would reach: global, and local


def points(scale: Scale) -> list[Point]:
    return [
        Point({"model": rival, "seed": seed}, (cell(rival, seed, scale),))
        for rival in (VIT, HYBRID)
        for seed in scale.seeds
    ]


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    """A row for each head, before the training and after it. A cls token is left out, as query and
    as key, and what is left of a patch's attention counts as all of it.
    """
    (one,) = trained
    images = one.data.test.images
    images = images[evenly(np.arange(len(images)), min(LOOKED_AT, len(images)))]
    rows = []
    for when, model in {UNTRAINED: fresh(one.cell).model, TRAINED: one.model}.items():
        c, found = model.config, head_measures(model, images, renormalise=True)
        even, side = patch_distances(c.grid, patch_step(c)).mean(), max(c.image)
        rows += [
            {"when": when, "block": block, "head": head, "pixels": pixels,
             "of_side": pixels / side, "of_even": 100 * pixels / even,
             "keys": 2 ** float(found.entropy[block, head])}
            for (block, head), pixels in np.ndenumerate(found.distance)
        ]  # fmt: skip
    return rows


def of_block(
    rows: list[Row], model: str, block: int, of: Callable, when: str = TRAINED
) -> list[float]:
    """A number of the heads of a block, seed by seed: their distances, in % of even attention's."""
    heads = sorted({row["head"] for row in rows if row["model"] == model})
    of_heads = [of_seeds(rows, "of_even", model=model, when=when, block=block, head=head)
                for head in heads]  # fmt: skip
    return [of(of_seed) for of_seed in zip(*of_heads, strict=True)]


def mean(values) -> float:
    return sum(values) / len(values)


def last_block(rows: list[Row], model: str) -> int:
    return max(row["block"] for row in rows if row["model"] == model)


def findings(rows: list[Row]) -> list[Finding]:
    """The first block looks far and near; later ones farther; the hybrid's first less near.

    What an untrained model has already is told beside it: it has not been learned.
    """
    first = {
        max: reaches(
            of_block(rows, VIT, 0, max),
            FAR,
            "the head of the ViT's first block that looks farthest",
        ),
        min: at_most(
            of_block(rows, VIT, 0, min), NEAR, "the head of that block that looks nearest", " %"
        ),
    }
    found = [
        with_words(one, f"untrained {shown(of_block(rows, VIT, 0, of, UNTRAINED))} %")
        for of, one in first.items()
    ]
    for model in (VIT, HYBRID):
        found += [grows(rows, model, TRAINED), as_control(grows(rows, model, UNTRAINED))]
    found.insert(3, as_control(block_by_block(rows)))
    nearest = (of_block(rows, model, 0, min) for model in (HYBRID, VIT))
    names = "the head of the hybrid's first block that looks nearest", "that of the ViT's"
    return [*found, above(*nearest, names)]


def grows(rows: list[Row], model: str, when: str) -> Finding:
    """The claim that the last block looks farther than the first."""
    first, last = (of_block(rows, model, block, mean, when)
                   for block in (0, last_block(rows, model)))  # fmt: skip
    untrained = "untrained, " * (when == UNTRAINED)
    return above(last, first, (f"{untrained}the mean of the {model}'s last block",
                               "that of its first"))  # fmt: skip


def block_by_block(rows: list[Row]) -> Finding:
    """The claim that each of the ViT's blocks looks farther than the one before."""
    means = [of_block(rows, VIT, block, mean) for block in range(int(last_block(rows, VIT)) + 1)]
    parts = {
        f"block {number} ({shown(after)} and {shown(before)} %)": above(after, before, ("", ""))
        for number, (before, after) in enumerate(pairwise(means), 2)
    }
    return together(parts, "the mean of each of the ViT's blocks above that of the one before")


def draw(figure, rows: list[Row]) -> None:
    """The paper's form: a dot for each head of each seed over the blocks; a panel for a model."""
    panels = figure.subplots(1, 2, sharey=True)
    for axes, model in zip(panels, (VIT, HYBRID), strict=True):
        for when, colour, off in ((UNTRAINED, QUIET, -0.1), (TRAINED, COLOURS[0], 0.1)):
            some = [row for row in rows if row["model"] == model and row["when"] == when]
            axes.plot([row["block"] + 1 + off for row in some], [row["of_side"] for row in some],
                      "o", color=colour, alpha=0.6, markersize=5, label=when)  # fmt: skip
        even = 100 * some[0]["of_side"] / some[0]["of_even"]
        axes.axhline(even, color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)), label="to all alike")
        dress(axes, f"{model}: a dot for each head and seed", "block", "")
        axes.set_xlim(0.5, last_block(rows, model) + 1.5)
        axes.set_xticks(range(1, int(last_block(rows, model)) + 2))
        axes.set_ylim(0, 1.35 * max(row["of_side"] for row in rows))
        axes.grid(axis="y", color="#e4e4e4", linewidth=0.8)
    panels[0].set_ylabel("mean attention distance,\npart of the image's side", fontsize=9)
    panels[0].legend(fontsize=8, frameon=False, loc="upper center", ncols=3)


EXPERIMENT = Experiment(
    name="distances",
    title="How far heads look, by depth",
    claim="Section 4.5, D.7, figures 7 right and 11: in the lowest layers some heads attend to "
    "most of the image already, and others are consistently local; the distance grows with depth; "
    "and in hybrids such local attention is less pronounced. Here a head looks at most of the "
    f"image if it reaches {FAR} % of the distance that attention to all patches alike has, and is "
    f"local up to {NEAR} %, in the mean over {LOOKED_AT} test images; that the distance grows is "
    "read off the first and the last block. A cls token is left out, and what is left of a "
    "patch's attention counts as all of it. Untrained does not mean random: both models begin "
    "with attention from like to like, and sinusoids as positions.",
    minutes=4,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(11, 4.2),
    why={
        IN_PART: "three heads in a block share out less among them than the sixteen of the paper's "
        "L/16, and that of 7 x 7 patches none is far away",
        DOES_NOT: "so few steps leave heads near where they began, and that of 7 x 7 patches none "
        "is far away",
        UNDECIDED: "three heads in a block are too few to show what sixteen share out among them",
    },
)
