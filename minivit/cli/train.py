"""`minivit train`: a Vision Transformer learns to tell images apart while you watch."""

import argparse
from pathlib import Path

from minivit.cli.arguments import add_threads, folder_name
from minivit.cli.configuration import add_options, given
from minivit.cli.progress import Progress, opening
from minivit.cli.results import finish
from minivit.cli.sentences import sentence
from minivit.cli.what_to_learn import add_what, model_for
from minivit.files import typed

HELP = "train a ViT on a data set, and draw where it looks"
OF_THE_DATA = ("image", "channels", "classes")  # no options: the data set decides them


class Interrupted(Exception):
    """Ctrl-C, after everything was saved."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from minivit.models import ViTConfig
    from minivit.training import TrainingConfig

    recipe = TrainingConfig()
    add_what(parser)
    add_options(parser, "the model", ViTConfig, defaults=recipe.model, without=OF_THE_DATA)
    add_options(parser, "how", TrainingConfig, defaults=recipe)
    add_threads(parser)
    folder = parser.add_argument_group("where to")
    folder.add_argument("--out", type=folder_name, metavar="DIR",
                        help="run folder (default: runs/DATA-N)")  # fmt: skip
    folder.add_argument("--force", action="store_true", help="overwrite the run that --out holds")
    folder.add_argument("--resume", metavar="RUN", help="go on with this run, exactly")


def run(arguments: argparse.Namespace) -> int:
    from minivit import backend
    from minivit.training import held, new_folder

    backend.prefer("numba")
    if arguments.resume is not None:
        folder = run_to_resume(arguments)
        with held(folder):
            return go_on(resumed(folder, arguments.data), folder)
    training = begun(arguments)
    folder = new_folder(training.data.name, arguments.out)
    with held(folder):
        save_first(training, folder, force=arguments.force)
        return go_on(training, folder)


def go_on(training, folder: Path) -> int:
    """Train, measure, draw; whatever stops it, say how to go on."""
    from minivit.errors import InputError
    from minivit.training import Diverged

    resume = f"minivit train --resume {typed(folder)}"
    try:
        print(opening(training, folder))
        learn(training, folder)
        finish(training, folder)
    except KeyboardInterrupt:  # outside the loop, or the second Ctrl-C
        print(f"\nInterrupted. The last checkpoint is whole; to go on from it, run\n  {resume}")
        return 130
    except Interrupted:
        state = training.state
        print(
            f"\nInterrupted and saved in epoch {state.epoch + 1}, after batch {state.step} of "
            f"{training.steps_per_epoch}. To go on, run\n  {resume}"
        )
        return 130
    except Diverged as error:
        raise InputError(f"{error}. {kept(folder)}") from error
    except BrokenPipeError:  # nobody reads the output: the run's files are not at fault
        raise
    except OSError as error:
        again = f"go on from the last checkpoint with {resume}"
        raise OSError(sentence(error, again)) from error
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
    """A new training; every setting is checked before its folder is made."""
    from minivit.data import load_dataset
    from minivit.models import ViTConfig
    from minivit.training import Training, TrainingConfig, check_finite, run_data

    name = "digits" if arguments.data is None else arguments.data
    data = load_dataset(name, image=getattr(arguments, "image", None))
    model = model_for(data, given(arguments, ViTConfig))
    recipe = TrainingConfig(model=model, **given(arguments, TrainingConfig))
    training = Training(recipe, run_data(data, recipe))
    check_finite(training)
    return training


def save_first(training, folder: Path, *, force: bool) -> None:
    """The first checkpoint. A run that is overwritten lasts until this one is whole; what else
    lies in its folder stays.
    """
    from minivit.training import check_vacant, others, remove_pictures, save_run

    check_vacant(folder, force=force)
    save_run(training, folder)
    remove_pictures(folder)
    if rest := others(folder):
        print(f"Kept in {folder}, as no run has written it: {', '.join(rest)}")


def kept(folder: Path) -> str:
    """What a training that diverged leaves. A checkpoint that has learnt nothing is removed."""
    from minivit.checkpoints import CHECKPOINT, read_header

    state = read_header(folder)["training"]["state"]
    if state["epoch"] or state["step"]:
        return f"The last good checkpoint, after epoch {state['epoch']}, is kept in {folder}"
    (folder / CHECKPOINT).unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
    return "It had saved nothing learnt yet, so no checkpoint is kept"


def run_to_resume(arguments: argparse.Namespace) -> Path:
    """The folder of a former run; InputError for options that would change it, or another file."""
    from minivit.checkpoints import CHECKPOINT, checkpoint_path
    from minivit.errors import InputError

    allowed = {"verb", "run", "resume", "data", "threads", "out", "force"}
    others = sorted(set(vars(arguments)) - allowed)
    if others or arguments.out or arguments.force:
        option = others[0].replace("_", "-") if others else "out" if arguments.out else "force"
        raise InputError(
            f"--resume goes on exactly as the run began, so --{option} can't be given with it; "
            "leave it out, or start a new run without --resume"
        )
    path = checkpoint_path(arguments.resume)
    if path.name != CHECKPOINT:
        raise InputError(
            f"--resume goes on with the {CHECKPOINT} of a run folder, and {path} has another name; "
            "put it into a folder of its own, under that name"
        )
    return path.parent


def resumed(folder: Path, data: str | None = None):
    """A former run; says so when the last bits may not be the same any more, or nothing is left."""
    from minivit import backend
    from minivit.threads import thread_count
    from minivit.training import load_run, remove_pictures, write_tables

    training = load_run(folder, data)
    write_tables(training, folder)  # the run may have been killed before it wrote them
    if training.finished:
        print(
            f"All {training.config.epochs} epochs of this run are done: nothing is left to train. "
            "It is measured, and its pictures are drawn anew."
        )
        return training
    remove_pictures(folder)  # of a run that this one was overwriting when it was killed
    began, now = training.bits, {"backend": backend.name(), "threads": thread_count()}
    if began != now:
        print(
            f"The run was started with {began['threads']} threads on the {began['backend']} "
            f"backend and now has {now['threads']} on {now['backend']}: its last bits may differ. "
            f"For the same bits, add --threads {began['threads']} and set "
            f"MINIVIT_BACKEND={began['backend']}."
        )
    return training
