"""The folder of a run: its checkpoint, its tables, its figures.

    checkpoint.safetensors   the model, the moments and the state of the run; replaced whole
    history.csv              epoch, losses, accuracies
    timing.csv               seconds and images per second of each epoch

The checkpoint alone decides where a run stands: the tables are written anew from it.
"""

import csv
import shutil
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np

from minivit.checkpoints import (
    CHECKPOINT,
    build,
    fill,
    header_of,
    read_checkpoint,
    write_checkpoint,
)
from minivit.data import Dataset, hold_out, load_dataset
from minivit.errors import InputError
from minivit.files import replacing
from minivit.models import ViT
from minivit.training.loop import State, Training
from minivit.training.recipe import TrainingConfig

GROUPS = ("parameters", "first_moment", "second_moment")


def new_folder(name: str, out: str | Path | None, *, force: bool = False) -> Path:
    """Make the folder of a new run: `out`, or the first free of runs/NAME-1, -2, ...

    Raises InputError when `out` exists with something in it (unless `force`, which empties it of
    an earlier run), and OSError when it can't be made.
    """
    if out is None:
        number = 1
        while True:
            try:
                folder = Path("runs") / f"{name}-{number}"
                folder.mkdir(parents=True)
                return folder
            except FileExistsError:
                number += 1
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: choose another folder for the run")
    for rubbish in folder.glob(".*.partial"):  # of a run that was killed in its first save
        rubbish.unlink()
    if folder.is_dir() and any(folder.iterdir()):
        if not force:
            raise InputError(
                f"{folder} exists and is not empty: choose another --out, go on with "
                f"--resume {folder}, or overwrite it with --force"
            )
        clear(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def clear(folder: Path) -> None:
    """Empty the folder of an earlier run; InputError when it holds no run, and nothing is lost."""
    if not (folder / CHECKPOINT).exists():
        raise InputError(
            f"{folder} holds files but no run ({CHECKPOINT} is missing): --force only overwrites "
            "runs; choose another folder"
        )
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def save_run(training: Training, folder: Path) -> None:
    """Replace the checkpoint, then the tables that follow from it.

    Raises InputError, and keeps the old checkpoint, when the model holds NaN or infinity; OSError
    when the disk is full.
    """
    if not np.isfinite(training.model.parameters.flat).all():
        raise InputError(training.divergence(training.data.test.images[:1], None))
    header = header_of(training.model)
    header["training"] = {
        "dataset": training.data.name,
        "recipe": training.config.to_dict(),
        "state": asdict(training.state),
        "optimiser_steps": training.optimiser.steps,
        "bits": training.bits,
    }
    groups = {
        "parameters": training.model.parameters,
        "first_moment": training.optimiser.first_moment,
        "second_moment": training.optimiser.second_moment,
    }
    write_checkpoint(folder / CHECKPOINT, header, groups)
    write_tables(training, folder)


def write_tables(training: Training, folder: Path) -> None:
    """The tables that follow from the state."""
    write_table(folder / "history.csv", training.state.history)
    write_table(folder / "timing.csv", training.state.timing)


def load_run(folder: str | Path) -> Training:
    """A training that goes on exactly where its last checkpoint stands.

    Raises FileNotFoundError without a checkpoint, InputError when it is damaged or holds a model
    alone.
    """
    header, groups = read_checkpoint(folder, GROUPS)
    saved = header.get("training")
    if saved is None:
        raise InputError(f"{folder} holds a model, but no run that could go on; train anew")
    model = build(header, groups["parameters"], folder)
    try:
        training = _begun(saved, model)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{folder} has a damaged header ({error}): its run can't go on; train anew"
        ) from error
    fill(training.model.parameters, groups["parameters"], folder)
    fill(training.optimiser.first_moment, groups["first_moment"], folder)
    fill(training.optimiser.second_moment, groups["second_moment"], folder)
    return training


def _begun(saved: dict, model: ViT) -> Training:
    """The training that a header tells of, still without its arrays."""
    config = TrainingConfig.from_dict(saved["recipe"], model.config)
    training = Training(config, run_data(saved["dataset"], config), model.dtype)
    training.optimiser.steps = int(saved["optimiser_steps"])
    training.bits = dict(saved["bits"])
    known = {entry.name for entry in fields(State)}
    training.state = State(**{k: v for k, v in saved["state"].items() if k in known})
    training.epoch()  # fails here, if at all, on a state that is none
    return training


def run_data(dataset: str, config: TrainingConfig) -> Dataset:
    """The data that a recipe trains on and measures on."""
    data = load_dataset(dataset)
    return hold_out(data, config.hold_out) if config.hold_out else data


def write_table(path: Path, rows: list[dict]) -> None:
    """Rows with equal keys as a CSV file; numbers are written so that they read back exactly."""
    if not rows:
        return
    with replacing(path) as partial, partial.open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0], lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
