"""Snapshots: small checkpoints along the way, parameters only, for pictures of learning.

    RUN/snapshots/step-000123.safetensors    the model after 123 steps

They are spread evenly over the steps of a run, the first before any step and the last after all. A
run that goes on from a checkpoint writes those again that it had written after that checkpoint, to
the same bits.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from minivit.checkpoints import load, save
from minivit.errors import InputError
from minivit.files import remove_orphans
from minivit.models import Model
from minivit.training.run import check_finite
from minivit.training.training import Training

SNAPSHOTS = "snapshots"  # in the folder of a run
NAME = re.compile(r"step-(\d{6,12})\.safetensors")


def snapshots(folder: str | Path) -> Iterator[tuple[int, Model]]:
    """The models of a run along the way: (steps done, model), from the first to the last.

    Each is read when it is asked for. Raises InputError when the run has none, or for one that is
    damaged.
    """
    found = snapshot_paths(Path(folder))
    if not found:
        raise InputError(
            f"{folder} has no snapshots: train with e.g. `minivit train --snapshots 20`, and give "
            "that run's folder"
        )
    return ((step, load(path)) for step, path in found.items())


def keep_snapshot(training: Training, folder: Path) -> None:
    """Write a snapshot if the recipe wants one after the steps that are done by now.

    `minivit train` does so before the first step and after each; in Python it is done with
    train(..., on_step=lambda training, loss: keep_snapshot(training, folder)).

    Raises Diverged for a model with NaN or infinity, OSError when it can't be written.
    """
    config, step = training.config, training.steps_done
    if is_due(step, config.snapshots, config.epochs * training.steps_per_epoch):
        check_finite(training)
        (folder / SNAPSHOTS).mkdir(exist_ok=True)
        save(training.model, folder / SNAPSHOTS / file_name(step))


def is_due(step: int, count: int, steps: int) -> bool:
    """Whether one of `count` snapshots belongs after `step` of all `steps`.

    Number i of them belongs after i steps / (count - 1), rounded down; a run of fewer steps than
    snapshots keeps one after every step.
    """
    if count < 2 or not steps:
        return count > 0 and step == 0
    number = -(-step * (count - 1) // steps)  # the first that belongs here or later
    return number * steps // (count - 1) == step


def file_name(step: int) -> str:
    return f"step-{step:06}.safetensors"


def snapshot_paths(folder: Path) -> dict[int, Path]:
    """The snapshots in the folder of a run, by the steps done, in order; no other files."""
    found = {}
    with suppress(FileNotFoundError, NotADirectoryError):
        for path in (folder / SNAPSHOTS).iterdir():
            name = NAME.fullmatch(path.name)
            if name and path.name == file_name(int(name[1])) and path.is_file():
                found[int(name[1])] = path
    return dict(sorted(found.items()))


def remove_snapshots(folder: Path, *, after: int = -1) -> None:
    """Remove the snapshots of more steps than `after`; what else lies beside them stays."""
    for step, path in snapshot_paths(folder).items():
        if step > after:
            path.unlink()
    remove_orphans(folder / SNAPSHOTS)
    with suppress(OSError):  # it is missing, or holds something
        (folder / SNAPSHOTS).rmdir()


def beside_snapshots(folder: Path) -> list[str]:
    """What lies in the snapshots' folder and is none of them, or stands in its place, by name."""
    place = folder / SNAPSHOTS
    if place.is_symlink() or place.is_file():
        return [SNAPSHOTS]
    ours = set(snapshot_paths(folder).values())
    found = [path for path in place.iterdir() if path not in ours] if place.is_dir() else []
    return [f"{SNAPSHOTS}/{path.name}{'/' * path.is_dir()}" for path in found]
