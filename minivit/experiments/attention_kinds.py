"""Attention along the axes, in a window, or to the best keys alone: better? sharper?

The axial one is of the paper's appendix D.6 (figure 13); top-k is of Zhao et al. 2019, "Explicit
Sparse Transformer" (arXiv 1912.11637), which says that it sharpens attention.
"""

import numpy as np

from minivit.experiments.cell import Cell, Images
from minivit.experiments.drawing import dots
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import Learnt
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
)
from minivit.models import ViT
from minivit.models.block import attention_places
from minivit.models.cost import cost

RECIPE = "fashion-small"
MODEL = {"patch": 4, "width": 48, "depth": 3, "heads": 3, "mlp": 96, "positions": "learned"}
EPOCHS = 8
KINDS = {
    "plain": {},
    "plain, twice as deep": {"depth": 6},  # costs what the axial one costs
    "axial": {"axial": True},
    "window of 3": {"window": 3},
    "window of 5": {"window": 5},
    "best 4 keys": {"top_k": 4},
    "best 8 keys": {"top_k": 8},
    "best 16 keys": {"top_k": 16},
}
LOOKED_AT = 64  # images


def points(scale: Scale) -> list[Point]:
    images = Images("fashion-small", train=scale.train, test=scale.test)
    training = {"epochs": scale.of(EPOCHS)}
    return [
        Point({"attention": kind, "seed": seed},
              (Cell(images, RECIPE, seed, MODEL | changes, training),))
        for kind, changes in KINDS.items() for seed in scale.seeds
    ]  # fmt: skip


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    (one,) = trained
    flops = cost(one.model.config, batch=1).forward_flops
    keys = keys_looked_at(one.model, one.data.test.images[:LOOKED_AT])
    return [{"flops": flops, "keys": keys, "accuracy": one.accuracy}]


def keys_looked_at(model: ViT, images: np.ndarray) -> float:
    """How many keys a query looks at: e to the entropy of its probabilities, the mean over all.

    T where all keys get the same, 1 where one gets everything.
    """
    values = model.trace(images).values
    found = []
    for place in attention_places(model.config):
        probs = values[f"{place}.probs"].astype(np.float64)  # (B, H, T, T)
        logs = np.log(probs, out=np.zeros_like(probs), where=probs > 0)
        found.append(np.exp(-(probs * logs).sum(axis=-1)).mean())
    return float(np.mean(found))


def findings(rows: list[Row]) -> list[Finding]:
    """Axial is better than plain; the best 8 keys are better than all, and sharper.

    Sharper they can't but be: so that is a control. Windows are nobody's claim.
    """
    reached = {kind: of_seeds(rows, "accuracy", attention=kind) for kind in KINDS}
    keys = {kind: of_seeds(rows, "keys", attention=kind) for kind in KINDS}
    deep, some, plain = "plain, twice as deep", "best 8 keys", reached["plain"]
    sharper = "plain attention", f"the {some}, which can't be more than 8"
    windows = [(reached[kind], plain, (f"a {kind}", "plain")) for kind in KINDS if "window" in kind]
    others = {
        f"the {kind} ({shown(reached[kind])} %)": above(reached[kind], plain, ("", ""))
        for kind in ("best 4 keys", "best 16 keys")
    }
    return [
        above(reached["axial"], plain, ("axial", "plain")),
        as_control(
            above(
                reached["axial"],
                reached[deep],
                ("axial", "plain of equal cost, which is twice as deep"),
            )
        ),
        above(reached[some], plain, (f"the {some}", "plain")),
        as_control(together(others, "other numbers of keys above plain")),
        as_control(above(keys["plain"], keys[some], sharper, " keys looked at")),
        *(as_control(above(*window)) for window in windows),
    ]


def draw(figure, rows: list[Row]) -> None:
    """Accuracy, sharpness and cost, a row for each kind of attention."""
    accuracy, sharpness, flops = figure.subplots(1, 3, sharey=True)
    panels = {
        "accuracy": (accuracy, "here: clothes", "test accuracy, %"),
        "keys": (sharpness, "sharpness: the fewer, the sharper", "keys that a query looks at"),
        "flops": (flops, "cost", "million FLOPs for an image"),
    }
    for column, (axes, title, words) in panels.items():
        scale = 1e-6 if column == "flops" else 1
        seeds = {kind: [scale * v for v in of_seeds(rows, column, attention=kind)]
                 for kind in KINDS}  # fmt: skip
        dots(axes, seeds, title, words)


EXPERIMENT = Experiment(
    name="attention",
    title="Axial attention, windows, and the best keys alone",
    claim="D.6: Axial-ViT is better than the ViT of the same size, at more computation. Zhao et "
    "al. 2019, of language and captions: attention to the top k keys alone is more concentrated, "
    "and better. (Of windows neither says anything.) Here a query looks at as many keys as e to "
    "the entropy of its attention: 1 where one key gets everything, all 49 where all get the "
    f"same; that is of {LOOKED_AT} test images. Models learn for {EPOCHS} epochs.",
    minutes=11,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(12, 4),
    why={
        IN_PART: "among 49 patches nothing is far away, so that there is little to leave out",
        DOES_NOT: "among 49 patches nothing is far away, so that there is little to leave out",
        UNDECIDED: "among 49 patches nothing is far away, so that the kinds differ little",
    },
)
