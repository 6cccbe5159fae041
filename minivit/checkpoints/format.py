"""The file format: named arrays in a safetensors file, and JSON in its header.

    metadata["minivit"] = {"format_version": 2, "architecture": "vit", "config": {...},
                           "preprocessing": {...}, "class_names": [...], "training": {...}}
    arrays: "parameters/NAME"; of a run also "first_moment/NAME" and "second_moment/NAME"

This module knows files, arrays and plain dictionaries; what they mean, model.py knows. In version 1
the LayerNorms of a block had places of their own, norm1 and norm2: names are read as today's.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from minivit.errors import InputError
from minivit.files import replacing

FORMAT_VERSION = 2
CHECKPOINT = "checkpoint.safetensors"  # its name in a run folder


def write_checkpoint(
    path: str | Path, header: dict, groups: Mapping[str, Mapping[str, np.ndarray]]
) -> None:
    """Write `header` and every array of every group ("parameters", ...) into one file.

    Raises OSError when it can't be written; an older file at `path` is then still whole.
    """
    arrays = {
        f"{group}/{name}": array for group, named in groups.items() for name, array in named.items()
    }
    text = json.dumps({"format_version": FORMAT_VERSION, **header})
    # Written by ourselves: the package's own writer would leave a file of its own when killed.
    with replacing(path) as partial:
        partial.write_bytes(save(arrays, metadata={"minivit": text}))


def read_header(path: str | Path) -> dict:
    """Only the header of a checkpoint; a run folder stands for its checkpoint."""
    return _read(path, None)[0]


def read_checkpoint(
    path: str | Path, groups: tuple[str, ...] = ("parameters",)
) -> tuple[dict, dict[str, dict[str, np.ndarray]]]:
    """Header and the wanted groups of arrays, {group: {name: array}}.

    `path` is a file or a run folder. Raises FileNotFoundError when it isn't there, and InputError
    when it is not a checkpoint of ours, is truncated, is of a newer format, or holds NaN or
    infinity.
    """
    return _read(path, groups)


def checkpoint_path(file_or_run: str | Path) -> Path:
    """The checkpoint that a file or a run folder stands for; FileNotFoundError without one."""
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


def _read(path, groups):
    path = checkpoint_path(path)
    try:
        with safe_open(path, framework="numpy") as file:
            header = _parse((file.metadata() or {}).get("minivit"), path)
            found = {group: {} for group in groups or ()}
            for key in file.keys():  # noqa: SIM118  (safe_open is no mapping)
                group, _, name = key.partition("/")
                if group in found:
                    name = today(name, header["format_version"])
                    found[group][name] = _finite(file.get_tensor(key), key, path)
    except SafetensorError as error:
        raise InputError(
            f"{path} is truncated or not a safetensors file ({error}); choose another checkpoint"
        ) from error
    return header, found


def today(name: str, version: int) -> str:
    """The name that a parameter of an older version has today."""
    if version == 1:
        name = re.sub(r"^(blocks\.\d+)\.norm1\.", r"\1.attention.", name)
        name = re.sub(r"^(blocks\.\d+)\.norm2\.", r"\1.mlp.", name)
    return name


def _parse(text: str | None, path: Path) -> dict:
    if text is None:
        raise InputError(
            f"{path} is a safetensors file, but not one of minivit's: its header has no entry "
            '"minivit"; choose a checkpoint that minivit wrote'
        )
    try:
        header = json.loads(text)
        version = header["format_version"]
        newer = version > FORMAT_VERSION
        check_header(header)
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path} has a damaged header ({error})") from error
    if newer:
        raise InputError(
            f"{path} has format version {version}, and this minivit reads up to "
            f"{FORMAT_VERSION}; install a newer minivit"
        )
    return header


def check_header(header: dict) -> None:
    """TypeError unless every entry that is there has the type that its readers rely on."""
    expected = {"config": dict, "preprocessing": dict, "class_names": list, "training": dict}
    for name, kind in expected.items():
        if not isinstance(header.get(name, kind()), kind):
            raise TypeError(f"{name!r} is {header[name]!r}")
    dataset = header.get("preprocessing", {}).get("dataset", "")
    if not isinstance(dataset, str):
        raise TypeError(f"the dataset is {dataset!r}")


def _finite(array: np.ndarray, key: str, path: Path) -> np.ndarray:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(
            f"{path} holds NaN or infinity in {key!r}; choose an earlier checkpoint or train anew"
        )
    return array
