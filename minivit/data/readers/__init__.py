"""Reading data sets: what lies in a file or a folder decides how it is read."""

from pathlib import Path

from minivit.data.dataset import Dataset
from minivit.data.known import KNOWN
from minivit.data.readers.arrays import read_arrays
from minivit.data.readers.cifar import form_of, read_cifar
from minivit.data.readers.folders import is_folder_of_classes, read_folders
from minivit.data.readers.found import Found, dataset_of
from minivit.data.readers.idx import is_idx, is_meant_as_idx, read_idx_files
from minivit.data.readers.opening import ZIP, start_of, what_begins
from minivit.errors import InputError

MOST_LOOKED_AT = 64  # files of a folder, whose first bytes are read
KINDS = (
    "a folder per class with pictures, IDX files as those of MNIST, CIFAR's batches, or an .npz "
    "file with images and labels"
)


def read(place: str | Path, known: str | None = None) -> Dataset:
    """The data set in a file or a folder; `known` is its name if it was looked for by that.

    Raises InputError for what is none, or not a whole one; FileNotFoundError if nothing is there.
    """
    place = Path(place)
    if not place.exists():
        raise FileNotFoundError(f"{place} does not exist: give a file or folder with images")
    found = read_folder(place) if place.is_dir() else read_file(place)
    return dataset_of(found, place, known)


def read_file(path: Path) -> Found:
    """A single file: an .npz."""
    start = start_of(path)
    if start.startswith(ZIP):
        return read_arrays(path)
    if is_idx(start):
        raise InputError(
            f"{path} is one of several IDX files: give the folder with images and labels, "
            f"{path.parent}"
        )
    if start[257:262] == b"ustar":
        raise InputError(f"{path} is an archive: unpack it with tar -xf, and give the folder")
    raise InputError(f"{path} {what_begins(start)}; expected {KINDS}")


def read_folder(folder: Path) -> Found:
    """A folder, by what lies in it."""
    if form := form_of(folder):
        return read_cifar(folder, form)
    files = visible_files(folder)
    meant = [path for path in files if is_meant_as_idx(path, start_of(path))]
    if meant:
        return read_idx_files(meant)
    archives = [path for path in files if path.suffix == ".npz"]
    inside = sets_inside(folder)
    if len(archives) == 1 and not inside:
        return read_arrays(archives[0])
    if inside or archives:
        places = ", ".join(str(place) for place in [*inside, *archives])
        raise InputError(f"{folder} holds several data sets or parts of one: give one of {places}")
    if is_folder_of_classes(folder):
        return read_folders(folder)
    raise InputError(f"{folder} holds no data set: expected {KINDS}")


def visible_files(folder: Path) -> list[Path]:
    """The first files of a folder by name, without hidden ones and parts of downloads."""
    names = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    files = (path for path in names if path.suffix != ".part" and path.is_file())
    return [path for path, _ in zip(files, range(MOST_LOOKED_AT), strict=False)]


def sets_inside(folder: Path) -> list[Path]:
    """Well-known sets that lie below a folder, in places where others put them."""
    places = (folder / place for known in KNOWN.values() for place in known.places)
    return [place for place in places if place.is_dir() and holds_one(place)]


def holds_one(folder: Path) -> bool:
    """Whether IDX files or CIFAR's lie in a folder."""
    files = visible_files(folder)
    return form_of(folder) is not None or any(is_idx(start_of(path)) for path in files)
