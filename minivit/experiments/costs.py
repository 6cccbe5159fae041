"""What do resolution and patch side cost in time and memory? The paper's D.5 (figure 12)."""

import math
import statistics
import time
from itertools import pairwise

import numpy as np

from minivit import backend
from minivit.experiments.drawing import lines
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import Learnt
from minivit.experiments.verdict import (
    DOES_NOT,
    IN_PART,
    Finding,
    above,
    as_control,
    at_most,
    of_seeds,
    shown,
    with_words,
)
from minivit.models import ViT, ViTConfig
from minivit.models.cost import cost
from minivit.models.families import architecture_of
from minivit.models.memory import counted
from minivit.models.memory import kept as kept_numbers
from minivit.ops.cross_entropy import cross_entropy_backward, cross_entropy_forward

WIDTH, DEPTH, HEADS, MLP, CLASSES = 192, 2, 3, 768, 10  # Ti with 2 blocks: each costs the same
RESOLUTION, PATCH = "resolution", "patch side"
# The side of the image, and of a patch: both ways lead to the same numbers of patches.
GRID = {
    RESOLUTION: ((64, 16), (128, 16), (256, 16), (512, 16)),
    PATCH: ((128, 32), (128, 16), (128, 8), (128, 4)),
}
IMAGES, CALLS, QUICK_CALLS = 4, 7, 2
LINEAR, BARELY = 1.3, 1.5  # exponents of time in patches: no square yet, and barely one


def points(scale: Scale) -> list[Point]:
    """A seed is a further time that it is measured."""
    calls = CALLS if scale.name == "full" else QUICK_CALLS
    return [
        Point({"changes": way, "side": side, "patch": patch, "calls": calls, "seed": seed})
        for seed in scale.seeds for way, grid in GRID.items() for side, patch in grid
    ]  # fmt: skip


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    s = point.settings
    c = config(s["side"], s["patch"])
    model, images = ViT(c), np.zeros((IMAGES, *c.image, 3), np.float32)
    images += np.random.default_rng(0).standard_normal(images.shape, dtype=np.float32) / 4
    kept = kept_numbers(model.architecture, backend.current(), model.parameters, c)[0]
    forward = median_time(lambda: model.logits(images), s["calls"])
    step = median_time(lambda: one_step(model, images), s["calls"])
    return [{
        "patches": c.patches, "gflops": cost(c, batch=1).forward_flops / 1e9,
        "forward_ms": 1e3 * forward / IMAGES, "step_ms": 1e3 * step / IMAGES,
        "megabytes": kept * model.dtype.itemsize / 1e6,
    }]  # fmt: skip


def config(side: int, patch: int) -> ViTConfig:
    return ViTConfig((side, side), 3, patch, WIDTH, DEPTH, HEADS, MLP, CLASSES)


def one_step(model: ViT, images: np.ndarray) -> None:
    """Forward and backward, as a training step without its optimiser."""
    logits, cache = model.forward(images)
    _, loss_cache = cross_entropy_forward(logits, labels=np.zeros(len(images), np.int64))
    model.backward(cross_entropy_backward(1.0, loss_cache), cache, free_cache=True)


def median_time(run, calls: int) -> float:
    """The median seconds of some calls, after one that is cold."""
    times = []
    for _ in range(calls + 1):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def exponents(rows: list[Row], way: str, column: str) -> list[list[float]]:
    """e in "time goes as patches^e" from each place of the grid to the next, of every seed."""
    patches, times = (
        [of_seeds(rows, name, changes=way, side=side, patch=patch) for side, patch in GRID[way]]
        for name in ("patches", column)
    )
    return [
        [math.log(b / a) / math.log(q / p) for a, b, p, q in zip(*four, strict=True)]
        for four in zip(times, times[1:], patches, patches[1:], strict=False)
    ]


def findings(rows: list[Row]) -> list[Finding]:
    """The square of the patches' number can't be seen before the largest size, and barely there.

    The paper speaks of the resolution alone; patch side, inference and memory are controls.
    """
    first, *others = bends(rows, RESOLUTION)
    flops = ", ".join(shown(of_step) for of_step in exponents(rows, RESOLUTION, "gflops"))
    found = [with_words(first, f"that of the forward's FLOPs, from size to size: {flops}"), *others]
    first, *others = bends(rows, PATCH)
    controls = [with_words(first, measured_twice(rows)), *others]
    controls += bends(rows, RESOLUTION, "forward_ms", "inference's time")
    for way in GRID:
        steepest = [
            max(of_seed) for of_seed in zip(*exponents(rows, way, "megabytes"), strict=True)
        ]
        name = f"by {way}, the exponent of counted memory at its steepest"
        controls += [at_most(steepest, LINEAR, name), if_scores_were_kept(way, name)]
    return found + [as_control(one) for one in controls]


