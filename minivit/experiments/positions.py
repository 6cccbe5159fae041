"""Which positions, and where? The paper's Table 8 in small."""

import statistics

from minivit.experiments.cell import Cell, Images
from minivit.experiments.drawing import dots
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import Learnt
from minivit.experiments.verdict import (
    AGREES,
    DOES_NOT,
    IN_PART,
    UNDECIDED,
    Finding,
    above,
    alike,
    as_control,
    of_seeds,
    shown,
    together,
    with_words,
)

RECIPE = "fashion-small"
MODEL = {"patch": 4, "width": 48, "depth": 3, "heads": 3, "mlp": 96, "pool": "cls"}  # 49 patches
TRAINING = {"epochs": 12}
# positions, where, what the paper measured: B/16, ImageNet, 5 images of each class, in %
GRID = (
    ("none", "input", 61.382),
    ("learned", "input", 64.206),
    ("learned", "every-layer", 63.964),
    ("learned", "every-layer-shared", 64.292),
    ("learned-2d", "input", 64.001),
    ("learned-2d", "every-layer", 64.046),
    ("learned-2d", "every-layer-shared", 64.022),
    ("relative", "input", 64.032),
    ("relative", "every-layer-shared", None),
)
NAMES = {"none": "none", "learned": "1-D", "learned-2d": "2-D", "relative": "relative"}


def cell(positions: str, at: str, seed: int, scale: Scale) -> Cell:
    """A training of the grid."""
    images = Images("fashion-small", train=scale.train, test=scale.test)
    model = MODEL | {"positions": positions, "positions_at": at}
    return Cell(images, RECIPE, seed, model, TRAINING | {"epochs": scale.of(TRAINING["epochs"])})


def points(scale: Scale) -> list[Point]:
    return [
        Point({"positions": kind, "at": at, "seed": seed}, (cell(kind, at, seed, scale),))
        for kind, at, _ in GRID
        for seed in scale.seeds
    ]


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    return [{"accuracy": one.accuracy} for one in trained]


def findings(rows: list[Row]) -> list[Finding]:
    """None is worst; and the others are alike, beside what positions are worth at all.

    As controls, whether relative ones are worse at all.
    """
    found = {(kind, at): of_seeds(rows, "accuracy", positions=kind, at=at) for kind, at, _ in GRID}
    none, usual = found.pop(("none", "input")), found.pop(("learned", "input"))
    within = max(statistics.fmean(usual) - statistics.fmean(none), 0) / 2
    others = {
        f"{label(*place)} ({shown(values)} %)": alike(values, usual, ("", "1-D"), within=within)
        for place, values in found.items()
    }
    said = (
        f"all others within {shown([within])} points of 1-D, half of what 1-D is worth, "
        f"where the paper's are within {papers_largest():.0f} % of it"
    )
    relative = [
        as_control(with_words(above(usual, values, ("1-D", label(*place))),
                              lost(usual, values, 2 * within)))
        for place, values in found.items() if place[0] == "relative"
    ]  # fmt: skip
    return [above(usual, none, ("1-D", "none")), together(others, said), *relative]


def papers_largest() -> float:
    """The largest difference from 1-D in the paper, in % of what 1-D is worth there."""
    (_, _, none), (_, _, usual), *others = GRID
    return 100 * max(abs(usual - value) for *_, value in others if value) / (usual - none)


def lost(usual: list[float], values: list[float], worth: float) -> str:
    """Words for how much of what positions are worth is lost."""
    if not worth:
        return ""
    gap = statistics.fmean(usual) - statistics.fmean(values)
    return f"the difference is {100 * gap / worth:.0f} % of what 1-D is worth"


def label(kind: str, at: str) -> str:
    if kind == "relative":
        return "relative" if at == "input" else "relative, one table"
    where = {"input": "", "every-layer": ", every layer", "every-layer-shared": ", layers share"}
    return f"{NAMES[kind]}{where[at]}"


def draw(figure, rows: list[Row]) -> None:
    """The paper's numbers on the left, the seeds on the right, in the order of the table."""
    paper, here = figure.subplots(1, 2, sharey=True)
    theirs = {label(kind, at): [] if value is None else [value] for kind, at, value in GRID}
    ours = {
        label(kind, at): of_seeds(rows, "accuracy", positions=kind, at=at) for kind, at, _ in GRID
    }
    dots(paper, theirs, "Table 8: B/16, ImageNet", "5-shot accuracy, %")
    dots(here, ours, "here: clothes (on the right the means)", "test accuracy, %")
    for y, values in enumerate(ours.values()):
        here.annotate(shown(values), (1.01, y), xycoords=("axes fraction", "data"), fontsize=9,
                      va="center", annotation_clip=False)  # fmt: skip


EXPERIMENT = Experiment(
    name="positions",
    title="Which positions, and where?",
    claim="Table 8 and D.4 (B/16, 5-shot): without positions 61.4 %, with learned 1-D ones 64.2 %; "
    "2-D, relative or at every layer makes little to no difference (63.96 to 64.29 %). Here 1-D "
    "and 2-D positions begin as sinusoids, and relative ones at random.",
    minutes=10,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(11, 4.6),
    why={
        AGREES: "49 places are few, so that every kind can tell them apart",
        IN_PART: "attention that begins from like to like finds what is near at once by "
        "sinusoids, and not by relative positions, which begin at random; and that this run is too "
        "short to make up for it",
        DOES_NOT: "clothes that fill their frame can be told by their patches, wherever these lie",
        UNDECIDED: "clothes can nearly be told by their patches, wherever these lie",
    },
)
