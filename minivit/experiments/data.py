"""Who needs how many images? The paper's figure 4: ViT, ResNet and hybrid on subsets."""

import statistics
from itertools import pairwise

from minivit.experiments import pool
from minivit.experiments.cell import Cell, Images, loaded
from minivit.experiments.drawing import lines
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
    shown,
    together,
    with_words,
)
from minivit.figures.runs import COLOURS
from minivit.training import evaluate, probes

# Images to learn from, and times that they are gone through: the fewer, the more often. Where they
# are few, a further epoch helps on held-out images no more; where they are many, it would, and
# minutes bound it.
SIZES = {500: 60, 2_000: 30, 10_000: 12, 59_000: 3}
PARTS = {6: 2_000, 2: 10_000, 1: 59_000}  # smaller versions: parts of all images, and whose epochs
HELD_OUT = 1_000  # further training images, which choose the epoch
# No regularisation (the paper's figure 4 has none but a weight decay that all share): neither of
# weights, nor of labels, nor by changes.
PLAIN = {"weight_decay": 0.0, "smoothing": 0.0, "shift": 0, "flip": "none"}
WARM_UP = 1 / 12  # of the epochs
SHOTS, DRAWS = 5, 5
# Table 5: millions of images of the pre-training, and % of ImageNet after fine-tuning at 384.
PAPER = {
    "ViT-B/32": {1.3: 73.38, 14: 81.28, 303: 80.73},
    "ViT-B/16": {1.3: 77.91, 14: 83.97, 303: 84.15},
    "ViT-L/32": {1.3: 71.16, 14: 80.99, 303: 84.37},
    "ViT-L/16": {1.3: 76.53, 14: 85.15, 303: 87.12},
    "ViT-H/14": {14: 85.13, 303: 88.04},
}

PAPER_COLOURS = (*COLOURS[3:], "#777777")  # other models than ours, so other colours


