"""What is finished is kept in files: a stop loses at most what was in work.

    models/KEY.safetensors   the model that a cell has learnt
    models/KEY/snapshots/    the same at moments of its training, where its recipe has snapshots
    models/KEY.json          what the cell was told, and how it went; written last: the cell is done
    points/KEY.json          the rows of a point of an experiment

KEY stands for all that the training was told, so one pool of models serves several experiments, and
what is told otherwise never takes the place of something kept.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from minivit import __version__
from minivit.checkpoints import load, save
from minivit.data import Dataset
from minivit.errors import InputError
from minivit.experiments.cell import Cell, loaded
from minivit.files import replacing, typed
from minivit.machine import line, machine
from minivit.models import Model
from minivit.threads import thread_count
from minivit.training import snapshots

FORM = 1  # of the .json files
MADE = {"form", "minivit", "machine"}  # stand in each
MODELS, POINTS = "models", "points"


class Learnt(NamedTuple):
    """A cell that is done."""

    cell: Cell
    model: Model
    history: list[dict]  # a row for each epoch, as in history.csv
    along: Path  # the folder of its snapshots; there is none if its recipe has none

    @property
    def moments(self) -> list[tuple[int, Model]]:
        """The model along the way: (steps done, model); InputError for a recipe without any."""
        return list(snapshots(self.along))

    @property
    def data(self) -> Dataset:
        """What it was trained and tested on."""
        return loaded(self.cell.images)

    @property
    def accuracy(self) -> float:
        """On the test images, after the last epoch, in %."""
        return 100 * self.history[-1]["test_accuracy"]


def is_done(folder: Path, cell: Cell) -> bool:
    """Whether a cell's training is finished and kept."""
    return record(folder, cell).exists()


def keep_cell(folder: Path, cell: Cell, model: Model, history: list[dict]) -> None:
    """Keep the model, then the record that says that it is whole."""
    save(model, record(folder, cell).with_suffix(".safetensors"))
    write(record(folder, cell), {"told": cell.told, "history": history})


def learnt(folder: Path, cell: Cell) -> Learnt:
    """A cell that is done, from its files; InputError when they are damaged."""
    path = record(folder, cell)
    model, history = load(path.with_suffix(".safetensors")), read(path, "history")["history"]
    return Learnt(cell, model, history, along(folder, cell))


def record(folder: Path, cell: Cell) -> Path:
    return folder / MODELS / f"{cell.key}.json"


def along(folder: Path, cell: Cell) -> Path:
    """The folder in which a training keeps its snapshots."""
    return record(folder, cell).with_suffix("")


def point_record(folder: Path, key: str) -> Path:
    return folder / POINTS / f"{key}.json"


def write(path: Path, values: dict) -> None:
    """Plain values, and by which version on which machine they were made; replaced whole."""
    made = {"form": FORM, "minivit": __version__, "machine": here()}
    with replacing(path) as partial, partial.open("w", encoding="utf-8") as file:
        json.dump({**made, **values}, file, default=list)


@lru_cache
def here() -> str:
    """The machine line of this process."""
    return line(machine(thread_count()))


def read(path: Path, needed: str) -> dict:
    """What `write` wrote; InputError for another form, and for what is none."""
    try:
        values = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        values = None
    form = values.get("form") if isinstance(values, dict) else None
    if form not in (None, FORM):
        raise InputError(
            f"{path} was written by minivit {values.get('minivit', 'of an unknown version')!s:.40} "
            "in another form than this one reads; choose another --out"
        )
    if form is None or not set(values) >= MADE or not isinstance(values.get(needed), list):
        raise InputError(
            f"{path} is no result of an experiment: it is damaged, or not ours; remove "
            f"{typed(path)} to have it made anew, or choose another --out"
        )
    return values