def measured_twice(rows: list[Row]) -> str:
    """Words for how far apart the times of one size are, which stands in both grids."""
    told = []
    for side, patch in set(GRID[RESOLUTION]) & set(GRID[PATCH]):
        times = of_seeds(rows, "step_ms", side=side, patch=patch)
        told.append(f"patches of {patch} in {side} pixels, which both ways have, took from "
                    f"{min(times):.3g} to {max(times):.3g} ms an image")  # fmt: skip
    return "; ".join(told)


def if_scores_were_kept(way: str, name: str) -> Finding:
    """The same of what NumPy's ops keep, which the shapes of their arrays tell and no table."""
    exponent = with_scores(way)
    apart = f"{shown([abs(exponent - LINEAR)])} {'above' if exponent > LINEAR else 'below'} that"
    told = f"({shown([exponent])}, worked out, and not in the table) at most {LINEAR:g}, {apart}"
    return Finding(exponent <= LINEAR, f"{name}, if scores were kept as NumPy's ops do {told}")


def with_scores(way: str) -> float:
    """The steepest exponent of the memory that NumPy's ops keep: the kernels keep no scores."""
    kept = []
    for side, patch in GRID[way]:
        c = config(side, patch)
        kept.append((c.patches, counted(architecture_of(c), c)[0]))
    return max(math.log(b / a) / math.log(q / p) for (p, a), (q, b) in pairwise(kept))


def bends(
    rows: list[Row], way: str, column: str = "step_ms", of: str = "a step's time"
) -> list[Finding]:
    """That time goes with the patches up to the last step of the grid, and with more of them there.

    More at the last step, and yet nearer to 1 than to 2.
    """
    *before, last = exponents(rows, way, column)
    steepest = [max(of_seed) for of_seed in zip(*before, strict=True)]
    name = f"by {way}, the exponent of {of}"
    return [
        at_most(steepest, LINEAR, f"{name} at its steepest before the largest size"),
        above(last, steepest, (f"{name} at the largest size", "that before"), ""),
        at_most(last, BARELY, f"{name} at the largest size"),
    ]


def draw(figure, rows: list[Row]) -> None:
    """Time and memory of an image over the patches, a line for each way to get them."""
    panels = figure.subplots(1, 3)
    columns = {"forward_ms": "forward, ms an image", "step_ms": "training step, ms an image",
               "megabytes": "kept for the backward, MB an image"}  # fmt: skip
    for axes, (column, words) in zip(panels, columns.items(), strict=True):
        series = {}
        for way, grid in GRID.items():
            of_places = [of_seeds(rows, column, changes=way, side=s, patch=p) for s, p in grid]
            series[f"by {way}"] = [(s // p) ** 2 for s, p in grid], of_places
        lines(axes, series, words, "patches", "")
        axes.set_xscale("log", base=4)
        axes.set_yscale("log")
        axes.xaxis.set_major_formatter("{x:g}")


EXPERIMENT = Experiment(
    name="costs",
    title="What resolution and patch side cost",
    claim="D.5 and figure 12: in theory the cost grows with the square of the number of patches, "
    "and in speed that only barely begins to show for the largest models at the largest "
    f"resolutions. Here a training step is timed, of width {WIDTH} and {DEPTH} blocks, forward "
    "and backward without the optimiser; inference, of which the paper speaks, is a control. The "
    "exponent is e in: time (or memory) goes as patches^e, from one size to the next. Up to "
    f"{LINEAR} no square shows yet, and up to {BARELY} it barely does. Memory is counted, not "
    "measured: what the kernels keep for the backward. FLOPs are counted too, in the table those "
    "of the forward alone. A seed is a further time of measuring.",
    minutes=2,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(12, 4),
    why={
        IN_PART: "attention's scores, which go with that square, are small beside the products of "
        "the width until there are several times as many patches as the width has numbers",
        DOES_NOT: "at a width of 192 attention's scores weigh more than in the paper's models",
    },
    alone=True,
)
