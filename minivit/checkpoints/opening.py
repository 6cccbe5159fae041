"""Any checkpoint, a file or a folder: ours, or in a layout of somebody else's.

Both look the same from here on: a header as in our files, and arrays under our names, unread.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
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
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")  # and how files with pickles are called
SHARD = re.compile(r"-\d+-of-\d+\.(safetensors|bin)$|\.(safetensors|bin)\.index\.json$")
# What to do about a number that is none, where it isn't one's own training that made it.
ANOTHER = "get the file again, or choose another checkpoint"
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
            theirs = {name: replace(t, advice=ANOTHER) for name, t in tensors.items()}
            yield foreign(theirs, path, asked)


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
    names = sorted(file.name for file in folder.iterdir() if file.is_file())
    files = [name for name in names if name.endswith(ENDINGS)]
    shards = [name for name in names if SHARD.search(name)]
    if shards:
        raise InputError(
            f"{folder} holds a checkpoint in several files ({shards[0]}, ...), which minivit does "
            f"not read: load it with its library, and save it in one file, {WEIGHTS}"
        )
    if len(files) > 1:
        raise InputError(f"{folder} holds several checkpoints ({', '.join(files[:5])}): name one")
    if not files:
        raise FileNotFoundError(without_weights(folder, names))
    return folder / files[0]


def without_weights(folder: Path, names: list[str]) -> str:
    """What to do with a folder in which no weights are."""
    pickles = [name for name in names if name.endswith(PICKLED)]
    if pickles:
        return (
            f"{folder} has its weights in {pickles[0]}, a pickle, which could run a program when "
            f"it is read: minivit reads {WEIGHTS}; transformers writes it with "
            "save_pretrained(..., safe_serialization=True), and safetensors.torch.save_file does"
        )
    folders = sorted(inner.name for inner in folder.iterdir() if inner.is_dir())
    advice = (
        f"it holds folders ({', '.join(folders[:3])}): give one of them"
        if folders
        else "it is not a run folder, or its run ended before anything was saved; train anew, into "
        "the same folder if you like"
    )
    looked_for = f"and no {WEIGHTS} or other {' or '.join(ENDINGS)} file"
    return f"{folder} has no {CHECKPOINT}, {looked_for}: {advice}"


def check_nothing_asked(asked: Asked, path: Path) -> None:
    """InputError when something is said of a file that tells all itself."""
    if asked != NOTHING:
        given = next(name for name, value in asked._asdict().items() if value is not None)
        raise InputError(f"{path} is minivit's own and tells {given} itself: leave {given} out")
