"""Deeper, wider, or smaller patches? The paper's figure 8 in small."""

import math

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
    of_seeds,
)
from minivit.models import parameter_count
from minivit.models.cost import cost

RECIPE = "fashion-small"
BASE = {"depth": 2, "width": 32, "heads": 2, "mlp": 64, "patch": 7}
EPOCHS = 10
ABOUT = 3.5  # times the computation of the base: what grows is compared where it costs about that
GRID = {  # what grows, and the fields that differ from the base; heads stay 16 wide
    "depth": ({"depth": 1}, {}, {"depth": 4}, {"depth": 8}),
    "width": (
        {"width": 16, "heads": 1}, {}, {"width": 64, "heads": 4}, {"width": 128, "heads": 8},
    ),
    "MLP width": ({"mlp": 32}, {}, {"mlp": 128}, {"mlp": 256}),
    "patch side": ({"patch": 14}, {}, {"patch": 4}),
    "all": (
        {"depth": 1, "width": 16, "heads": 1, "mlp": 32, "patch": 14}, {},
        {"depth": 4, "width": 64, "heads": 4, "mlp": 128, "patch": 4},
    ),
}  # fmt: skip
WORDS = {"depth": "depth", "width": "width", "patch side": "smaller patches"}  # the claim's


def points(scale: Scale) -> list[Point]:
    images = Images("fashion-small", train=scale.train, test=scale.test)
    return [
        Point(
            {"grows": name, "step": step, "seed": seed},
            (Cell(images, RECIPE, seed, BASE | changes, {"epochs": scale.of(EPOCHS)}),),
        )
        for name, settings in GRID.items()
        for step, changes in enumerate(settings)
        for seed in scale.seeds
    ]


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    (one,) = trained
    c = one.model.config
    sizes = {name: getattr(c, name) for name in ("depth", "width", "mlp")} | {"patch": c.patch[0]}
    flops = cost(c, batch=1).forward_flops
    return [{**sizes, "parameters": parameter_count(c), "flops": flops, "accuracy": one.accuracy}]


def compared(rows: list[Row], name: str) -> tuple[int, int, float]:
    """The base's step, the one that costs nearest to ABOUT times as much, and how many times."""
    base = GRID[name].index({})
    flops = [of_seeds(rows, "flops", grows=name, step=s)[0] for s in range(len(GRID[name]))]
    times = {step: flops[step] / flops[base] for step in range(base + 1, len(flops))}
    step = min(times, key=lambda step: abs(math.log(times[step] / ABOUT)))
    return base, step, times[step]


def gains(rows: list[Row], name: str) -> list[float]:
    """Points gained from the base for each doubling of the computation, up to about ABOUT times."""
    base, step, times = compared(rows, name)
    small, large = (of_seeds(rows, "accuracy", grows=name, step=s) for s in (base, step))
    return [(b - a) / math.log2(times) for a, b in zip(small, large, strict=True)]


def findings(rows: list[Row]) -> list[Finding]:
    """Depth helps most, width least, and smaller patches without a parameter more."""
    depth, width, patch = (gains(rows, name) for name in WORDS)
    unit = " points for twice the computation"
    small, base = (of_seeds(rows, "accuracy", grows="patch side", step=s) for s in (2, 1))
    deep, wide, fine = (
        f"{words}, {compared(rows, name)[2]:.3g} times the base" for name, words in WORDS.items()
    )
    return [
        above(depth, width, (deep, wide), unit),
        above(depth, patch, (deep, fine), unit),
        above(patch, width, (fine, wide), unit),
        above(small, base, ("patches of 4 pixels", "those of 7")),
    ]


def draw(figure, rows: list[Row]) -> None:
    """Accuracy over the computation relative to the base, a line for what grows: figure 8."""
    axes = figure.subplots()
    base = of_seeds(rows, "flops", grows="depth", step=GRID["depth"].index({}))[0]
    series = {}
    for name, settings in GRID.items():
        steps = range(len(settings))
        x = [of_seeds(rows, "flops", grows=name, step=s)[0] / base for s in steps]
        series[name] = x, [of_seeds(rows, "accuracy", grows=name, step=s) for s in steps]
    lines(axes, series, "Figure 8, here: clothes", "computation, times the base's",
          "test accuracy, %")  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")


EXPERIMENT = Experiment(
    name="sizes",
    title="Deeper, wider, or smaller patches?",
    claim="Figure 8 and D.2, from 8 blocks of width 1024 and patches of 32: depth helps most (less "
    "beyond 16 blocks), width least; smaller patches help without a parameter more. Here each is "
    f"compared where it costs nearest to {ABOUT:g} times the base: 2.8 to 3.8 times.",
    minutes=5,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(8, 4.6),
    why={
        IN_PART: "a base of width 32 lacks width first, where the paper's has 1024",
        DOES_NOT: "a base of width 32 lacks width first, where the paper's has 1024, and that a "
        "deep model needs more than 5,000 images and a few epochs",
        UNDECIDED: "a base of width 32 lacks width as much as depth, where the paper's has 1024",
    },
)
