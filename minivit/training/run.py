"""What a run keeps in its folder: its checkpoint and its tables.

    checkpoint.safetensors   the model with its buffers, the state of the run, what the optimiser
                             remembers, the average of the weights if there is one, and the rows of
                             places.csv; replaced whole
    history.csv              of each epoch: losses, accuracies, the learning rate of the last step,
                             the mean norm of the gradient before clipping
    places.csv               of each epoch and place: how large weights, gradients and updates are
    timing.csv               of each epoch: seconds, images per second, and the share of the seconds
                             that steps waited for their images to be read and augmented
    recipe.toml              the whole recipe, for people, and to begin the same anew

The checkpoint alone decides where a run stands: the rest is written anew from it.
"""

import csv
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np

from minivit.checkpoints import (
    CHECKPOINT,
    arrays_of,
    build,
    fill,
    header_of,
    open_checkpoint,
    write_checkpoint,
)
from minivit.data import (
    DATASETS,
    RESIZED_FROM,
    Dataset,
    data_of,
    hold_out,
    is_own,
    load_dataset,
)
from minivit.errors import InputError
from minivit.files import replacing
from minivit.models import Model
from minivit.training.divergence import diverged_on
from minivit.training.ranks import ALONE, Ranks
from minivit.training.recipe import TrainingConfig
from minivit.training.recipe_writing import write_recipe
from minivit.training.state import State
from minivit.training.training import Training

PLACES = "places"


def save_run(training: Training, folder: Path) -> None:
    """Replace the checkpoint, then the tables and the recipe that follow from it.

    Raises Diverged, and keeps the old checkpoint, when the model holds NaN or infinity; OSError
    when the disk is full.
    """
    check_finite(training)
    header = header_of(training.model)
    header["training"] = {
        "dataset": training.data.name,
        "data_fingerprint": training.fingerprint,
        "recipe": training.config.to_dict(),
        "state": asdict(training.state),
        "optimiser_steps": training.optimiser.steps,
        "bits": training.bits,
    }
    groups = arrays_of(training.model) | training.kept
    groups[PLACES] = training.places.arrays()
    write_checkpoint(folder / CHECKPOINT, header, groups)
    write_tables(training, folder)


def check_finite(training: Training) -> None:
    """Diverged when a parameter or a buffer is NaN or infinity."""
    if not all(np.isfinite(a.flat).all() for a in arrays_of(training.model).values()):
        raise diverged_on(training, training.data.test.images[:1])


def write_tables(training: Training, folder: Path) -> None:
    """What follows from the checkpoint: the tables, and the recipe."""
    write_table(folder / "history.csv", training.state.history)
    write_table(folder / "places.csv", training.places.table(training.state.epoch))
    write_table(folder / "timing.csv", training.state.timing)
    write_recipe(training.config, training.data, folder)


def load_run(
    folder: str | Path, data: Dataset | str | Path | None = None, *, ranks: Ranks = ALONE
) -> Training:
    """A training that goes on exactly where its last checkpoint stands.

    A run on data of your own needs the same data again, as `data`; one on files that have moved,
    the place where they lie now. Of several `ranks` each reads the checkpoint, and the data.

    Raises FileNotFoundError without a checkpoint, InputError when it is damaged or holds a model
    alone, and when the data are missing or are other ones.
    """
    with open_checkpoint(folder) as checkpoint:
        saved = checkpoint.header.get("training")
        if saved is None:
            raise InputError(f"{folder} holds a model, but no run that could go on; train anew")
        model = build(
            checkpoint.header, checkpoint.group("parameters"), checkpoint.group("buffers"), folder
        )
        try:
            training = _begun(saved, model, folder, data, ranks)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"{folder} has a damaged header ({error}): its run can't go on; train anew"
            ) from error
        training.model.parameters.become(model.parameters)
        for group, arrays in training.kept.items():
            fill(arrays, checkpoint.group(group), folder)
        places = {name: np.asarray(rows) for name, rows in checkpoint.group(PLACES).items()}
        training.places.fill(places, folder)
    return training


def _begun(
    saved: dict, model: Model, folder: str | Path, data: Dataset | str | Path | None, ranks: Ranks
) -> Training:
    """The training that a header tells of, still without its arrays."""
    config, name = TrainingConfig.from_dict(saved["recipe"], model.config), saved["dataset"]
    call = f"minivit.training.load_run({str(folder)!r}, data)"
    if not isinstance(data, Dataset):
        data = data_again(name, model.preprocessing, data, config, call)
    training = Training(config, data, model.dtype, ranks=ranks)
    if saved.get("data_fingerprint", training.fingerprint) != training.fingerprint:
        raise InputError(
            f"{folder} was trained on other images or labels, or in another order, than those of "
            f"{training.data.name!r} now; give what it began with: --data PATH, or, in Python, "
            f"{call}"
        )
    if saved["state"].get("random_state") is not None:
        raise InputError(
            f"{folder} was saved within an epoch by an earlier minivit, which drew its shifts in "
            "another way, so it can't go on to the same bits; train anew"
        )
    training.optimiser.steps = int(saved["optimiser_steps"])
    older = {"precision": "float32", "processes": 1, "ordered": False}  # older runs know no other
    training.bits = older | saved["bits"]
    known = {entry.name for entry in fields(State)}
    training.state = State(**{k: v for k, v in saved["state"].items() if k in known})
    if config.hold_out:
        training.state.history = [today(row) for row in training.state.history]
    training.epoch()  # a damaged state fails here, if at all
    return training


def data_again(
    name: str, preprocessing: dict, given: str | Path | None, config: TrainingConfig, call: str
) -> Dataset:
    """What a run began with, from where it lies or from the given place."""
    preprocessing = preprocessing | {"dataset": name}
    in_files = preprocessing.get("place") is not None
    if given is not None or in_files or (RESIZED_FROM in preprocessing and name in DATASETS):
        data, c = data_of(preprocessing, config.model, given), config.model
        now, then = (*data.train.images.shape[1:], len(data.class_names)), (*c.image, c.channels)
        if now != (*then, c.classes):
            raise InputError(
                f"the run was trained on images of {'x'.join(map(str, then))} in {c.classes} "
                f"classes, and {data.name} has {'x'.join(map(str, now[:-1]))} in {now[-1]}: give "
                "what it began with; `minivit finetune` goes on with others"
            )
        return run_data(data, config)
    if is_own(preprocessing):
        raise InputError(
            f"the run was trained on data of your own, {name!r}: hand them in, in Python, with "
            f"{call}"
        )
    return run_data(name, config)


def today(row: dict) -> dict:
    """A history's row with today's keys: held-out images were once called test images."""
    return {name.replace("test_", "held_out_"): value for name, value in row.items()}


def run_data(data: Dataset | str, config: TrainingConfig) -> Dataset:
    """The data (or those of this name) that a recipe trains on and measures on."""
    data = load_dataset(data) if isinstance(data, str) else data
    return hold_out(data, config.hold_out) if config.hold_out else data


def write_table(path: Path, rows: list[dict]) -> None:
    """Rows as a CSV file; numbers are written so that they read back exactly.

    A row that lacks a column of another has an empty cell there: an epoch of an earlier version.
    Without rows there is no file: that of an earlier run is removed.
    """
    if not rows:
        path.unlink(missing_ok=True)
        return
    with replacing(path) as partial, partial.open("w", newline="") as file:
        columns = {name: None for row in rows for name in row}
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
