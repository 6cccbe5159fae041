"""The cls token or the mean of the patches? The paper's figure 9: it is a matter of the rate."""

import statistics

from minivit.experiments.cell import Cell, Images
from minivit.experiments.drawing import lines
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import Learnt
from minivit.experiments.verdict import (
    DOES_NOT,
    IN_PART,
    UNDECIDED,
    Finding,
    above,
    alike,
    as_control,
    of_seeds,
    with_words,
)
from minivit.training import evaluate

RECIPE = "fashion-small"
MODEL = {"patch": 7, "width": 48, "depth": 3, "heads": 3, "mlp": 96, "positions": "learned"}
# The paper's optimiser, and its way to begin. A rate is chosen on held-out training images.
TRAINING = {"epochs": 16, "optimiser": "adamw", "beta2": 0.999, "beginning": "google",
            "hold_out": 0.2}  # fmt: skip
POOLS = {"cls": "cls token", "mean": "mean"}
RATES = (0.0005, 0.001, 0.002, 0.004, 0.008)
WITHIN = 1.0  # points of accuracy: what is nearer counts as equally good


def points(scale: Scale) -> list[Point]:
    images = Images("fashion-small", train=scale.train, test=scale.test)
    epochs = scale.of(TRAINING["epochs"])
    return [
        Point(
            {"pool": pool, "rate": rate, "seed": seed},
            (Cell(images, RECIPE, seed, MODEL | {"pool": pool},
                  TRAINING | {"epochs": epochs, "learning_rate": rate}),),
        )
        for pool in POOLS for rate in RATES for seed in scale.seeds
    ]  # fmt: skip


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    """A row for each epoch; the test images are looked at after the last one."""
    (one,) = trained
    tested = 100 * evaluate(one.model, *one.data.test).accuracy
    return [
        {"epoch": row["epoch"], "held_out": 100 * row["held_out_accuracy"],
         "accuracy": tested if row is one.history[-1] else ""}
        for row in one.history
    ]  # fmt: skip


def best_rate(rows: list[Row], pool: str) -> float:
    """The rate with the best mean on held-out images after the last epoch; of equal ones, the
    smallest.
    """
    return best_rates(rows, pool)[0]


def best_rates(rows: list[Row], pool: str) -> list[float]:
    """All rates whose mean is the best, but for rounding."""
    last = max(row["epoch"] for row in rows)
    means = {
        rate: statistics.fmean(of_seeds(rows, "held_out", pool=pool, rate=rate, epoch=last))
        for rate in RATES
    }
    return [rate for rate in RATES if means[rate] > max(means.values()) - 1e-9]


def as_good(rows: list[Row], pool: str) -> str:
    """Words for the other rates that are as good on the held-out images."""
    others = [f"{rate:g}" for rate in best_rates(rows, pool)[1:]]
    said = f"on held-out images {' and '.join(others)} {'is' if len(others) == 1 else 'are'}"
    return f"{said} as good" if others else ""


def findings(rows: list[Row]) -> list[Finding]:
    """At the rate of cls the mean is worse; at its own it is as good.

    As controls, other rates of the mean that held-out images can't tell from its best, and the
    smallest rate: for the mean needs a smaller one, it is said.
    """
    last, rate = max(row["epoch"] for row in rows), {p: best_rate(rows, p) for p in POOLS}
    tested = {
        (p, r): of_seeds(rows, "accuracy", pool=p, rate=r, epoch=last) for p in POOLS for r in RATES
    }
    cls, mean, same = (tested[key] for key in (("cls", rate["cls"]), ("mean", rate["mean"]),
                                               ("mean", rate["cls"])))  # fmt: skip
    names = f"cls at its best rate {rate['cls']:g}", "the mean at the same rate"
    best = f"the mean at its best rate {rate['mean']:g}"
    tied = [
        alike(tested["mean", r], cls, (f"the mean at {r:g} instead", names[0]), within=WITHIN)
        for r in best_rates(rows, "mean")[1:]
    ]
    small = above(*(tested[p, RATES[0]] for p in ("cls", "mean")),
                  (f"at the smallest rate, {RATES[0]:g}, cls", "the mean"))  # fmt: skip
    return [
        with_words(above(cls, same, names), as_good(rows, "cls")),
        with_words(alike(mean, cls, (best, names[0]), within=WITHIN), as_good(rows, "mean")),
        *map(as_control, (*tied, small)),
    ]


def draw(figure, rows: list[Row]) -> None:
    """Left: accuracy over the epochs, as the paper's figure 9. Right: at the end, by rate."""
    over_epochs, by_rate = figure.subplots(1, 2)
    epochs = sorted({row["epoch"] for row in rows})
    cls, mean = best_rate(rows, "cls"), best_rate(rows, "mean")
    shown = dict.fromkeys([("cls", cls), ("mean", cls), ("mean", mean)])
    lines(
        over_epochs,
        {f"{POOLS[pool]}, rate {rate:g}":
         (epochs, [of_seeds(rows, "held_out", pool=pool, rate=rate, epoch=e) for e in epochs])
         for pool, rate in shown},
        "Figure 9, here: clothes", "epoch", "held-out accuracy, %",
    )  # fmt: skip
    last = {
        name: (RATES, [of_seeds(rows, "accuracy", pool=pool, rate=rate, epoch=epochs[-1])
                       for rate in RATES])
        for pool, name in POOLS.items()
    }  # fmt: skip
    lines(by_rate, last, "after the last epoch", "peak learning rate", "test accuracy, %")
    by_rate.set_xscale("log")
    by_rate.set_xticks(RATES, [f"{rate:g}" for rate in RATES])
    by_rate.minorticks_off()


EXPERIMENT = Experiment(
    name="pooling",
    title="The cls token, or the mean of the patches?",
    claim="Figure 9 and D.3: the mean does clearly worse than the cls token at the cls token's "
    "rate (8e-4), and as well at one of its own (3e-4). Here AdamW trains both on "
    "4,000 clothes, and they begin as in Google's code. A rate is chosen on 1,000 further clothes; "
    "of equally good ones it is the smallest, and the others are controls.",
    minutes=4,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(11, 4),
    why={
        IN_PART: "two models so small have nearly the same best rate",
        DOES_NOT: "a mean over 16 patches teaches all of them at once, which pays in few epochs",
        UNDECIDED: "16 patches are so few that at a rate which suits both it matters little what "
        "gathers them",
    },
)
