"""Accuracy against computation, the paper's figure 5: ViT, ResNet and hybrid of several sizes."""

import math
import statistics

import numpy as np

from minivit.experiments import pool
from minivit.experiments.drawing import Line, lines
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import Learnt
from minivit.experiments.pool import BEGUN, HYBRID, RESNET, VIT
from minivit.experiments.verdict import (
    DOES_NOT,
    IN_PART,
    UNDECIDED,
    Finding,
    above,
    enough,
    larger_spread,
    of_seeds,
    reaches,
    shown,
    together,
    with_words,
)
from minivit.models.cost import cost

# Changes of the pool's models, which are the middle ones: some 2.5, 7 and 15.6 MFLOP an image.
SMALL, MIDDLE, LARGE = SIZES = "small", "middle", "large"
CHANGES = {
    VIT: ({"depth": 2, "width": 32, "heads": 2, "mlp": 80}, {},
          {"depth": 4, "width": 64, "heads": 4, "mlp": 128}),
    RESNET: ({"root": 8, "groups": 4, "stages": (3, 2)}, {}, {"root": 20, "stages": (3, 2)}),
    HYBRID: ({"root": 4, "width": 32, "heads": 2, "mlp": 48}, {},
             {"root": 12, "stages": (2, 1), "width": 64, "depth": 3, "heads": 4, "mlp": 128}),
}  # fmt: skip
# Table 6: exaFLOPs of the pre-training on JFT-300M, and % of ImageNet after fine-tuning.
PAPER = {
    VIT: {55: 80.73, 196: 84.37, 224: 84.15, 1567: 87.12, 4262: 88.08},
    RESNET: {50: 77.54, 199: 82.12, 1126: 85.56, 3306: 87.22},
    HYBRID: {106: 84.90, 274: 85.58, 1668: 87.12},
}
TIMES = 2  # the paper's 4.4: a ViT needs 2 to 4 times less computation
TRAINING_STEP = 3  # times a forward: the backward is two more


def points(scale: Scale) -> list[Point]:
    return [
        Point({"model": rival, "size": size, "seed": seed},
              (pool.cell(rival, seed, scale, changes),))
        for rival, sizes in CHANGES.items()
        for size, changes in zip(SIZES, sizes, strict=True)
        for seed in scale.seeds
    ]  # fmt: skip


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    (one,) = trained
    image = cost(one.model.config, batch=1).forward_flops
    seen = len(one.history) * len(one.data.train.labels)
    flops = TRAINING_STEP * image * seen
    return [{"flops of an image": image, "flops": flops, "accuracy": one.accuracy}]


def times_less(rows: list[Row]) -> list[float]:
    """How many times the ViT's computation the ResNet needs for equal accuracy, seed by seed.

    Through the sizes of each goes a line, accuracy = a + b log2(computation), by least squares; the
    accuracy is the mean of all. NaN where a line doesn't rise: then no computation is enough. What
    is more than the largest size has of the smallest is told as that: no line is known so far.
    """
    most, found = range_of(rows), []
    for seed in sorted({row["seed"] for row in rows}):
        both = {
            m: [(math.log2(row["flops"]), row["accuracy"]) for row in rows
                if row["model"] == m and row["seed"] == seed]
            for m in (VIT, RESNET)
        }  # fmt: skip
        level = np.mean([accuracy for places in both.values() for _, accuracy in places])
        needed = {m: logarithm_at(level, *zip(*places, strict=True)) for m, places in both.items()}
        times = 2.0 ** (needed[RESNET] - needed[VIT])
        found.append(times if math.isnan(times) else float(np.clip(times, 1 / most, most)))
    return found


def range_of(rows: list[Row]) -> float:
    """How many times the smallest computation the largest is."""
    sizes = [row["flops"] for row in rows]
    return max(sizes) / min(sizes)


def logarithm_at(level: float, x: tuple[float, ...], y: tuple[float, ...]) -> float:
    """Where the least squares' line through (x, y) is at a level; NaN if it doesn't rise."""
    b, a = np.polyfit(x, y, 1)
    return float((level - a) / b) if b > 0 else math.nan


