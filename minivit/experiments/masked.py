"""Masked patches, and what they are worth where labels are few: section 4.6, appendix B.1.2.

All images without their labels, then fine-tuning on those of some images: against the same training
from scratch. Beside them a small masked autoencoder (He et al. 2021), and a pre-training that was
told all labels. The labelled images are the same for every seed, spread evenly over the file.
"""

from minivit.experiments.cell import Cell, Images
from minivit.experiments.drawing import dots, lines
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
    with_words,
)
from minivit.figures.look import QUIET
from minivit.models import ViT
from minivit.models.cost import cost
from minivit.training import load_recipe, probe

RECIPE = "fashion-small"
MODEL = {"width": 48, "depth": 3, "heads": 3, "mlp": 96}
# Their patches' side: 16 patches of an image, each of 8 colours (one channel) or of 512 (three).
DATA = {"fashion-small": {"patch": 7}, "shapes": {"patch": 8}}
NAMES = {"fashion-small": "clothes", "shapes": "shapes"}  # on the page
MIRRORED = {"fashion-small": {}, "shapes": {"flip": "none"}}
EPOCHS = 30  # of the pre-training
SCRATCH, LONGER = "from scratch", "from scratch, 4 times as long"
MASKED, AUTOENCODER, TOLD = "masked patches", "masked autoencoder", "told all labels"
WAYS = {  # what is pre-trained; from scratch nothing is
    SCRATCH: None,
    LONGER: None,
    MASKED: {"objective": "masked-patches"},
    AUTOENCODER: {"objective": "mae", "normalised_pixels": True},
    TOLD: {},
}
# How many images have labels, and the epochs in which these are learnt.
LABELS = {"100 labels": (100, 40), "1,000 labels": (1000, 15), "all labels": (10_000, 8)}
FEWEST, *_, MOST = LABELS
CHANCE = {"fashion-small": 100 / 10, "shapes": 100 / 8}  # %: one of the classes
# Table 5 (B/16, ImageNet; supervised: ImageNet-21k, JFT-300M) and section 4.6.
PAPER = {SCRATCH: [77.91], MASKED: [79.9], "supervised (21k; JFT)": [83.97, 84.15]}


def images(data: str, count: int, scale: Scale) -> Images:
    return Images(data, train=min(count, scale.train), test=scale.test)


def pre_trained(data: str, way: str, seed: int, scale: Scale) -> Cell:
    """A training on all images, of which no labels are told, or all."""
    whole, training = images(data, scale.train, scale), {"epochs": scale.of(EPOCHS)}
    model = MODEL | DATA[data] | WAYS[way]
    return Cell(whole, RECIPE, seed, model, MIRRORED[data] | training)


def cell(data: str, way: str, labels: str, seed: int, scale: Scale) -> Cell:
    """A training on images with their labels; ways differ in what it begins with.

    And one in its length: a pre-training costs many times what this does, so it tells whether time
    alone would do.
    """
    count, epochs = LABELS[labels]
    epochs = scale.of(4 * epochs if way == LONGER else epochs)
    some, training = images(data, count, scale), MIRRORED[data] | {"epochs": epochs}
    if WAYS[way] is None:
        return Cell(some, RECIPE, seed, MODEL | DATA[data], training)
    return Cell(some, RECIPE, seed, {}, training, begins=pre_trained(data, way, seed, scale))


def points(scale: Scale) -> list[Point]:
    cells = {
        (data, way, labels, seed): cell(data, way, labels, seed, scale)
        for data in DATA for way in WAYS for labels in LABELS for seed in scale.seeds
    }  # fmt: skip
    return [
        Point(
            dict(zip(("data", "way", "labels", "seed"), place, strict=True)),
            (one,) if one.begins is None else (one, one.begins),
        )
        for place, one in cells.items()
    ]


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    """Its accuracy; that of a linear map on the features it began with; and what it cost to get."""
    tuned, *before = trained
    features = before[0].model if before else untrained(tuned)
    probed = 100 * probe(features, tuned.data).accuracy
    teraflops = sum(computed(one) for one in trained) / 1e12
    return [{"accuracy": tuned.accuracy, "probe": probed, "teraflops": teraflops}]


def untrained(one: Learnt) -> ViT:
    """The model as it was before its first step."""
    begun = ViT(
        one.model.config, one.cell.seed, beginning=load_recipe(RECIPE).training["beginning"]
    )
    begun.preprocessing = one.model.preprocessing
    return begun


def computed(one: Learnt) -> float:
    """FLOPs of a training: forward and backward, of all images in all epochs."""
    steps = len(one.history) * len(one.data.train.labels)
    return steps * cost(one.model.config, batch=1).step_flops


