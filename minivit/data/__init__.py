"""Data: embedded sets, pictures as inputs, augmentation."""

import difflib

from minivit.data.augment import random_shift
from minivit.data.dataset import Dataset, Split, checked, checked_split, ground, hold_out
from minivit.data.digits import load_digits
from minivit.errors import InputError

DATASETS = {"digits": load_digits}


def load_dataset(name: str) -> Dataset:
    """A data set by its name; InputError for an unknown one."""
    if name not in DATASETS:
        near = difflib.get_close_matches(str(name), DATASETS, n=1)
        nearest = f"; the nearest name is {near[0]!r}" if near else ""
        raise InputError(f"unknown dataset {name!r}{nearest}. There are {', '.join(DATASETS)}")
    return DATASETS[name]()


__all__ = [
    "DATASETS",
    "Dataset",
    "Split",
    "checked",
    "checked_split",
    "ground",
    "hold_out",
    "load_dataset",
    "random_shift",
]
