"""Fine-tuning at a higher resolution than that of the pre-training (the paper's section 3.2)."""

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
    as_control,
    of_seeds,
    reaches,
    with_words,
)

# Shapes are drawn at 32 pixels: half of that loses something, which a higher resolution brings.
DATA, LOW, SIDES = "shapes", 16, (16, 24, 32)
RECIPE = "fashion-small"
MODEL = {"patch": 4, "width": 48, "depth": 3, "heads": 3, "mlp": 96, "pool": "cls",
         "positions": "learned"}  # fmt: skip
TRAINING = {"epochs": 16, "flip": "none"}
FURTHER = {"epochs": 6, "learning_rate": 0.03, "warmup_epochs": 0.5}
WAYS = {
    "fine-tuned": "fine-tuned from 16 pixels",
    "scratch": "from scratch, in the epochs of the fine-tuning",
}


def pre_trained(seed: int, scale: Scale) -> Cell:
    training = TRAINING | {"epochs": scale.of(TRAINING["epochs"])}
    return Cell(images(LOW, scale), RECIPE, seed, MODEL, training)


def images(side: int, scale: Scale) -> Images:
    return Images(DATA, side=side, train=scale.train, test=scale.test)


def cell(way: str, side: int, seed: int, scale: Scale) -> Cell:
    """A training at the higher resolution, from what was learnt at the lower one, or from none."""
    epochs = {"epochs": scale.of(FURTHER["epochs"])}
    if way == "scratch":
        return Cell(images(side, scale), RECIPE, seed, MODEL, TRAINING | epochs)
    first = pre_trained(seed, scale)
    return Cell(images(side, scale), "finetune", seed, {}, FURTHER | epochs, begins=first)


def points(scale: Scale) -> list[Point]:
    return [
        Point({"way": way, "side": side, "seed": seed}, (cell(way, side, seed, scale),))
        for way in WAYS
        for side in SIDES
        for seed in scale.seeds
    ]


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    (one,) = trained
    return [{"patches": one.model.config.patches, "accuracy": one.accuracy}]


def findings(rows: list[Row]) -> list[Finding]:
    """A higher resolution helps; as controls, what was learnt at the lower one is worth something
    there; and the gain seed by seed, since each seed's pre-trained model is fine-tuned at all.
    """
    tuned = {side: of_seeds(rows, "accuracy", way="fine-tuned", side=side) for side in SIDES}
    fresh = of_seeds(rows, "accuracy", way="scratch", side=SIDES[-1])
    low, middle, high = SIDES
    longer = TRAINING["epochs"] + FURTHER["epochs"]
    scratch = f"from scratch there in {FURTHER['epochs']} epochs instead of {longer}"
    return [
        above(tuned[high], tuned[low], (f"fine-tuned at {high} pixels", f"at {low}")),
        above(tuned[middle], tuned[low], (f"at {middle}", f"at {low}")),
        as_control(above(tuned[high], fresh, (f"fine-tuned at {high}", scratch))),
        *(as_control(paired(tuned[low], tuned[side], side)) for side in (high, middle)),
    ]


def paired(low: list[float], high: list[float], side: int) -> Finding:
    """The claim that every pre-trained model gains from the higher resolution."""
    gains = [b - a for a, b in zip(low, high, strict=True)]
    each = ", ".join(f"{gain:.1f}" for gain in gains)
    name = f"what each pre-trained model gains by {side} pixels instead of {LOW}"
    return with_words(reaches(gains, 0, name, " points"), f"seed by seed {each}")


def draw(figure, rows: list[Row]) -> None:
    """Accuracy over the side of the images in fine-tuning."""
    axes = figure.subplots()
    series = {
        name: (SIDES, [of_seeds(rows, "accuracy", way=way, side=side) for side in SIDES])
        for way, name in WAYS.items()
    }
    lines(axes, series, "here: shapes, patches of 4", "side of the images, pixels",
          "test accuracy, %")  # fmt: skip
    axes.set_xticks(SIDES)


EXPERIMENT = Experiment(
    name="resolution",
    title="Fine-tuning at a higher resolution",
    claim="Section 3.2: with the positions interpolated it is often better to fine-tune at a "
    "higher resolution than that of the pre-training (the paper goes from 224 to 384 and 512). "
    f"Here the pre-training is on 6,000 coloured shapes at {LOW} pixels, in {TRAINING['epochs']} "
    f"epochs; it and the training from scratch, which has {FURTHER['epochs']}, are by Muon, the "
    f"fine-tuning on the same shapes in {FURTHER['epochs']} epochs by SGD. The test is on 1,000 "
    "shapes.",
    minutes=4,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(7, 4),
    why={
        IN_PART: "what the lower resolution loses is little",
        DOES_NOT: "the model needs more steps to use patches that show a quarter of what they "
        "showed before",
        UNDECIDED: "pre-trained models differ in how much they gain",
    },
)
