"""Data: embedded and made sets, files of all usual forms, pictures as inputs, augmentation."""

from minivit.data.catalogue import (
    DATASETS,
    LARGEST_SIDE,
    RESIZED_FROM,
    checked_sides,
    data_of,
    in_size,
    is_own,
    load_dataset,
    seen_by,
)
from minivit.data.dataset import (
    Dataset,
    Split,
    black_and_white,
    checked,
    checked_split,
    ground,
    hold_out,
    telling_range,
)
from minivit.data.sources import ImageSource, Levels, fingerprint

__all__ = [
    "DATASETS",
    "LARGEST_SIDE",
    "RESIZED_FROM",
    "Dataset",
    "ImageSource",
    "Levels",
    "Split",
    "black_and_white",
    "checked",
    "checked_sides",
    "checked_split",
    "data_of",
    "fingerprint",
    "ground",
    "hold_out",
    "in_size",
    "is_own",
    "load_dataset",
    "seen_by",
    "telling_range",
]