def findings(rows: list[Row]) -> list[Finding]:
    """The ViT needs less; hybrids are ahead when small, and no longer when large."""
    reached = {(m, s): of_seeds(rows, "accuracy", model=m, size=s) for m in CHANGES for s in SIZES}
    equal = {}
    for size in SIZES:
        both = reached[VIT, size], reached[RESNET, size]
        equal[f"{size} ({' and '.join(map(shown, both))} %)"] = above(*both, ("", ""))
    small, large = ((reached[HYBRID, s], reached[VIT, s]) for s in (SMALL, LARGE))
    times = times_less(rows)
    needs = reaches(times, TIMES, "what the ResNet needs of the ViT's computation for the same "
                    "accuracy", " times")  # fmt: skip
    return [
        together(equal, "the ViT above the ResNet of equal computation"),
        with_words(needs, beyond(rows, times)),
        above(*small, ("the small hybrid", "the small ViT")),
        no_longer_ahead(small, large),
    ]


def beyond(rows: list[Row], times: list[float]) -> str:
    """Words for the seeds whose number is no measured one: their lines don't meet in the sizes."""
    most = range_of(rows)
    flat = sum(math.isnan(one) for one in times)
    far = sum(one in (most, 1 / most) for one in times)
    said = [f"in {far} of {len(times)} seeds it is more, or less, than all sizes span"] * (far > 0)
    return "; ".join(said + [f"in {flat} of {len(times)} seeds a line doesn't rise"] * (flat > 0))


def no_longer_ahead(small: tuple, large: tuple) -> Finding:
    """The claim that a lead is gone: `small` and `large` are the seeds of the hybrid and the ViT.

    It holds where what is left of the lead, with its spread, is at most half of the small one's;
    it fails where the large hybrid is ahead; and without a lead at first there is nothing to tell.
    """
    ahead = above(*large, ("the large hybrid", "the large ViT"))
    gaps = [statistics.fmean(a) - statistics.fmean(b) for a, b in (small, large)]
    words = ahead.words.replace(" above ", " no longer above ", 1)
    words += "; the means differ by {:.1f} points when small, by {:.1f} when large".format(*gaps)
    if not above(*small, ("", "")).holds or not enough(*large):
        return Finding(None, f"{words}, where the small hybrid's lead must be told first")
    lead, left = gaps
    if left + larger_spread(*large) <= lead / 2:
        return Finding(True, words)
    return Finding(False if ahead.holds else None, words)


def draw(figure, rows: list[Row]) -> None:
    """Accuracy over the computation of the training: the paper's numbers, and ours."""
    paper, here = figure.subplots(1, 2)
    theirs = {m: (list(places), [[y] for y in places.values()]) for m, places in PAPER.items()}
    ours = {m: of_sizes(rows, m) for m in CHANGES}
    lines(paper, theirs, "Table 6: ImageNet alone, 12 models", "exaFLOPs of the pre-training",
          "ImageNet, fine-tuned, %")  # fmt: skip
    lines(here, ours, "here: clothes", "teraFLOPs of the training", "test accuracy, %")
    for axes, base in ((paper, 10), (here, 2)):
        axes.set_xscale("log", base=base)
        axes.xaxis.set_major_formatter("{x:g}")


def of_sizes(rows: list[Row], model: str) -> Line:
    """The computation of each size, in teraFLOPs, and its seeds' accuracies."""
    x = [1e-12 * of_seeds(rows, "flops", model=model, size=size)[0] for size in SIZES]
    return x, [of_seeds(rows, "accuracy", model=model, size=size) for size in SIZES]


FEW_IMAGES = (
    "with 5,000 images, where the paper's models have seen 300 million, what a convolution has "
    "built in is worth more than the order that the ViT begins with"
)
EXPERIMENT = Experiment(
    name="computation",
    title="Accuracy for the computation",
    claim="Figure 5, Table 6 and section 4.4: for equal accuracy, in the mean of five data sets, a "
    "ViT needs 2 to 4 times less computation than a ResNet; hybrids are slightly ahead of ViTs "
    "when computation is small, and no longer when the models are large. (On the left are, of "
    "Table 6 and for ImageNet alone, ViT-B/32, L/32, B/16, L/16 and H/14; ResNet50x1, 50x2, 152x2 "
    "and 200x3; hybrids of R50x1 with B/32, B/16 and L/16.) Here what the ResNet needs is read off "
    "two straight lines, each through the three sizes of one: accuracy over the logarithm of "
    f"computation, at the mean accuracy of both. {BEGUN}",
    minutes=20,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(11, 4.4),
    why={
        IN_PART: FEW_IMAGES,
        DOES_NOT: FEW_IMAGES,
        UNDECIDED: "5,000 images bound all three",
    },
)
