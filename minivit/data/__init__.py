"""Data: embedded sets, pictures as inputs, augmentation."""

from minivit.data.dataset import (
    Dataset,
    Split,
    black_and_white,
    checked,
    checked_split,
    ground,
    hold_out,
)
from minivit.data.digits import load_digits
from minivit.data.sources import ImageSource, Levels, fingerprint
from minivit.errors import InputError
from minivit.nearest import nearest

DATASETS = {"digits": load_digits}


def load_dataset(name: str) -> Dataset:
    """A data set by its name; InputError for an unknown one."""
    if name not in DATASETS:
        raise InputError(
            f"unknown dataset {name!r}{nearest(name, DATASETS)}. There are {', '.join(DATASETS)}"
        )
    return DATASETS[name]()


__all__ = [
    "DATASETS",
    "Dataset",
    "ImageSource",
    "Levels",
    "Split",
    "black_and_white",
    "checked",
    "checked_split",
    "fingerprint",
    "ground",
    "hold_out",
    "load_dataset",
]
