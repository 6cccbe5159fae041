"""Two towers: does a model tell a class that it has never seen by its name written out?

The images are of one shape in one colour, and a class is a pair: "red star". Some pairs are left
out of the training; each of their words is in the names of other pairs. The control has the same
names, dealt out anew among the classes: they can be learnt by heart as well, but of a name never
seen nothing follows. There a model tells the class that looks most alike, among those it has seen.
"""

import numpy as np

from minivit.data import Dataset
from minivit.experiments.cell import Images, loaded
from minivit.experiments.drawing import QUIET, dots
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
    reaches,
    shown,
    with_words,
)
from minivit.models import ViTConfig
from minivit.models.script import BY_LETTERS, BY_WORDS, script_of
from minivit.models.two_towers import TwoTowers
from minivit.training.alignment import Alignment, align

SIDE = 8  # colours, and shapes: SIDE * SIDE classes
# A hybrid's tower: a plain ViT may need longer to tell shapes.
TOWER = {
    "image": (32, 32), "channels": 3, "patch": (1, 1), "width": 48, "depth": 2, "heads": 3,
    "mlp": 96, "classes": 32, "pool": "mean", "positions": "sincos-2d", "root": 8,
    "stages": (1, 1), "root_side": 3, "root_stride": 2, "root_pool": False, "groups": 4,
}  # fmt: skip
EPOCHS = 7  # over the images of 56 classes; of fewer classes more, for as many steps
WORDS, LETTERS, HALF, SHUFFLED = "words", "letters", "words, half left out", "words, dealt anew"
KINDS = {  # how names are written, how many classes are left out, whether names are dealt out anew
    WORDS: (BY_WORDS, SIDE, False),
    LETTERS: (BY_LETTERS, SIDE, False),
    HALF: (BY_WORDS, SIDE * SIDE // 2, False),
    SHUFFLED: (BY_WORDS, SIDE, True),
}
CHANCE = 100 / SIDE**2  # %
ONE_WORD = 100 / SIDE  # % of who can tell the colour, and guesses the shape
BAR = 2 * ONE_WORD


def points(scale: Scale) -> list[Point]:
    images = Images("shapes-by-pair", train=scale.train, test=scale.test)
    return [
        Point({"names": kind, "left out": told[1], "epochs": epochs(told[1], scale), "seed": seed},
              told=(told, TOWER, Alignment(epochs(told[1], scale)), images))
        for kind, told in KINDS.items() for seed in scale.seeds
    ]  # fmt: skip


def epochs(count: int, scale: Scale) -> int:
    """How often the images of the other classes are shown where so many are left out."""
    return scale.of(EPOCHS * (SIDE**2 - SIDE) // (SIDE**2 - count))


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    """Train two towers on the classes that are not left out, and ask them for the names of all."""
    (by, count, dealt), tower, how, of_set = point.told
    data, seed = loaded(of_set), point.settings["seed"]
    names = dealt_anew(data.class_names, seed) if dealt else data.class_names
    model = TwoTowers(ViTConfig(**tower), script_of(names, by), seed)
    absent = left_out(count, seed)
    images, labels = of_classes(data, "train", absent, False)
    align(model, images, labels, names, how._replace(seed=seed))
    seen, of_seen = of_classes(data, "test", absent, False)
    parts = [of_classes(data, part, absent, True) for part in ("train", "test")]
    unseen, of_unseen = (np.concatenate(both) for both in zip(*parts, strict=True))
    told = model.named(unseen, names)
    return [{
        "seen": percent(model.named(seen, names) == of_seen),
        "never seen": percent(told == of_unseen),
        "colour": percent(told // SIDE == of_unseen // SIDE),
        "shape": percent(told % SIDE == of_unseen % SIDE),
    }]  # fmt: skip


def left_out(count: int, seed: int) -> list[int]:
    """So many classes: every colour, and every shape, is in as many of them.

    Each seed has others, if 8 are left out; of 32, neighbouring seeds share 24.

    Pairs are numbered colour by colour; a diagonal of their square has each word once.
    """
    diagonals = range(seed, seed + count // SIDE)
    return [SIDE * row + (row + shift) % SIDE for shift in diagonals for row in range(SIDE)]


def dealt_anew(names: list[str], seed: int) -> list[str]:
    return [names[i] for i in np.random.default_rng(seed).permutation(len(names))]


def of_classes(data: Dataset, part: str, absent: list[int], which: bool) -> tuple:
    """The images and labels of the classes that are left out (`which`), or of the others."""
    split = getattr(data, part)
    chosen = np.flatnonzero(np.isin(split.labels, absent) == which)
    return split.images[chosen], split.labels[chosen]


def percent(right: np.ndarray) -> float:
    return 100 * float(right.mean())


def findings(rows: list[Row]) -> list[Finding]:
    """Classes never seen are told by both words, and not where names mean nothing."""
    unseen = {kind: of_seeds(rows, "never seen", names=kind) for kind in KINDS}
    means = f"{SIDE} classes never seen, by"
    control = (f"{means} words", "the same with names dealt out anew")
    asked = {
        WORDS: f"{means} words", LETTERS: f"{means} letters",
        HALF: f"{SIDE**2 // 2} classes never seen, by words",
    }  # fmt: skip
    return [
        as_control(above(unseen[WORDS], unseen[SHUFFLED], control)),
        *(with_words(reaches(unseen[kind], BAR, name), in_parts(rows, kind))
          for kind, name in asked.items()),
    ]  # fmt: skip


def in_parts(rows: list[Row], kind: str) -> str:
    """Words for what is right of the names of classes never seen, and of the classes seen."""
    colour, shape, seen = (f"{shown(of_seeds(rows, column, names=kind))} %"
                           for column in ("colour", "shape", "seen"))  # fmt: skip
    return f"of {colour} the colour is right, of {shape} the shape; of classes seen, both of {seen}"


def draw(figure, rows: list[Row]) -> None:
    """A panel for the classes that were seen, one for the others, and what was right of a name."""
    panels = figure.subplots(1, 4, sharey=True)
    titles = {"seen": "classes seen", "never seen": "classes never seen",
              "colour": "of these, the colour", "shape": "of these, the shape"}  # fmt: skip
    for axes, (column, title) in zip(panels, titles.items(), strict=True):
        groups = {kind: of_seeds(rows, column, names=kind) for kind in KINDS}
        dots(axes, groups, title, "named right, %")
        guessed = 100 / SIDE if column in ("colour", "shape") else CHANCE
        axes.axvline(guessed, color=QUIET, linewidth=0.8, linestyle=":", label="by chance")
        axes.set_xlim(-3, 103)
    panels[0].legend(fontsize=8, frameon=False, loc="center")


EXPERIMENT = Experiment(
    name="two-towers",
    title="Two towers: a class never seen, told by its name",
    claim="Not the paper's, but the last remark of reading notes on it: transformers suit several "
    "modalities. CLIP (Radford et al. 2021) draws images and texts together, and tells the "
    "classes of data sets that it was not trained on by their names. Here, more strictly, classes "
    "are left out altogether: pairs of a colour and a shape, to be told among 64 names. Chance is "
    "1.6 %; a model that can tell the colour alone gets 12.5 %, and at least twice that is asked. "
    "As a control the names are dealt out anew among the classes: of a name never seen nothing "
    "follows, and a model that names classes it has seen is less often right than by chance. Each "
    "seed leaves out other classes (of 32, neighbouring seeds share 24), so the spread is not of "
    "seeds alone. There are 7,000 coloured shapes, of which 1,000 are the test; classes left out "
    "are told on all 875 (or 3,500) of theirs, the others on the 875 (or 500) that they have in "
    "the test. The images' tower is a hybrid, that of the names a ViT; both begin at random.",
    minutes=5,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(12, 2.8),
    why={
        IN_PART: "a colour, which a few pixels tell, is learnt by itself, but a shape together "
        "with the colours in which it was seen, the more so the fewer these are",
        DOES_NOT: "so few names are learnt by heart, each as a whole",
        UNDECIDED: "some of the classes that seeds leave out are harder than others",
    },
)
