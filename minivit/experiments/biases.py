"""Locality, translation equivariance and invariance, layer by layer: what is baked in, and where?

The inductive biases of the paper's section 3.1, measured on models of equal computation before and
after their training; layer_rows.py has how.
"""

import numpy as np

from minivit.data import black_and_white
from minivit.data.dataset import evenly
from minivit.experiments.drawing import lines
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import Learnt
from minivit.experiments.layer_rows import MOVED, NEAR, POOLED, SIDE, exact, of_layers
from minivit.experiments.pool import BEGUN, HYBRID, RESNET, RIVALS, VIT, cell
from minivit.experiments.verdict import (
    DOES_NOT,
    IN_PART,
    UNDECIDED,
    Finding,
    above,
    as_control,
    at_most,
    of_seeds,
    reaches,
)
from minivit.experiments.work import fresh

BARE = "ViT, positions set to 0"
MODELS = {VIT: VIT, BARE: VIT, RESNET: RESNET, HYBRID: HYBRID}
UNTRAINED, TRAINED = "untrained", "trained"
LOOKED_AT = 32  # test images
EXACT, SLIGHT = 0.001, 1.0  # % of error
FEW = 5  # % of the places of a map
FAR = f"how much of the change lies more than {NEAR} pixels away"


def points(scale: Scale) -> list[Point]:
    return [
        Point({"model": name, "seed": seed}, (cell(rival, seed, scale),))
        for name, rival in MODELS.items()
        for seed in scale.seeds
    ]


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    """A row for each layer, before the training and after it, and one for what the head reads."""
    (one,) = trained
    images = one.data.test.images
    images = images[evenly(np.arange(len(images)), min(LOOKED_AT, len(images)))]
    images = images.astype(np.float64)
    black, white = black_and_white(one.data.preprocessing, images)
    rows = []
    for when, model in {UNTRAINED: fresh(one.cell).model, TRAINED: one.model}.items():
        model = exact(model, positions=point.settings["model"] != BARE)
        rows += [{"when": when} | row for row in of_layers(model, images, black, white)]
    return rows


def layers_of(rows: list[Row], model: str) -> list[str]:
    """The layers of a model in their order, without what is pooled."""
    names = dict.fromkeys(row["layer"] for row in rows if row["model"] == model)
    return [name for name in names if name != POOLED]


def at_layer(rows: list[Row], model: str, column: str, layer: str, when: str = TRAINED):
    return of_seeds(rows, column, model=model, layer=layer, when=when)


def worst(rows: list[Row], model: str) -> list[float]:
    """The largest error of any layer of a trained model on a wide ground, seed by seed."""
    layers = layers_of(rows, model)
    return [max(of_seed) for of_seed in zip(
        *(at_layer(rows, model, "error_on_wide_ground", layer) for layer in layers),
        strict=True)]  # fmt: skip


