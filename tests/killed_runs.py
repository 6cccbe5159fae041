"""What a killed run has left, and whether that is all it had: for kills.py."""

from pathlib import Path
from typing import NamedTuple

GROUPS = ("parameters", "first_moment", "second_moment")


def partial_files(folder: Path) -> set[Path]:
    return set(folder.glob(".*.partial"))


class Saved(NamedTuple):
    """What a checkpoint holds."""

    seed: int  # of the run; the one that overwrites has the larger
    epoch: int
    step: int


def saved(folder: Path) -> Saved | None:
    """What the checkpoint holds, which is read whole (InputError if it isn't); None without one."""
    from minivit.checkpoints import CHECKPOINT, read_checkpoint

    if not (folder / CHECKPOINT).exists():
        return None
    training = read_checkpoint(folder, GROUPS)[0]["training"]
    return Saved(training["recipe"]["seed"], training["state"]["epoch"], training["state"]["step"])


def lost(before: Saved | None, now: Saved | None) -> bool:
    """Whether a kill took something; a run that overwrites another has the larger seed."""
    return before is not None and (now is None or now < before)


def compare(folder: Path, whole: Path, check) -> None:
    """All but the seconds must be equal: arrays, header, table, names of files."""
    from minivit.checkpoints import read_checkpoint

    names = [sorted(entry.name for entry in one.iterdir()) for one in (folder, whole)]
    check(names[0] == names[1], f"{names[0]} are left instead of {names[1]}")
    (header, groups), (right_header, right) = (read_checkpoint(f, GROUPS) for f in (folder, whole))
    for one in (header, right_header):
        del one["training"]["state"]["timing"]
    check(header == right_header, f"another header: {header}")
    for group in GROUPS:
        for name, array in right[group].items():
            check(groups[group][name].tobytes() == array.tobytes(), f"other bits in {group} {name}")
    for name in ("history.csv", "places.csv"):
        tables = [(one / name).read_bytes() for one in (folder, whole)]
        check(tables[0] == tables[1], f"another {name}")
