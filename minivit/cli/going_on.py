"""A training that goes on to its end: what it says, and what it leaves if something stops it."""

from contextlib import suppress
from pathlib import Path

from minivit.cli.precision import as_typed
from minivit.cli.progress import Progress, opening
from minivit.cli.results import finish
from minivit.cli.sentences import sentence
from minivit.cli.voice import Voice
from minivit.files import typed
from minivit.processes import is_everywhere


class Interrupted(Exception):
    """Ctrl-C, after everything was saved."""


def go_on(training, folder: Path, voice: Voice, *, explain: bool = False) -> int:
    """Train, measure, draw; whatever stops it, say how to go on. The exit code."""
    from minivit.errors import InputError
    from minivit.training import Diverged
    from minivit.training.ranks import RanksDiffer

    ranks, again = training.ranks, resume_command(training, folder)
    try:
        begin(training, folder, voice)
        learn(training, folder, voice)
        return finish(training, folder, voice, explain=explain)
    except KeyboardInterrupt:  # outside the loop, or the second Ctrl-C
        said = "Interrupted. The last checkpoint is whole; to go on from it, run"
        if ranks.count > 1:  # the others may be waiting for this one
            raise KeyboardInterrupt(f"{said} {again}") from None
        voice.warn(f"\n{said}\n  {again}")
        return 130
    except Interrupted:
        state = training.state
        voice.warn(
            f"\nInterrupted and saved in epoch {state.epoch + 1}, after batch {state.step} of "
            f"{training.steps_per_epoch}. To go on, run\n  {again}"
        )
        return 130
    except (Diverged, RanksDiffer) as error:  # what is saved already is better
        raise InputError(f"{error}. {ranks.first(lambda: kept(folder))}") from error
    except InputError as error:  # a picture that can't be read: what was learnt before it is kept
        if not save_if_all_stop(training, folder, error):
            raise
        left = ranks.first(lambda: kept(folder))
        raise InputError(f"{error}. {how_to_find(training)}{left}") from error
    except BrokenPipeError:  # nobody reads the output: the run's files are not at fault
        raise
    except OSError as error:
        with suppress(OSError, InputError):  # if it is the disk that is full, this fails as well
            save_if_all_stop(training, folder, error)
        again = f"go on from the last checkpoint with {again}"
        said = sentence(error, again)
        raise OSError(said if again in said else f"{said}. After that, {again}") from error


def save_if_all_stop(training, folder: Path, error: Exception) -> bool:
    """Save what was learnt before an error, if all processes know of it: True. Else the others are
    still at work, and nothing can be asked of them.
    """
    from minivit.training import save_run

    all_know = training.ranks.count == 1 or is_everywhere(error)
    if all_know:
        training.ranks.first(lambda: save_run(training, folder))
    return all_know


def how_to_find(training) -> str:
    """How to find all pictures that can't be read at once."""
    place = training.data.preprocessing.get("place")
    return f"`minivit data check {typed(place)}` names all such files. " if place else ""


def kept(folder: Path) -> str:
    """What a training that can't go on leaves. A checkpoint that has learnt nothing is removed."""
    from minivit.checkpoints import CHECKPOINT, read_header
    from minivit.training import remove_snapshots
    from minivit.training.recipe_writing import remove_recipe

    state = read_header(folder)["training"]["state"]
    if state["epoch"] or state["step"]:
        epoch, step = state["epoch"], state["step"]
        when = f"in epoch {epoch + 1}, after batch {step}" if step else f"after epoch {epoch}"
        return f"The last good checkpoint, {when}, is kept in {folder}"
    remove_recipe(folder)
    remove_snapshots(folder)
    (folder / CHECKPOINT).unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
    return "It had saved nothing learnt yet, so no checkpoint is kept"


def resume_command(training, folder: Path) -> str:
    """What is typed to go on with a run, in as many processes."""
    command = f"minivit train --resume {typed(folder)}{as_typed()}"
    return launched(training.ranks) + command + " --ordered" * training.ranks.ordered


def launched(ranks) -> str:
    """What is typed in front of a command that the same number of processes are to run."""
    return f"mpiexec -n {ranks.count} " if ranks.count > 1 else ""


def begin(training, folder: Path, voice: Voice) -> None:
    """Say what is trained on what, and how."""
    from minivit import backend
    from minivit.threads import thread_count

    voice.say(opening(training, folder))
    config, data = training.config, training.data
    voice.event(
        "recipe", folder=str(folder), data=data.name, train_images=len(data.train.labels),
        test_images=len(data.test.labels), model=config.model.to_dict(),
        training=config.to_dict(), parameters=training.model.layout.size,
        epochs_done=training.state.epoch, backend=backend.name(), threads=thread_count(),
        precision=backend.precision(), processes=training.ranks.count,
    )  # fmt: skip


def learn(training, folder: Path, voice: Voice) -> None:
    """Train to the last epoch, saving after each; Interrupted when Ctrl-C was pressed."""
    from minivit.training import keep_snapshot, save_run, train

    ranks = training.ranks

    def snapshot():
        if training.config.snapshots:
            ranks.first(lambda: keep_snapshot(training, folder))

    snapshot()  # before the first step; a killed run may lack the last one
    with Progress(training, voice) as progress:

        def on_step(training, loss):
            progress.step()
            snapshot()
            if ranks.any(progress.interrupted):
                ranks.first(lambda: save_run(training, folder))
                raise Interrupted

        def on_epoch(training, row):
            ranks.first(lambda: save_run(training, folder))
            progress.epoch(row)

        train(training.config, training.data, training=training, on_step=on_step,
              on_epoch=on_epoch)  # fmt: skip
