"""Adam or SGD to pre-train a ResNet? The paper's Table 7 in small.

Pre-training on clothes by either optimiser, at its own rate; then fine-tuning by SGD, as the paper
does, on other images. Both rates are chosen on training images that were held out: that of the
pre-training by how many clothes are read right, that of the fine-tuning on each set by itself.
"""

import statistics

from minivit.data import seen_by
from minivit.experiments.cell import Cell, Images
from minivit.experiments.drawing import dots, lines
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import Learnt
from minivit.experiments.pool import RESNET, RIVALS
from minivit.experiments.verdict import (
    DOES_NOT,
    IN_PART,
    UNDECIDED,
    Finding,
    above,
    of_seeds,
)
from minivit.training import evaluate

ADAM, SGD = "Adam", "SGD"
DECAY = {ADAM: {"optimiser": "adamw", "weight_decay": 0.05},
         SGD: {"optimiser": "sgd", "weight_decay": 1e-4}}  # fmt: skip
RATES = {ADAM: (0.003, 0.01, 0.03), SGD: (0.1, 0.3, 1.0)}
TRAINING = {"epochs": 6, "batch": 64, "warmup_epochs": 0.5, "hold_out": 0.2}
SETS = ("digits", "shapes")  # 28 pixels a side; what is coloured becomes grey
FURTHER_RATES = (0.03, 0.1)
FURTHER = {"epochs": 6, "warmup_epochs": 0.5, "hold_out": 0.2}
FURTHER_IMAGES = 1000
PAPER = {"R50x1": {ADAM: 89.33, SGD: 88.79}, "R152x2": {ADAM: 94.01, SGD: 93.72}}
MEAN = "mean of the sets"


def pre_trained(optimiser: str, rate: float, seed: int, scale: Scale) -> Cell:
    images = Images("fashion-small", train=scale.train, test=scale.test)
    recipe, model, *_ = RIVALS[RESNET]
    training = TRAINING | DECAY[optimiser] | {"epochs": scale.of(TRAINING["epochs"])}
    return Cell(images, recipe, seed, model, training | {"learning_rate": rate})


def tuned(first: Cell, name: str, rate: float, scale: Scale) -> Cell:
    """The fine-tuning on a set, always by SGD."""
    count = min(FURTHER_IMAGES, scale.train)
    images = Images(name, side=28, train=count, test=scale.test)
    training = FURTHER | {"epochs": scale.of(FURTHER["epochs"]), "learning_rate": rate}
    return Cell(images, "finetune", first.seed, {}, training, begins=first)


def points(scale: Scale) -> list[Point]:
    found = []
    for optimiser, rates in RATES.items():
        for rate in rates:
            for seed in scale.seeds:
                first = pre_trained(optimiser, rate, seed, scale)
                for name in SETS:
                    for further in FURTHER_RATES:
                        settings = {"optimiser": optimiser, "rate": rate, "set": name,
                                    "tuning rate": further, "seed": seed}  # fmt: skip
                        cells = tuned(first, name, further, scale), first
                        found.append(Point(settings, cells))
    return found


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    """What was read right of the clothes and of the set that were held out, and of its test."""
    after, before = trained
    test = seen_by(after.model, after.data, after.model.config.image).test
    clothes, held_out = (100 * one.history[-1]["held_out_accuracy"] for one in (before, after))
    accuracy = 100 * evaluate(after.model, *test).accuracy
    return [{"clothes": clothes, "held_out": held_out, "accuracy": accuracy}]


def best_rate(rows: list[Row], optimiser: str) -> float:
    """The rate of a pre-training, by the mean over its seeds of held-out clothes."""
    return max(RATES[optimiser], key=lambda rate: statistics.fmean(
        of_seeds(rows, "clothes", optimiser=optimiser, rate=rate)))  # fmt: skip


def reached(rows: list[Row], optimiser: str, name: str) -> list[float]:
    """Test accuracy on a set, or the mean of all, seed by seed, at the chosen rates."""
    if name == MEAN:
        of_sets = zip(*(reached(rows, optimiser, one) for one in SETS), strict=True)
        return [statistics.fmean(of_seed) for of_seed in of_sets]
    chosen = {"optimiser": optimiser, "rate": best_rate(rows, optimiser), "set": name}
    best = max(FURTHER_RATES, key=lambda rate: statistics.fmean(
        of_seeds(rows, "held_out", **chosen, **{"tuning rate": rate})))  # fmt: skip
    return of_seeds(rows, "accuracy", **chosen, **{"tuning rate": best})


def findings(rows: list[Row]) -> list[Finding]:
    """Adam is above SGD in the mean of the sets, and on each."""
    rates = {optimiser: best_rate(rows, optimiser) for optimiser in RATES}
    return [
        above(*(reached(rows, optimiser, name) for optimiser in RATES),
              (f"{name}: pre-trained by {ADAM} at {rates[ADAM]:g}", f"by {SGD} at {rates[SGD]:g}"))
        for name in (MEAN, *SETS)
    ]  # fmt: skip


def draw(figure, rows: list[Row]) -> None:
    """Left: the paper. Middle: pre-training at each rate. Right: the sets, at the chosen rates."""
    paper, by_rate, here = figure.subplots(1, 3)
    theirs = {f"{model}, {name}": [value] for model, of in PAPER.items()
              for name, value in of.items()}  # fmt: skip
    dots(paper, theirs, "Table 7: mean of five sets", "accuracy, %")
    # The rates of SGD are larger: each is shown by how far it is from the middle one.
    series = {
        f"{optimiser}, around {rates[1]:g}":
        ([rate / rates[1] for rate in rates],
         [of_seeds(rows, "clothes", optimiser=optimiser, rate=rate,
                   **{"set": SETS[0], "tuning rate": FURTHER_RATES[0]}) for rate in rates])
        for optimiser, rates in RATES.items()
    }  # fmt: skip
    lines(by_rate, series, "here: pre-training on clothes", "peak learning rate, of the middle one",
          "held-out accuracy, %")  # fmt: skip
    by_rate.set_xscale("log")
    by_rate.set_xticks([1 / 3, 1, 3], ["1/3", "1", "3"])
    by_rate.minorticks_off()
    ours = {f"{name}, {optimiser}": reached(rows, optimiser, name)
            for name in (*SETS, MEAN) for optimiser in RATES}  # fmt: skip
    dots(here, ours, "here: fine-tuned by SGD", "test accuracy, %")


EXPERIMENT = Experiment(
    name="optimisers",
    title="Adam or SGD to pre-train a ResNet?",
    claim="Table 7 and D.1: ResNets pre-trained by Adam are better after fine-tuning than those by "
    "SGD, on most of five sets and in their mean: 89.33 and 88.79 % (R50x1), 94.01 and 93.72 % "
    "(R152x2). Here there are two sets; each optimiser has the best of three rates (of equally "
    "good ones the smallest); and Adam's weight decay is decoupled (AdamW, 0.05; SGD's is 0.0001).",
    minutes=8,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(12, 3.6),
    why={
        IN_PART: "the sets differ in how much of what was learnt of clothes they can use",
        DOES_NOT: "a small ResNet learns clothes in a few hundred steps by either",
        UNDECIDED: "what either learns of clothes is worth about the same on other images",
    },
)
