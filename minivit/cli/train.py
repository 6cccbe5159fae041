"""`minivit train`: a Vision Transformer learns to read digits while you watch."""

import argparse
import math
import signal
import sys
from pathlib import Path

from minivit.cli.arguments import add_threads

HELP = "train a ViT on the embedded digits, and draw where it looks"


class Interrupted(Exception):
    """Ctrl-C, after everything was saved."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from minivit.data import DATASETS
    from minivit.training import TrainingConfig

    recipe, add = TrainingConfig(), _adder(parser)
    model = recipe.model
    add("--dataset", str, "digits", f"what to learn: {', '.join(DATASETS)}")
    add("--patch", int, model.patch[0], "patch side P, in pixels")
    add("--width", int, model.width, "width D of a token")
    add("--depth", int, model.depth, "number of blocks")
    add("--heads", int, model.heads, "attention heads H; must divide the width")
    add("--mlp", int, model.mlp, "width M of the MLP's hidden layer")
    add("--epochs", int, recipe.epochs, "times to go through the training images")
    add("--batch", int, recipe.batch, "images in a step")
    add("--learning-rate", float, recipe.learning_rate, "peak learning rate, after the warm-up")
    add("--warmup-epochs", float, recipe.warmup_epochs, "epochs in which the rate rises from 0")
    add("--weight-decay", float, recipe.weight_decay, "AdamW's decay of the matrices")
    add("--smoothing", float, recipe.smoothing, "label smoothing, 0 to below 1")
    add("--shift", int, recipe.shift, "random shift of a training image, up to so many pixels")
    add("--position-std", float, recipe.position_std, "spread of the position table at the start")
    add("--clip", float, recipe.clip, "largest global norm of the gradient")
    add("--hold-out", float, recipe.hold_out, "part of the training images to measure on instead "
        "of the test images, for choosing settings")  # fmt: skip
    add("--seed", int, recipe.seed, "of the initial weights, the order and the shifts")
    add_threads(parser)
    folder = parser.add_argument_group("where to")
    folder.add_argument("--out", metavar="DIR", help="run folder (default: runs/DATASET-N)")
    folder.add_argument("--force", action="store_true", help="overwrite the run that --out holds")
    folder.add_argument("--resume", metavar="RUN", help="go on with this run, exactly")


def _adder(parser):
    group = parser.add_argument_group("what and how")

    def add(flag, kind, default, text):
        # No default in the namespace: what is in it was typed, and --resume admits none of it.
        metavar = {int: "N", float: "X", str: "NAME"}[kind]
        group.add_argument(flag, type=kind, default=argparse.SUPPRESS, metavar=metavar,
                           help=f"{text} (default: {default})")  # fmt: skip

    return add


def run(arguments: argparse.Namespace) -> int:
    from minivit import backend
    from minivit.training import save_run, train, write_tables

    backend.prefer("numba")
    if arguments.resume is None:
        training, folder = _begun(arguments)
        save_run(training, folder)
    else:
        training, folder = _resumed(arguments)
        write_tables(training, folder)  # the run may have been killed before it wrote them
    print(_opening(training, folder))
    try:
        with _Progress(training) as progress:

            def on_step(training, loss):
                progress.step()
                if progress.interrupted:
                    save_run(training, folder)
                    raise Interrupted

            def on_epoch(training, row):
                save_run(training, folder)
                progress.epoch(row)

            train(training.config, training.data, training=training, on_step=on_step,
                  on_epoch=on_epoch)  # fmt: skip
        _finish(training, folder)
    except KeyboardInterrupt:  # between the first save and the loop, after it, or the second one
        print(
            f"\nInterrupted. The last checkpoint is whole; to go on from it, run\n"
            f"  minivit train --resume {folder}"
        )
        return 130
    except Interrupted:
        state = training.state
        print(
            f"\nInterrupted and saved in epoch {state.epoch + 1}, after batch {state.step} of "
            f"{training.steps_per_epoch}. To go on, run\n  minivit train --resume {folder}"
        )
        return 130
    return 0


def _begun(arguments: argparse.Namespace):
    """A new training and its folder; every setting is checked before the folder is made."""
    from minivit.data import DATASETS, load_dataset
    from minivit.models import variant
    from minivit.training import Training, TrainingConfig, new_folder, run_data

    given = vars(arguments)
    dataset = given.get("dataset", "digits")
    sizes = {k: given[k] for k in ("patch", "width", "depth", "heads", "mlp") if k in given}
    load_dataset(dataset) if dataset not in DATASETS else None
    names = set(TrainingConfig.__dataclass_fields__) - {"model"}
    recipe = TrainingConfig(
        model=variant(dataset, **sizes), **{k: given[k] for k in names if k in given}
    )
    training = Training(recipe, run_data(dataset, recipe))
    return training, new_folder(dataset, arguments.out, force=arguments.force)


def _resumed(arguments: argparse.Namespace):
    from minivit import backend
    from minivit.checkpoints import checkpoint_path
    from minivit.errors import InputError
    from minivit.threads import thread_count
    from minivit.training import load_run

    allowed = {"verb", "run", "resume", "threads", "out", "force"}
    given = sorted(set(vars(arguments)) - allowed)
    if given or arguments.out or arguments.force:
        option = given[0].replace("_", "-") if given else "out" if arguments.out else "force"
        raise InputError(
            f"--resume goes on exactly as the run began, so --{option} can't be given with it; "
            "leave it out, or start a new run without --resume"
        )
    training = load_run(arguments.resume)
    began, now = training.bits, {"backend": backend.name(), "threads": thread_count()}
    if began != now:
        print(
            f"The run was started with {began['threads']} threads on the {began['backend']} "
            f"backend and now has {now['threads']} on {now['backend']}: its last bits may differ. "
            f"For the same bits, add --threads {began['threads']} and set "
            f"MINIVIT_BACKEND={began['backend']}."
        )
    return training, checkpoint_path(arguments.resume).parent


def _opening(training, folder: Path) -> str:
    from minivit import backend
    from minivit.models import parameter_count
    from minivit.threads import thread_count

    c, data = training.config.model, training.data
    train, test = len(data.train.labels), len(data.test.labels)
    threads = thread_count()
    return (
        f"{data.name}: {train:,} training and {test:,} {_measured_on(training)} images of "
        f"{c.image[0]}x{c.image[1]} pixels, {c.classes} classes\n"
        f"ViT: {c.patches} patches of {c.patch[0]}x{c.patch[1]}, width {c.width}, "
        f"{c.depth} blocks, {c.heads} heads, MLP {c.mlp}: {parameter_count(c):,} parameters\n"
        f"backend {backend.name()}, {threads} thread{'s' * (threads > 1)}, "
        f"seed {training.config.seed}; run folder {folder}"
    )


def _measured_on(training) -> str:
    """Which images tell how good the model is, in the words of the lines."""
    return "held-out" if training.config.hold_out else "test"


class _Progress:
    """The bar on the terminal, a line an epoch, and Ctrl-C taken between two steps."""

    def __init__(self, training):
        self.training = training
        self.interrupted = False

    def __enter__(self):
        from tqdm import tqdm

        t = self.training
        self.done = t.state.epoch * t.steps_per_epoch + t.state.step
        self.bar = tqdm(
            total=t.config.epochs * t.steps_per_epoch, initial=self.done, unit="batch",
            disable=not sys.stderr.isatty(), dynamic_ncols=True, leave=False,
            bar_format="{percentage:3.0f}% |{bar}| {elapsed} elapsed, {remaining} left{postfix}",
        )  # fmt: skip
        self.former = {}
        for number in (signal.SIGINT, signal.SIGTERM):
            self.former[number] = signal.signal(number, self._interrupt)
        return self

    def __exit__(self, *exception):
        self.bar.close()
        for number, handler in self.former.items():
            signal.signal(number, handler)

    def _interrupt(self, number, frame):
        self.interrupted = True
        signal.signal(number, self.former[number])  # a second Ctrl-C stops at once

    def step(self):
        t, s = self.training, self.training.state
        images = min(s.step * t.config.batch, len(t.data.train.labels))
        self.bar.set_postfix_str(
            f"loss {s.loss_sum / images:.3f}, accuracy {s.correct / images:.1%}, "
            f"{images / s.seconds:,.0f} images/s",
            refresh=False,
        )
        self.bar.update()

    def epoch(self, row):
        from tqdm import tqdm

        seconds = self.training.state.timing[-1]["seconds"]
        tqdm.write(
            f"epoch {row['epoch']:3}/{self.training.config.epochs}  "
            f"train loss {row['train_loss']:.3f}  accuracy {row['train_accuracy']:6.1%}  |  "
            f"{_measured_on(self.training)} loss {row['test_loss']:.3f}  "
            f"accuracy {row['test_accuracy']:6.1%}  |  {seconds:.2f} s"
        )


def _finish(training, folder: Path) -> None:
    """The pictures, where everything lies, and what to run next."""
    import numpy as np

    from minivit.checkpoints import CHECKPOINT
    from minivit.errors import InputError
    from minivit.inspection import attention_picture, can_draw, training_curve
    from minivit.training import evaluate

    images, labels = training.data.test
    with np.errstate(over="ignore", invalid="ignore"):  # a sentence says it better
        tested = evaluate(training.model, images, labels)
    if not math.isfinite(tested.loss):
        raise InputError(training.divergence(images[:64], None))
    right = round(tested.accuracy * len(labels))
    print(
        f"\n{_measured_on(training).capitalize()} accuracy after the last epoch: "
        f"{tested.accuracy:.2%} ({right} of {len(labels)}), loss {tested.loss:.3f}\n"
    )
    files = {
        CHECKPOINT: "the model, and all that going on needs",
        "history.csv": "losses and accuracies of every epoch",
        "timing.csv": "seconds and images per second of every epoch",
    }
    if training.config.model.depth:
        attention_picture(training.model, images, labels, tested.probabilities,
                          folder / "attention.png")  # fmt: skip
        files["attention.png"] = "where the model looks, head by head, and what it got wrong"
    history = training.state.history
    if can_draw() and history:
        training_curve(history, folder / "curve.png")
        files["curve.png"] = "loss and accuracy as curves"
    for name, meaning in files.items():
        print(f"  {folder / name!s:<40} {meaning}")
    if not can_draw():
        print("  No curve.png: matplotlib is missing; pip install 'minivit[plots]', then run\n"
              f"  minivit train --resume {folder}, which draws it.")  # fmt: skip
    print(
        f"\nNext:\n  minivit evaluate {folder}\n  minivit predict {folder} YOUR_PICTURE.png\n"
        f"  minivit gradcheck {folder}"
    )
