"""What breaks it? Hidden, moved, turned, noisy, faint and shuffled images.

The claims are those of Naseer et al. 2021, "Intriguing Properties of Vision Transformers" (arXiv
2105.10497), which readers of the ViT paper repeat. A further model is one more entry of MODELS.
"""

import numpy as np

from minivit.data import black_and_white
from minivit.experiments import pool, positions
from minivit.experiments.cell import Cell
from minivit.experiments.changes import CHANGES, KEPT, hidden_first, of_squares
from minivit.experiments.drawing import lines
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import Learnt
from minivit.experiments.pool import BEGUN, HYBRID, RESNET, SIZES, VIT
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
    together,
    with_words,
)
from minivit.inspection import saliency, saliency_map
from minivit.models import Model
from minivit.training import evaluate, predict_logits

# The one without positions is of the experiment `positions`. It sees a bag of patches: so it tells
# what of the ViT's answers comes from places.
BAG = "ViT without positions"
MODELS = VIT, RESNET, HYBRID, BAG
HIDDEN, RIGHT = 0.8, 60  # Naseer et al.: up to 60 % are right with 80 % of the image hidden
SALIENT, OTHERS = "salient hidden", "others hidden"
NAMES = {SALIENT: "most salient hidden", OTHERS: "least salient hidden"}  # on the page
SHARES = CHANGES["hidden"][1]
# By name: the strengths of a change, and what a strength is.
SHOWN = {
    "hidden": CHANGES["hidden"][1:],
    SALIENT: (SHARES, "part that is hidden, what it looks at first"),
    OTHERS: (SHARES, "part that is hidden, what it looks at last"),
} | {name: told for name, (_, *told) in CHANGES.items() if name != "hidden"}


def cell(model: str, seed: int, scale: Scale) -> Cell:
    """Both ways it is in the pool already, if its own experiment has run."""
    if model == BAG:
        return positions.cell("none", "input", seed, scale)
    return pool.cell(model, seed, scale)


def points(scale: Scale) -> list[Point]:
    return [
        Point({"model": model, "seed": seed}, (cell(model, seed, scale),))
        for model in MODELS
        for seed in scale.seeds
    ]


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    """A row for each change and strength; all see the same changed images, but for saliency's."""
    (one,) = trained
    images, labels = one.data.test
    black, white = black_and_white(one.data.preprocessing, images)
    ranks = saliency_ranks(one.model, images)
    order = {SALIENT: ranks, OTHERS: ranks.shape[1] - 1 - ranks}
    rows = [{"change": "none", "strength": 0, "accuracy": one.accuracy}]
    for name, (strengths, _) in SHOWN.items():
        for strength in strengths:
            if name in order:
                seen = hidden_first(images, order[name], strength, black)
            else:
                rng = np.random.default_rng(int(point.settings["seed"]))
                seen = CHANGES[name][0](images, strength, black, white, rng)
            right = 100 * evaluate(one.model, seen, labels).accuracy
            rows.append({"change": name, "strength": strength, "accuracy": right})
    return rows


def saliency_ranks(model: Model, images: np.ndarray) -> np.ndarray:
    """The squares of each image, ranked (B, squares): 0 is what the answer follows most.

    By the gradient of the logit of the class that the model tells, not of the right one.
    """
    told = predict_logits(model, images).argmax(axis=1)
    strength = of_squares(saliency_map(saliency(model, images, told)))
    return (-strength).argsort(axis=1, kind="stable").argsort(axis=1)


def kept(
    rows: list[Row], model: str, change: str, strengths: tuple[float, ...] = ()
) -> list[float]:
    """What is left of the accuracy, in %, seed by seed: the mean over all strengths, or these."""
    clean = of_seeds(rows, "accuracy", model=model, change="none")
    changed = [of_seeds(rows, "accuracy", model=model, change=change, strength=s)
               for s in strengths or SHOWN[change][0]]  # fmt: skip
    return [
        100 * sum(right) / len(right) / max(c, 1e-9)
        for c, *right in zip(clean, *changed, strict=True)
    ]


