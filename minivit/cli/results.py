"""What a finished training leaves: the accuracy, the figures, and what to run next."""

import math
from pathlib import Path

from minivit.cli.page_of_run import FILE, explain_run, remove_page
from minivit.cli.printing import complain, one_line
from minivit.cli.voice import Voice
from minivit.errors import InputError
from minivit.files import typed


def finish(training, folder: Path, voice: Voice, *, explain: bool = False) -> int:
    """Measure, draw, and say how good the model is and where everything lies.

    `explain`: write its page, too. Returns the exit code: 1 if there is no such page.
    """
    from minivit.training import evaluate

    if not training.config.model.learns_classes:
        finish_without_classes(training, folder, voice)
        return 0
    tested, measured_on = tested_now(training, evaluate), training.config.measured_on
    if training.ranks.number:
        return 0
    images = len(training.data.test.labels)
    right = round(tested.accuracy * images)
    result = (
        f"{measured_on.capitalize()} accuracy after the last epoch: "
        f"{tested.accuracy:.2%} ({right} of {images}), loss {tested.loss:.3f}"
    )
    if voice.quiet:
        print(f"{result}; in {one_line(str(folder))}")
    voice.say(f"\n{result}\n")
    if training.average and training.state.history:
        voice.say(averaged_line(training, folder))
    code = write_page_of(training, folder) if explain else 0
    files = draw_and_tell(training, folder, voice, tested.probabilities)
    voice.event(
        "result", measured_on=measured_on, accuracy=tested.accuracy, loss=tested.loss,
        right=right, images=images, folder=str(folder), files=list(files),
    )  # fmt: skip
    return code


def write_page_of(training, folder: Path) -> int:
    """The page of a run that is done and kept, so that no trouble with it stops what follows."""
    try:
        explain_run(training.model, folder)
    except InputError as error:
        remove_page(folder)  # of the run as it was before it went on
        complain(
            f"no page is written: {error}. The run is whole; once that is mended, `minivit explain "
            f"{typed(folder)}` writes its page"
        )
        return 1
    return 0


def finish_without_classes(training, folder: Path, voice: Voice) -> None:
    """The same of a model that was pre-trained: how well it tells what is hidden."""
    from minivit.training import measured

    tested, measured_on = tested_now(training, measured), training.config.measured_on
    if training.ranks.number:
        return
    images, c = len(training.data.test.labels), training.config.model
    result = f"{measured_on.capitalize()} loss after the last epoch: {tested.loss:.4f}"
    if tested.accuracy is not None:
        result += (
            f"; of the {images * c.hidden:,} corrupted patches {tested.accuracy:.2%} are given "
            f"their colour, one of {c.outputs}"
        )
    if voice.quiet:
        print(f"{result}; in {one_line(str(folder))}")
    voice.say(f"\n{result}\n")
    files = draw_and_tell(training, folder, voice)
    voice.event(
        "result", measured_on=measured_on, accuracy=tested.accuracy, loss=tested.loss,
        images=images, folder=str(folder), files=list(files),
    )  # fmt: skip


def draw_and_tell(training, folder: Path, voice: Voice, probabilities=None) -> dict[str, str]:
    """Draw what can be drawn, say what lies in the folder and what to do next; the files."""
    voice.say(f"In {one_line(str(folder))}:")
    files = draw(training, folder, probabilities)
    for name, meaning in files.items():
        voice.say(f"  {name:<22}  {meaning}")
    voice.say(next_steps(training, typed(folder), files))
    return files


def next_steps(training, run: str, files: dict) -> str:
    """What to run next; `run` is the folder as it is typed, `files` are those that lie in it."""
    from minivit.figures import can_draw
    from minivit.training.recipe_writing import called

    verbs = [f"evaluate {run}", f"predict {run} YOUR_PICTURE.png", f"gradcheck {run}"]
    if not training.config.model.learns_classes:
        verbs = [f"finetune {run} --data {typed(called(training.data))}", f"probe {run}"]
    missing = ""
    if can_draw() and training.config.model.learns_classes:
        verbs.insert(1, f"look {run}")
    if can_explain(training.model) and FILE not in files:
        verbs.insert(1, f"explain {run}")
    if training.state.history and can_draw():
        verbs.insert(1, f"plot {run}")
    elif training.state.history:
        missing = (
            "  No curve.png: matplotlib is missing; pip install matplotlib, then run\n"
            f"  minivit train --resume {run}\n  which draws it.\n"
        )
    return "\n".join([f"{missing}\nNext:", *(f"  minivit {verb}" for verb in verbs)])


def can_explain(model) -> bool:
    """Whether there can be a page of the model."""
    from minivit.figures.page.explainer import check_explained

    try:
        check_explained(model)
    except InputError:
        return False
    return True


def averaged_line(training, folder: Path) -> str:
    """How good the averaged weights are after the last epoch, and how to use them."""
    row, name = training.state.history[-1], training.config.measured_on.replace("-", "_")
    accuracy, loss = (row[f"averaged_{name}_{kind}"] for kind in ("accuracy", "loss"))
    return (
        f"With the averaged weights: {accuracy:.2%}, loss {loss:.3f}. To use them:\n"
        f"  minivit evaluate {typed(folder)} --averaged\n"
    )


def tested_now(training, measure):
    """What `measure` finds of the last epoch's model; Diverged when it overflows."""
    import numpy as np

    from minivit.training.divergence import diverged_on

    images, labels = training.data.test
    with np.errstate(over="ignore", invalid="ignore"):  # a sentence says it better
        tested = measure(training.model, images, labels, ranks=training.ranks)
    if not math.isfinite(tested.loss):
        raise diverged_on(training, images[:64])
    return tested


def draw(training, folder: Path, probabilities=None) -> dict[str, str]:
    """Draw what can be drawn; returns every file of the run folder, and what it is.

    Without probabilities of the test images' classes there is no picture of where the model looks.
    """
    from minivit.checkpoints import CHECKPOINT
    from minivit.figures import attention_picture, can_draw, training_curve
    from minivit.training.recipe_reading import RECIPE
    from minivit.training.snapshot_files import snapshot_paths

    files = {
        CHECKPOINT: "the model, and all that going on needs",
        RECIPE: "all that it was told; --recipe takes it to begin the same anew",
    }
    history = training.state.history
    if history:
        files["history.csv"] = "losses, accuracies, rate and gradient norm of every epoch"
        files["places.csv"] = "weights, gradients and updates of every epoch and place"
        files["timing.csv"] = "seconds of every epoch, and the share spent on preparing images"
    if kept := len(snapshot_paths(folder)):
        files["snapshots/"] = f"{kept} models along the way, for pictures of learning"
    images, labels = training.data.test
    if training.config.model.depth and probabilities is not None:
        path = folder / "attention.png"
        attention_picture(training.model, images, labels, probabilities, path)
        files["attention.png"] = "where the model looks, head by head, and what it got wrong"
    if can_draw() and history:
        training_curve(history, folder / "curve.png")
        files["curve.png"] = "loss and accuracy as curves"
    if (folder / FILE).exists():
        files[FILE] = "the model as a page: open it in a browser"
    return files