def findings(rows: list[Row]) -> list[Finding]:
    """What is baked into a ResNet's layers, and what attention lacks. As controls, its use; the
    same where the whole image moves; and before the training.
    """
    (convolution, norm, *_, last), (_, attention, *_, tokens) = (
        layers_of(rows, model) for model in (RESNET, VIT)
    )
    border = [at_layer(rows, model, "error_with_border", POOLED) for model in (VIT, RESNET)]
    untrained = [at_layer(rows, model, "far", layer, UNTRAINED)
                 for model, layer in ((VIT, tokens), (RESNET, last))]  # fmt: skip
    return [
        at_most(at_layer(rows, RESNET, "error", convolution), EXACT,
                "the error of equivariance of the ResNet's first convolution", " %"),
        as_control(at_most(at_layer(rows, RESNET, "error_with_border", convolution), EXACT,
                           "the same where the whole image moves", " %")),
        at_most(worst(rows, RESNET), EXACT, "the error of the worst of the ResNet's layers, on a "
                "ground of 64 pixels, where the border is out of reach", " %"),
        above(at_layer(rows, VIT, "error", tokens), at_layer(rows, RESNET, "error", last),
              ("the error of the ViT's last layer", "that of the ResNet's")),
        reaches(at_layer(rows, BARE, "error", attention), SLIGHT,
                "the error of the ViT's first attention, with positions set to 0"),
        as_control(reaches(at_layer(rows, BARE, "error_with_border", attention), SLIGHT,
                           "the same where the whole image moves")),
        at_most(at_layer(rows, RESNET, "changed", convolution), FEW,
                "places that a pixel changes behind the ResNet's first convolution", " %"),
        at_most(at_layer(rows, RESNET, "changed", norm), FEW,
                "places that it changes behind the ResNet's first GroupNorm", " %"),
        as_control(at_most(at_layer(rows, RESNET, "far", norm), FEW,
                           f"{FAR}, behind that GroupNorm", " %")),
        reaches(at_layer(rows, VIT, "changed", attention), 100,
                "places that a pixel changes behind the ViT's first attention"),
        above(at_layer(rows, VIT, "far", tokens), at_layer(rows, RESNET, "far", last),
              (f"{FAR}, in the ViT's last layer", "that in the ResNet's")),
        as_control(above(*untrained, ("the same before the training, in the ViT's",
                                      "that in the ResNet's"))),
        as_control(at_most(at_layer(rows, RESNET, "error_on_wide_ground", POOLED), EXACT,
                           "the error of invariance of what the ResNet's head reads, on a ground "
                           "of 64 pixels", " %")),
        as_control(above(*border, ("the error of invariance of what the ViT's head reads where the "
                                   "whole image moves", "that of what the ResNet's reads"))),
    ]  # fmt: skip


def draw(figure, rows: list[Row]) -> None:
    """Above before the training, below after it: both errors and how far a pixel goes, by layer."""
    panels = figure.subplots(2, 3, sharey="col")
    columns = {
        "error": "error of equivariance, %:\nthe middle of an image moves",
        "error_with_border": "error of equivariance, %:\nthe whole image moves",
        "far": f"change beyond {NEAR} pixels\nfrom the changed one, %",
    }
    for line, when in zip(panels, (UNTRAINED, TRAINED), strict=True):
        for axes, (column, words) in zip(line, columns.items(), strict=True):
            series = {}
            for model in (*RIVALS, BARE):  # in the colours of the other figures
                names = layers_of(rows, model) + [POOLED] * (column != "far")
                depths = range(1, len(names) + 1)
                values = [at_layer(rows, model, column, name, when) for name in names]
                series[model] = depths, values
            last = "" if column == "far" else "; the last point: error of invariance, at the head"
            lines(axes, series, f"{when}: {words}", f"layer{last}", "")
            axes.xaxis.get_major_locator().set_params(integer=True)
            if axes is not panels[0, 0]:
                axes.get_legend().remove()


EXPERIMENT = Experiment(
    name="biases",
    title="Locality, equivariance and invariance, layer by layer",
    claim="Section 3.1: in a CNN locality and translation equivariance are baked into each layer; "
    "in a ViT the MLPs alone are local and translationally equivariant, and attention is global. "
    f"Here the middle {SIDE} x {SIDE} pixels of an image lie on a black ground and move by "
    f"{MOVED} pixels, which is a patch of the ViT and a multiple of every stride; nothing leaves "
    "the frame, and maps are compared where these pixels lie. Trained models are judged. An error "
    f"of 0 % is exact equivariance (but for rounding), one up to {SLIGHT:g} % is slight, and maps "
    "that have nothing to do with each other have 141 %. A layer is local if a pixel changes at "
    f"most {FEW} % of its places, however little. (Of an MLP alone, which sees a place at a time, "
    "both follow, and it is not measured: the map behind one also holds all that came before it.) "
    f"{LOOKED_AT} test images are looked at. {BEGUN}",
    minutes=6,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(12, 7),
    why={
        IN_PART: "what fails follows from definitions: GroupNorm takes its mean and deviation "
        "from the whole map, and attention by itself treats all places alike",
        DOES_NOT: "the answers follow from GroupNorm, which takes its mean and deviation from the "
        "whole map",
        UNDECIDED: "where a model began matters more to its layers than of which kind it is",
    },
)
