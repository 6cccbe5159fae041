"""Any checkpoint, a file or a folder: ours, or in a layout of somebody else's.

Both look the same from here on: a header as in our files, and arrays under our names, unread.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minivit.checkpoints.foreign.arrays import Arrays, npz_arrays
from minivit.checkpoints.foreign.beside import WEIGHTS, beside
from minivit.checkpoints.foreign.family import Asked
from minivit.checkpoints.foreign.reading import read
from minivit.checkpoints.format import CHECKPOINT, Checkpoint, checkpoint_path, header_in
from minivit.checkpoints.tensors import read_tensors
from minivit.errors import InputError

ZIP = b"PK\x03\x04"  # how such a file begins
PICKLES = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))  # and a pickle
ENDINGS = (".safetensors", ".npz")
NOTHING = Asked()


@contextmanager
def open_any(path: str | Path, asked: Asked = NOTHING) -> Iterator[Checkpoint]:
    """Open a checkpoint of any layout to read from; a folder stands for the one in it.

    `asked` says what a foreign file doesn't tell.

    Raises FileNotFoundError when it isn't there, and InputError when it is no checkpoint, when its
    layout is unknown, and when its names and shapes are not those of a plain ViT.
    """
    path = file_of(path)
    with open(path, "rb") as file:
        start = file.read(9)
        file.seek(0)
        if start.startswith(ZIP):
            with npz_arrays(path) as arrays:
                yield foreign(arrays, path, asked)
            return
        if is_pickle(start):
            raise InputError(f"{path} is a pickle, which could run a program when it is read: "
                             "convert it to safetensors")  # fmt: skip
        tensors, texts = read_tensors(file, path)
        if "minivit" in texts:
            check_nothing_asked(asked, path)
            yield Checkpoint(header_in(texts["minivit"], path), tensors)
        else:
            yield foreign(tensors, path, asked)


def is_pickle(start: bytes) -> bool:
    """Whether a file that begins with these nine bytes is a pickle.

    The length of a safetensors header may have the same two bytes: behind it, the header begins.
    """
    return start.startswith(PICKLES) and start[8:] != b"{"


def foreign(arrays: Arrays, path: Path, asked: Asked) -> Checkpoint:
    """A file in somebody else's layout, as if it were ours."""
    try:
        found = read(arrays, beside(path), asked)
    except InputError as error:
        raise InputError(
            f"{path} is not one of minivit's, and is not read as another: {error}"
        ) from error
    tensors = {f"parameters/{name}": array for name, array in found.arrays.items()}
    return Checkpoint(found.header, tensors, found.assumed)


def file_of(path: str | Path) -> Path:
    """The checkpoint that a file or a folder stands for."""
    folder = Path(path)
    if not str(path) or not folder.is_dir() or (folder / CHECKPOINT).exists():
        return checkpoint_path(path)
    if (folder / WEIGHTS).is_file():
        return folder / WEIGHTS
    files = sorted(file for file in folder.iterdir() if file.suffix in ENDINGS and file.is_file())
    if len(files) > 1:
        raise InputError(
            f"{folder} holds several checkpoints ({', '.join(f.name for f in files[:5])}): name one"
        )
    return files[0] if files else checkpoint_path(path)


def check_nothing_asked(asked: Asked, path: Path) -> None:
    """InputError when something is said of a file that tells all itself."""
    if asked != NOTHING:
        given = next(name for name, value in asked._asdict().items() if value is not None)
        raise InputError(f"{path} is minivit's own and tells {given} itself: leave {given} out")
