"""`minivit train --resume RUN`: which run goes on, and what there is to say of it."""

import argparse
from pathlib import Path

from minivit.cli.voice import Voice


def run_to_resume(arguments: argparse.Namespace) -> Path:
    """The folder of a former run; InputError for options that would change it, or another file."""
    from minivit.checkpoints import CHECKPOINT, checkpoint_path
    from minivit.errors import InputError

    allowed = {"verb", "run", "resume", "data", "threads", "out", "force", "explain",
               "precision", "emulate", "ordered", "quiet", "json"}  # fmt: skip
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


def resumed(folder: Path, voice: Voice, data: str | None, ranks):
    """A former run; says so when the last bits may not be the same any more, or nothing is left."""
    from minivit.training import load_run, remove_pictures, remove_snapshots, write_tables
    from minivit.training.agreement import agree

    training = ranks.together(lambda: load_run(folder, data, ranks=ranks))
    agree(training)
    # The run may have been killed before it wrote them:
    ranks.first(lambda: write_tables(training, folder))
    if training.finished:
        voice.say(
            f"All {training.config.epochs} epochs of this run are done: nothing is left to train. "
            "It is measured, and its pictures are drawn anew."
        )
        return training
    # Of a run that this one was overwriting when it was killed:
    ranks.first(lambda: remove_pictures(folder))
    # Its own come again, to the same bits:
    ranks.first(lambda: remove_snapshots(folder, after=training.steps_done))
    tell_of_changes(training, voice)
    return training


def tell_of_changes(training, voice: Voice) -> None:
    """Say in what way the machine works otherwise than when the run began.

    That is no setting of its recipe, and what is asked for now holds.
    """
    from minivit.training.training import bits_now

    began, now = training.bits, bits_now(training.ranks)
    if began["precision"] != now["precision"]:
        voice.warn(
            f"The run was started with products in {began['precision']} and goes on in "
            f"{now['precision']}: from here on it rounds otherwise. To go on as it began, add "
            f"--precision {began['precision'].replace(', emulated', ' --emulate')}."
        )
    if any(began[name] != now[name] for name in ("processes", "ordered")):
        differs = "its last bits may differ"
        if len(training.model.buffers.flat) and began["processes"] != now["processes"]:
            differs = "BatchNorm takes the statistics of other parts, so that its numbers differ"
        voice.warn(
            f"The run was started in {processes(began)} and goes on in {processes(now)}: {differs}."
        )
    if any(began[name] != now[name] for name in ("backend", "threads")):
        voice.warn(
            f"The run was started with {began['threads']} threads on the {began['backend']} "
            f"backend and now has {now['threads']} on {now['backend']}: its last bits may differ. "
            f"For the same bits, add --threads {began['threads']} and set "
            f"MINIVIT_BACKEND={began['backend']}."
        )


def processes(bits: dict) -> str:
    many = bits["processes"] > 1
    ordered = " whose gradients are added in order" * bits["ordered"]
    return f"{bits['processes']} process{'es' * many}{ordered}"