def compared(
    rows: list[Row], data: str, first: str, second: str,
    names: tuple[str, str] | None = None, columns: tuple[str, str] = ("accuracy",) * 2,
) -> Finding:  # fmt: skip
    """That one way is above another, wherever so many labels are told."""
    parts = {}
    for labels in LABELS:
        a, b = (of_seeds(rows, column, data=data, way=way, labels=labels)
                for way, column in zip((first, second), columns, strict=True))  # fmt: skip
        parts[f"{labels} ({shown(a)} and {shown(b)} %)"] = above(a, b, (first, second))
    return together(parts, f"{NAMES[data]}: {' above '.join(names or (first, second))}")


def against_longer(rows: list[Row], data: str) -> Finding:
    """Masked patches against the longer training, with what both cost."""
    found = compared(rows, data, MASKED, LONGER)
    costs = (
        " and ".join(shown(of_seeds(rows, "teraflops", data=data, way=way, labels=labels))
                     for way in (MASKED, LONGER)) + f" for {labels}"
        for labels in LABELS
    )  # fmt: skip
    said = f"in teraFLOPs, with the pre-training, this costs {', '.join(costs)}"
    return as_control(with_words(found, said))


def findings(rows: list[Row]) -> list[Finding]:
    """Masked patches lie between from scratch and what was told all labels; the autoencoder above
    from scratch; all of this for each data set in turn. As controls, masked patches against a
    longer training from scratch; and linear maps, which change nothing of what was learnt: whether
    that is of use at all, and whether fine-tuning undoes it.
    """
    learnt = f"a linear map on what {MASKED} have taught", "one on the untrained model"
    undone = "a linear map on what all labels have taught", "the same fine-tuned"
    found = []
    for data in DATA:
        found += [
            compared(rows, data, MASKED, SCRATCH),
            against_longer(rows, data),
            compared(rows, data, TOLD, MASKED),
            compared(rows, data, AUTOENCODER, SCRATCH),
            as_control(compared(rows, data, MASKED, SCRATCH, learnt, ("probe", "probe"))),
            as_control(compared(rows, data, TOLD, TOLD, undone, ("probe", "accuracy"))),
        ]
    return found


def draw(figure, rows: list[Row]) -> None:
    """Left: the paper. Middle: accuracy over labels. Right: of a linear map where they are few."""
    paper, *panels, features = figure.subplots(1, 2 + len(DATA))
    dots(paper, PAPER, "4.6, Table 5: B/16, ImageNet", "accuracy, %")
    for axes, data in zip(panels, DATA, strict=True):
        series = {
            way: (range(len(LABELS)), [of_seeds(rows, "accuracy", data=data, way=way, labels=labels)
                                       for labels in LABELS])
            for way in WAYS
        }  # fmt: skip
        lines(axes, series, f"here: {NAMES[data]}, fine-tuned", "", "test accuracy, %")
        axes.set_xticks(range(len(LABELS)), LABELS)
        axes.axhline(CHANCE[data], color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)),
                     label="by chance")  # fmt: skip
        axes.get_legend().remove()  # one for all panels has room above them
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center",
                  ncols=len(WAYS) + 1, fontsize=9, frameon=False)  # fmt: skip
    groups = {
        f"{NAMES[data]}: {'untrained' if way == SCRATCH else way}":
        of_seeds(rows, "probe", data=data, way=way, labels=FEWEST)
        for data in DATA for way in WAYS if way != LONGER
    }  # fmt: skip
    dots(features, groups, f"a linear map, {FEWEST}", "test accuracy, %")


EXPERIMENT = Experiment(
    name="masked",
    title="Masked patches: labels for nothing?",
    claim="Section 4.6 and B.1.2: pre-trained to predict the mean colours of masked patches, B/16 "
    "reaches 79.9 % on ImageNet: 2 % above training from scratch, 4 % below supervised "
    "pre-training (on which images isn't said: Table 5 has two). He et al. 2021: a masked "
    "autoencoder is above training from scratch. Here the model from scratch is trained as long "
    "as the others are fine-tuned, by the same optimiser at the same rate (Muon, 0.01). As a "
    "control it is trained 4 times as long: the paper's own training from scratch is many times "
    "as long as its fine-tuning, so it is nearer to this control. Supervised pre-training is told "
    "all labels of the same images. All labels are 5,000 of clothes and 6,000 of shapes; 100 "
    "labels of shapes are 96, and chance is 12.5 % there. The test has 1,000 images of either.",
    minutes=14,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(15, 4.2),
    why={
        IN_PART: "all labels of clothes leave a pre-training little to add, and that what mean "
        "colours teach of shapes takes many labels to be of use",
        DOES_NOT: "a few thousand images can be learnt from scratch as fast as from colours",
        UNDECIDED: "a few thousand images teach about as much from any beginning",
    },
)