def grid(scale: Scale) -> tuple[str, dict[int, int]]:
    """The data set, and the numbers of images with their epochs."""
    if scale.name == "full":
        return "fashion", SIZES
    sizes = {scale.train // part: scale.of(SIZES[images]) for part, images in PARTS.items()}
    return "fashion-small", sizes


def cell(name: str, images: int, epochs: int, rival: str, seed: int, scale: Scale) -> Cell:
    """A training on so many images, besides those that are held out."""
    held_out = min(HELD_OUT, scale.test)
    training = PLAIN | {"epochs": epochs, "warmup_epochs": WARM_UP * epochs,
                        "hold_out": held_out / (images + held_out)}  # fmt: skip
    seen = Images(name, train=images + held_out, test=scale.test)
    one = pool.cell_on(seen, rival, seed, training)
    return Cell(one.images, one.recipe, seed, one.model, one.training, best=True)


def points(scale: Scale) -> list[Point]:
    name, sizes = grid(scale)
    return [
        Point({"model": rival, "images": images, "seed": seed},
              (cell(name, images, epochs, rival, seed, scale),))
        for images, epochs in sizes.items() for rival in RIVALS for seed in scale.seeds
    ]  # fmt: skip


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    """On the test images, and few-shot linear on digits, which it has never seen."""
    (one,) = trained
    best = max(one.history, key=lambda row: row["held_out_accuracy"])
    digits = loaded(Images("digits", test=one.cell.images.test))
    few = probes(one.model, digits, shots=SHOTS, draws=DRAWS)
    return [{
        "epoch": best["epoch"], "epochs": len(one.history),
        "train": 100 * best["train_accuracy"],
        "accuracy": 100 * evaluate(one.model, *one.data.test).accuracy,
        "few-shot": 100 * statistics.fmean(probe.accuracy for probe in few),
    }]  # fmt: skip


def findings(rows: list[Row]) -> list[Finding]:
    """With few images the ResNet is ahead; with many the ViT, which gains more up to the end.

    As controls, the gains over the steps before and over all; and whether one of them is ahead at
    every size, so that neither passes the other.
    """
    few, *_, many = sizes = sizes_of(rows)
    found = []
    for column, words in (("accuracy", ""), ("few-shot", "few-shot linear, ")):
        at = {(m, n): of_seeds(rows, column, model=m, images=n)
              for m in (VIT, RESNET) for n in (few, many)}  # fmt: skip
        names = f"{words}the ResNet on {few:,.0f}", f"the ViT on {few:,.0f}"
        found.append(above(at[RESNET, few], at[VIT, few], names))
        names = f"{words}the ViT on {many:,.0f}", f"the ResNet on {many:,.0f}"
        ahead = above(at[VIT, many], at[RESNET, many], names)
        found.append(ahead if words else with_words(ahead, stopped(rows, many)))
        *before, last = pairwise(sizes)
        found.append(gain(rows, column, words, *last))
        found.append(at_every_step(rows, column, words, before))
        found.append(as_control(gain(rows, column, words, few, many)))
        found.append(at_every_size(rows, column, words))
    return found


def gain(rows: list[Row], column: str, words: str, few: float, many: float) -> Finding:
    """The claim that the ViT gains more than the ResNet from so many images to so many."""
    names = f"{words}the gain from {few:,.0f} to {many:,.0f} images, of the ViT"
    return above(*gains(rows, column, few, many), (names, "that of the ResNet"), " points")


def gains(rows: list[Row], column: str, few: float, many: float) -> list[list[float]]:
    """Of the ViT and of the ResNet, seed by seed."""
    return [
        [b - a for a, b in zip(*(of_seeds(rows, column, model=m, images=n) for n in (few, many)),
                               strict=True)]
        for m in (VIT, RESNET)
    ]  # fmt: skip


def at_every_step(rows: list[Row], column: str, words: str, steps: list[tuple]) -> Finding:
    """Whether the ViT gains more over each step before the last, told beside the claim."""
    parts = {}
    for few, many in steps:
        both = gains(rows, column, few, many)
        told = f"to {many:,.0f} ({' and '.join(map(shown, both))} points)"
        parts[told] = above(*both, ("", ""))
    return as_control(together(parts, f"{words}that gain over each step before"))


def at_every_size(rows: list[Row], column: str, words: str) -> Finding:
    """Whether the ResNet is ahead throughout, told beside the claim."""
    parts = {}
    for images in sizes_of(rows):
        both = [of_seeds(rows, column, model=m, images=images) for m in (RESNET, VIT)]
        parts[f"{images:,.0f} ({' and '.join(map(shown, both))} %)"] = above(*both, ("", ""))
    return as_control(
        together(parts, f"{words}the ResNet above the ViT at every size, without a crossing")
    )


def stopped(rows: list[Row], images: float) -> str:
    """Words for how often the last epoch on so many images was the best."""
    some = [row for row in rows if row["images"] == images]
    last, every = sum(row["epoch"] == row["epochs"] for row in some), len(some)
    trainings = f"{last} of {every}" if last < every else f"all {every}"
    said = f"of {some[0]['epochs']:.0f} epochs the last was the best in {trainings} trainings there"
    nothing = ", so nothing was stopped early" * (last == every)
    return f"{said}, hybrids among them{nothing}"


def sizes_of(rows: list[Row]) -> list[float]:
    return sorted({row["images"] for row in rows})


def draw(figure, rows: list[Row]) -> None:
    """Accuracy over the images that were learnt from: the paper's, ours, and few-shot linear."""
    paper, fine, linear = figure.subplots(1, 3)
    theirs = {m: (list(places), [[y] for y in places.values()]) for m, places in PAPER.items()}
    lines(paper, theirs, "Figure 3 by Table 5 (ViTs alone)", "million images of the pre-training",
          "ImageNet, fine-tuned, %", PAPER_COLOURS)  # fmt: skip
    sizes = sizes_of(rows)
    panels = {"accuracy": (fine, "here: clothes", "test accuracy, %"),
              "few-shot": (linear, "here: then digits, as figure 4",
                           f"{SHOTS}-shot linear accuracy, %")}  # fmt: skip
    for column, (axes, title, words) in panels.items():
        ours = {m: (sizes, [of_seeds(rows, column, model=m, images=n) for n in sizes])
                for m in RIVALS}  # fmt: skip
        lines(axes, ours, title, "images to learn from", words)
        axes.set_xscale("log")
        axes.set_xticks(sizes, [f"{n:,.0f}" for n in sizes])
        axes.minorticks_off()
    paper.set_xscale("log")
    paper.xaxis.set_major_formatter("{x:g}")


SHORT = (
    "three epochs of 59,000 images are short for either, that one rate does not suit all sizes, "
    "and that the order with which the ViT begins is worth most where images are few"
)
EXPERIMENT = Experiment(
    name="data",
    title="Who needs how many images?",
    claim="Section 4.3 and figure 4, which is 5-shot linear accuracy on ImageNet: without further "
    "regularisation, and stopped early, ViT-B/32 is much worse than a ResNet50 of about equal "
    "computation on 9 million images, and better from 90 million on; ResNets are ahead on few "
    "images, and gain less from more. (Its numbers are not printed. On the left are those of "
    "figure 3, from Table 5: of ViTs whose regularisation was tuned.) Here models learn from "
    f"clothes, and {SHOTS}-shot linear accuracy is that on digits, which none has seen; the "
    "accuracy on clothes is judged as well, and counts as much. The gain is read off the last "
    "step alone, where the "
    f"epochs go from {SIZES[10_000]} to {SIZES[59_000]} as well. There is no regularisation at "
    "all, the epoch is chosen on 1,000 further clothes, and the fewer images there are, the more "
    "often each is seen. The test is on 10,000 clothes (all of Fashion-MNIST's) and on 360 "
    f"digits. {BEGUN}",
    minutes=30,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(13, 4.4),
    why={
        IN_PART: SHORT,
        DOES_NOT: SHORT,
        UNDECIDED: "at this size neither kind of model has room to show what more images give it",
    },
)