def findings(rows: list[Row]) -> list[Finding]:
    """Naseer's number, shuffled pieces; then whether the ViT keeps more than the ResNet.

    What is salient to one model is not to another, so that they see different images: a control.
    """
    most = of_seeds(rows, "accuracy", model=VIT, change="hidden", strength=HIDDEN)
    clean = (of_seeds(rows, "accuracy", model=model, change="none") for model in (VIT, RESNET))
    more = {change: more_kept(rows, change) for change in SHOWN}
    shown_before = " and ".join(shown(kept(rows, m, "moved", (1,))) for m in (VIT, RESNET))
    more["moved"] = with_words(more["moved"], f"by 1 pixel alone, {shown_before} % kept")
    return [
        as_control(above(*clean, ("clean: the ViT", "the ResNet"))),
        reaches(most, RIGHT, f"the ViT with {100 * HIDDEN:.0f} % hidden"),
        reaches(kept(rows, VIT, "shuffled"), KEPT, "the ViT, shuffled", " % kept"),
        *(as_control(one) if change in (SALIENT, OTHERS) else one for change, one in more.items()),
        as_control(without_positions(rows)),
    ]


def without_positions(rows: list[Row]) -> Finding:
    """The claim that the ViT keeps more than one that sees a bag of patches."""
    parts = {}
    for change in SHOWN:
        both = [kept(rows, model, change) for model in (VIT, BAG)]
        parts[f"{named(change)} ({' and '.join(map(shown, both))} % kept)"] = above(*both, ("", ""))
    return together(parts, "the ViT above the one without positions")


def more_kept(rows: list[Row], change: str) -> Finding:
    """The claim that the ViT keeps more of its accuracy than the ResNet."""
    both = (kept(rows, model, change) for model in (VIT, RESNET))
    return above(*both, (f"{named(change)}: the ViT", "the ResNet"), " % kept")


def named(change: str) -> str:
    return NAMES.get(change, change)


def draw(figure, rows: list[Row]) -> None:
    """A panel for each change: accuracy over its strength, a line for each model."""
    panels = figure.subplots(2, 4, sharey=True).flat
    models = list(dict.fromkeys(row["model"] for row in rows))
    for axes, (change, (strengths, words)) in zip(panels, SHOWN.items(), strict=True):
        series = {}
        for model in models:
            clean = of_seeds(rows, "accuracy", model=model, change="none")
            changed = [of_seeds(rows, "accuracy", model=model, change=change, strength=s)
                       for s in strengths]  # fmt: skip
            start = 1 if change == "shuffled" else 0  # a piece along each side is the whole
            series[model] = (start, *strengths), [clean, *changed]
        lines(axes, series, named(change), words, "test accuracy, %")
        if change != "hidden":
            axes.get_legend().remove()  # the same as in the first panel
        else:
            axes.plot(HIDDEN, RIGHT, "x", color="#222222")
            axes.annotate("Naseer et al.,\nImageNet", (HIDDEN, RIGHT), (-7, 0), fontsize=8,
                          textcoords="offset points", ha="right", va="center")  # fmt: skip


EXPERIMENT = Experiment(
    name="robustness",
    title="What breaks it?",
    claim="Often repeated: a ViT withstands occlusion, other changes and shuffled patches. Naseer "
    "et al. 2021: up to 60 % of ImageNet are right with 80 % of the image hidden at random; with "
    "50 % hidden DeiT-S has 70 % right and a ResNet50 of as many parameters 0.1 %. Here at least "
    f"{RIGHT} % is asked, which is stricter than up to {RIGHT} %. Models are of equal "
    "computation, and what is kept is told in % of each one's own accuracy, in the mean over all "
    "strengths of a change; shuffled pieces are withstood if nine tenths are kept. (Of 10 classes "
    "a guess keeps some 12 %.) Squares of 4 x 4 pixels are hidden, which are the ViT's 49 "
    "patches, and black, as the ground of clothes is; of 7 x 7 shuffled pieces each is such a "
    "patch too, so that without positions a ViT can't see it. What is salient each model says "
    f"itself, by the gradient of its answer, so that there models see different images. {SIZES} "
    f"{BEGUN}",
    minutes=7,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(14, 6.6),
    why={
        IN_PART: "positions tie what a ViT has learnt to places, and that GroupNorm behind the "
        "ResNet's first convolution makes up for contrast that is lost",
        DOES_NOT: "little is left of 28 pixels when most are hidden, and that black squares look "
        "like the ground of these images; theirs have 196 patches and a million images to learn "
        "from",
        UNDECIDED: "one number is too little to compare with",
    },
)
