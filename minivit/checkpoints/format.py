"""The file format: named arrays in a safetensors file, and JSON in its header.

    metadata["minivit"] = {"format_version": 2, "architecture": "vit", "config": {...},
                           "preprocessing": {...}, "class_names": [...], "training": {...}}
    arrays: "parameters/NAME", and "buffers/NAME" of a model that has any; of a run also what its
            optimiser remembers of the parameters that learn ("first_moment/NAME",
            "second_moment/NAME", "velocity/NAME"), and "average/NAME"

This module knows files, arrays and plain dictionaries; model.py knows what they mean. A block's
LayerNorms had places of their own in version 1, norm1 and norm2: they get today's names.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors.numpy import save

from minivit.checkpoints.header import check_header, shortened
from minivit.checkpoints.tensors import LONGEST_HEADER, Damaged, Tensor, parse, read_tensors
from minivit.errors import InputError
from minivit.files import replacing

FORMAT_VERSION = 2
CHECKPOINT = "checkpoint.safetensors"  # the name of a checkpoint in a run folder


class Checkpoint(NamedTuple):
    """An open checkpoint: its header was read and checked, its arrays are still unread."""

    header: dict
    tensors: dict[str, Tensor]
    assumed: Mapping[str, str] = {}  # what somebody else's doesn't tell, and what is taken for it

    def group(self, group: str) -> dict[str, Tensor]:
        """The tensors of a group ("parameters", ...), under their names of today."""
        version = self.header["format_version"]
        return {
            today(key.removeprefix(f"{group}/"), version): tensor
            for key, tensor in self.tensors.items()
            if key.startswith(f"{group}/")
        }


def write_checkpoint(
    path: str | Path, header: dict, groups: Mapping[str, Mapping[str, np.ndarray]]
) -> None:
    """Write `header` and every array of every group ("parameters", ...) into one file.

    Raises OSError when it can't be written, and InputError when its header could not be read
    again; an older file at `path` is then still whole.
    """
    arrays = {
        f"{group}/{name}": array for group, named in groups.items() for name, array in named.items()
    }
    text = json.dumps({"format_version": FORMAT_VERSION, **header})
    try:
        check_header(parse(text))
    except ValueError as error:
        raise InputError(f"{path} could not be read again ({error}): nothing is written") from error
    # We write it ourselves: the package's own writer, when killed, would leave a file of its own.
    content = save(arrays, metadata={"minivit": text})
    if int.from_bytes(content[:8], "little") > LONGEST_HEADER:
        raise InputError(
            f"{path} would get a header of more than {LONGEST_HEADER:,} bytes, which is not read "
            "again: shorten the class names or the history of the run"
        )
    with replacing(path) as partial:
        partial.write_bytes(content)


@contextmanager
def open_checkpoint(path: str | Path) -> Iterator[Checkpoint]:
    """Open a checkpoint to read from; a run folder stands for its checkpoint.

    Raises FileNotFoundError when it isn't there, and InputError when it is not a checkpoint of
    ours, is truncated or is of a newer format.
    """
    path = checkpoint_path(path)
    with open(path, "rb") as file:
        tensors, texts = read_tensors(file, path)
        yield Checkpoint(header_in(texts.get("minivit"), path), tensors)


def read_header(path: str | Path) -> dict:
    """The header alone of a checkpoint; a run folder stands for its checkpoint."""
    with open_checkpoint(path) as checkpoint:
        return checkpoint.header


def read_checkpoint(
    path: str | Path, groups: tuple[str, ...] = ("parameters",)
) -> tuple[dict, dict[str, dict[str, np.ndarray]]]:
    """Header and the wanted groups of arrays, {group: {name: array}}.

    Raises as `open_checkpoint` does, and InputError when an array holds NaN or infinity or is
    stored in a way that we can't read.
    """
    with open_checkpoint(path) as checkpoint:
        return checkpoint.header, {
            group: {name: np.asarray(tensor) for name, tensor in checkpoint.group(group).items()}
            for group in groups
        }


def checkpoint_path(file_or_run: str | Path) -> Path:
    """The checkpoint that a file or a run folder stands for; FileNotFoundError without one."""
    if not str(file_or_run):  # as a path it would be the current folder
        raise InputError('"" is no name of a checkpoint: give a checkpoint file or a run folder')
    path = Path(file_or_run)
    if path.is_dir():
        path = path / CHECKPOINT
        if not path.exists():
            raise FileNotFoundError(
                f"{file_or_run} has no {CHECKPOINT}: it is not a run folder, or its run ended "
                "before anything was saved; train anew, into the same folder if you like"
            )
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist: give a checkpoint file or a run folder")
    if not path.is_file():
        raise InputError(f"{path} is no file: give a checkpoint file or a run folder")
    return path


def today(name: str, version: int) -> str:
    """The name that a parameter of an older version has today."""
    if version == 1:
        name = re.sub(r"^(blocks\.\d+)\.norm1\.", r"\1.attention.", name)
        name = re.sub(r"^(blocks\.\d+)\.norm2\.", r"\1.mlp.", name)
    return name


def header_in(text: str | None, path: Path) -> dict:
    """Our header in a file's metadata, checked; InputError when it is none of ours."""
    if text is None:
        raise InputError(
            f"{path} is a safetensors file, but not one of minivit's: its header has no entry "
            '"minivit"; choose a checkpoint that minivit wrote'
        )
    try:
        header = parse(text)
        version = header.get("format_version")
        if type(version) is not int or version < 1:
            raise Damaged(f"'format_version' is {shortened(version)}")
        if version <= FORMAT_VERSION:
            check_header(header)
    except ValueError as error:
        raise InputError(
            f"{path} has a damaged header ({error}); choose another checkpoint"
        ) from error
    if version > FORMAT_VERSION:
        raise InputError(
            f"{path} has format version {version}, and this minivit reads up to "
            f"{FORMAT_VERSION}; install a newer minivit"
        )
    return header
