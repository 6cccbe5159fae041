"""`minivit train`: a Vision Transformer learns to read digits while you watch."""

import argparse
from pathlib import Path

from minivit.cli.arguments import add_threads
from minivit.cli.configuration import add_options, given
from minivit.cli.progress import Progress, measured_on
from minivit.cli.results import finish
from minivit.fields import changes_in_words

HELP = "train a ViT on the embedded digits, and draw where it looks"
OF_THE_DATA = ("image", "channels", "classes")  # no options: the data set decides them


class Interrupted(Exception):
    """Ctrl-C, after everything was saved."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from minivit.data import DATASETS
    from minivit.models import ViTConfig
    from minivit.training import TrainingConfig

    recipe = TrainingConfig()
    what = parser.add_argument_group("what to learn, and with which model")
    what.add_argument("--dataset", default=argparse.SUPPRESS, metavar="NAME",
                      help=f"{', '.join(DATASETS)} (default: digits)")  # fmt: skip
    add_options(what, ViTConfig, defaults=recipe.model, without=OF_THE_DATA)
    add_options(parser.add_argument_group("how"), TrainingConfig, defaults=recipe)
    add_threads(parser)
    folder = parser.add_argument_group("where to")
    folder.add_argument("--out", metavar="DIR", help="run folder (default: runs/DATASET-N)")
    folder.add_argument("--force", action="store_true", help="overwrite the run that --out holds")
    folder.add_argument("--resume", metavar="RUN", help="go on with this run, exactly")


def run(arguments: argparse.Namespace) -> int:
    from minivit import backend
    from minivit.training import save_run, write_tables

    backend.prefer("numba")
    if arguments.resume is None:
        training, folder = begun(arguments)
        save_run(training, folder)
    else:
        training, folder = resumed(arguments)
        write_tables(training, folder)  # the run may have been killed before it wrote them
    print(opening(training, folder))
    try:
        learn(training, folder)
        finish(training, folder)
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


def learn(training, folder: Path) -> None:
    """Train to the last epoch, saving after each; Interrupted when Ctrl-C was pressed."""
    from minivit.training import save_run, train

    with Progress(training) as progress:

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


def begun(arguments: argparse.Namespace):
    """A new training and its folder; every setting is checked before the folder is made."""
    from minivit.data import DATASETS, load_dataset
    from minivit.models import ViTConfig, variant
    from minivit.training import Training, TrainingConfig, new_folder, run_data

    dataset = getattr(arguments, "dataset", "digits")
    if dataset not in DATASETS:
        load_dataset(dataset)  # raises, with the nearest name
    model = variant(dataset, **given(arguments, ViTConfig))
    recipe = TrainingConfig(model=model, **given(arguments, TrainingConfig))
    training = Training(recipe, run_data(dataset, recipe))
    return training, new_folder(dataset, arguments.out, force=arguments.force)


def resumed(arguments: argparse.Namespace):
    """A former run and its folder; says so when the last bits may not be the same any more."""
    from minivit import backend
    from minivit.checkpoints import checkpoint_path
    from minivit.errors import InputError
    from minivit.threads import thread_count
    from minivit.training import load_run

    allowed = {"verb", "run", "resume", "threads", "out", "force"}
    typed = sorted(set(vars(arguments)) - allowed)
    if typed or arguments.out or arguments.force:
        option = typed[0].replace("_", "-") if typed else "out" if arguments.out else "force"
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


def opening(training, folder: Path) -> str:
    """What is trained on what, in three lines."""
    from minivit import backend
    from minivit.models import parameter_count
    from minivit.threads import thread_count

    c, data = training.config.model, training.data
    options = changes_in_words(c)
    train, test = len(data.train.labels), len(data.test.labels)
    threads = thread_count()
    return (
        f"{data.name}: {train:,} training and {test:,} {measured_on(training)} images of "
        f"{c.image[0]}x{c.image[1]} pixels, {c.classes} classes\n"
        f"ViT: {c.patches} patches of {c.patch[0]}x{c.patch[1]}, width {c.width}, "
        f"{c.depth} blocks, {c.heads} heads, MLP {c.mlp}"
        f"{', ' + options if options else ''}: {parameter_count(c):,} parameters\n"
        f"backend {backend.name()}, {threads} thread{'s' * (threads > 1)}, "
        f"seed {training.config.seed}; run folder {folder}"
    )
