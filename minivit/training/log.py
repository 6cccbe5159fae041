"""The log of a run, read from its checkpoint: what it wrote down of itself, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minivit.checkpoints import CHECKPOINT, checkpoint_path, load_config, read_checkpoint
from minivit.errors import InputError
from minivit.fields import described_fields, in_words
from minivit.models import layout_of
from minivit.training.places import checked_rows
from minivit.training.recipe import TrainingConfig
from minivit.training.run import PLACES, today


@dataclass(frozen=True)
class RunLog:
    """How a run went; columns that its version did not write down are missing."""

    path: Path  # the run's folder, or a checkpoint that lies elsewhere
    dataset: str
    config: TrainingConfig
    history: list[dict]  # a row for every finished epoch, as in history.csv
    places: dict[str, np.ndarray]  # of each place (epochs, 4), as in places.csv; {} where unknown
    steps: int  # in an epoch

    @property
    def measured_on(self) -> str:
        """The beginning of the columns of the images that it was measured on."""
        return self.config.measured_on.replace("-", "_")


def read_log(run: str | Path) -> RunLog:
    """The log of a run folder. Nothing of its model is read.

    Raises FileNotFoundError without a checkpoint, InputError when it is damaged, when it holds a
    model alone, and when no epoch is finished yet.
    """
    header, groups = read_checkpoint(run, (PLACES,))
    saved = header.get("training")
    if saved is None:
        raise InputError(f"{run} holds a model, but no run: nothing is known of how it learnt")
    path, model = checkpoint_path(run), load_config(run)
    try:
        config = TrainingConfig.from_dict(saved.get("recipe", {}), model)
    except (TypeError, InputError) as error:
        raise InputError(
            f"{run} has a damaged header, or is of a newer minivit: {error}"
        ) from error
    state = saved.get("state", {})
    history = state.get("history", [])
    if not history:
        raise InputError(f"{run} has no finished epoch yet: train on, then draw")
    return RunLog(
        path=path.parent if path.name == CHECKPOINT else path,
        dataset=saved.get("dataset", "?"),
        config=config,
        history=[today(row) for row in history] if config.hold_out else history,
        places={
            place: checked_rows(groups[PLACES][place], place, run)
            for place in layout_of(model).places  # the file has them in another order
            if place in groups[PLACES]
        },
        steps=(saved.get("optimiser_steps", 0) - state.get("step", 0)) // len(history),
    )


def told_apart(logs: Sequence[RunLog]) -> list[str]:
    """A line for each run: its folder's name, and in what its recipe differs from the others'."""
    names = shortest_names([log.path.resolve() for log in logs])
    settings = [settings_of(log) for log in logs]
    differing = [name for name in settings[0] if len({repr(one[name]) for one in settings}) > 1]
    lines = []
    for name, one in zip(names, settings, strict=True):
        words = ", ".join(f"{key.replace('_', ' ')} {in_words(one[key])}" for key in differing)
        lines.append(f"{name}: {words}" if words else name)
    return lines


def settings_of(log: RunLog) -> dict[str, object]:
    """All that a run was told of how to learn, by name; no two configurations share a name."""
    found: dict[str, object] = {"data": log.dataset}
    for config in (log.config, log.config.model):
        names = [field.name for field in described_fields(config) if field.help]
        found |= {name: getattr(config, name) for name in names if name != "snapshots"}
    return found


def shortest_names(paths: Sequence[Path]) -> list[str]:
    """The ends of the paths, as long as need be to tell different ones apart."""
    for parts in range(1, max(len(path.parts) for path in paths) + 1):
        names = ["/".join(path.parts[-parts:]) for path in paths]
        if len(set(names)) == len(set(paths)):
            break
    return names
