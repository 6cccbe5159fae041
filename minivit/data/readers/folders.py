"""A folder per class: its pictures are the images, its name is the name of the class.

    pets/cat/1.jpg  pets/cat/2.jpg  pets/dog/1.jpg         or, with images to test on,
    pets/train/cat/1.jpg  pets/train/dog/1.jpg  pets/test/cat/2.jpg

The classes are in the order of their names. Files and folders whose names begin with a dot are left
out.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from minivit.data.dataset import Split
from minivit.data.picture_files import picture_files
from minivit.data.picture_source import PictureSource
from minivit.data.readers.found import Found
from minivit.errors import InputError

TRAIN, TEST = ("train", "training"), ("test", "testing", "val", "valid", "validation")
LOOKED_AT = 200  # pictures, evenly spread, that decide size and channels where nobody does
LARGEST = 64  # pixels along a side: pictures that are larger, or of several sizes, become so large
GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "F")


def is_folder_of_classes(folder: Path) -> bool:
    """Whether a folder has folders in it."""
    return bool(folders_in(folder))


def read_folders(folder: Path) -> Found:
    """The pictures of a folder's folders, none of them decoded yet.

    Raises InputError for a folder with fewer than two classes, or with a class without pictures.
    """
    train, test, remarks = parts(folder)
    names = [entry.name for entry in folders_in(train)]
    if len(names) < 2:
        raise InputError(
            f"{train} has {len(names)} folder{'s' * (len(names) != 1)} with pictures "
            f"({', '.join(names) or 'none'}): expected a folder for each of two or more classes"
        )
    files, labels = listed(train, names)
    image, channels, seen = common_form(files)
    splits = [split(folder, files, labels, image, channels, seen)]
    if test is not None:
        unknown = [entry.name for entry in folders_in(test) if entry.name not in names]
        if unknown:
            raise InputError(
                f"{test} has a class {unknown[0]!r}, which {train} has not: expected the same "
                "folders in both"
            )
        files, labels = listed(test, [n for n in names if (test / n).is_dir()], names)
        splits.append(split(folder, files, labels, image, channels, seen))
    return Found(*splits, class_names=names, remarks=remarks)


def split(folder: Path, files, labels, image, channels: int, seen: str) -> Split:
    source = PictureSource.of(folder, files, image=image, channels=channels, seen=seen)
    return Split(source, labels)


def parts(folder: Path) -> tuple[Path, Path | None, tuple[str, ...]]:
    """The folders to train on and to test on, and what is left out."""
    inside = {entry.name.lower(): entry for entry in folders_in(folder)}
    train = next((inside[name] for name in TRAIN if name in inside), None)
    if train is None or not folders_in(train):
        return folder, None, ()
    tests = [inside[name] for name in TEST if name in inside]
    rest = [entry.name for entry in inside.values() if entry not in (train, *tests[:1])]
    remarks = (f"not used: {', '.join(rest)}",) if rest else ()
    return train, tests[0] if tests else None, remarks


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, by name, without hidden ones."""
    inside = (entry for entry in folder.iterdir() if not entry.name.startswith("."))
    return sorted(entry for entry in inside if entry.is_dir())


def listed(
    folder: Path, names: list[str], classes: list[str] | None = None
) -> tuple[list[Path], np.ndarray]:
    """All pictures of these classes, class by class, and their labels (numbers in `classes`)."""
    files, labels, classes = [], [], classes or names
    for name in names:
        try:
            found = picture_files(folder / name)
        except InputError as error:
            raise InputError(
                f"the class {name!r} is empty: {folder / name} holds no pictures; put some there, "
                "or remove the folder"
            ) from error
        for file in found:
            if isinstance(file, OSError):
                raise file
        files += found
        labels += [classes.index(name)] * len(found)
    if not files:
        raise InputError(f"{folder} holds no pictures: give a folder for each class")
    return files, np.array(labels, np.int64)


def common_form(files: list[Path]) -> tuple[tuple[int, int], int, str]:
    """The sides and channels that pictures become where nobody says it, and the sides they have.

    Small pictures of one size stay as they are. Only headers are read, of a part of the pictures; a
    file that can't be opened is named when its turn comes.
    """
    looked_at = [files[i] for i in sorted({n * len(files) // LOOKED_AT for n in range(LOOKED_AT)})]
    sizes, grey = set(), True
    for file in looked_at:
        try:
            with Image.open(file) as picture:
                sizes.add((picture.height, picture.width))
                grey &= picture.mode in GREY
        except Exception:
            continue
    sizes = sizes or {(LARGEST, LARGEST)}
    least, most = min(sizes), max(sizes)
    seen = " to ".join(f"{width}x{height}" for height, width in sorted({least, most}))
    alike = len(sizes) == 1 and max(most) <= LARGEST
    return most if alike else (LARGEST, LARGEST), 1 if grey else 3, seen
