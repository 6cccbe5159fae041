"""A model into its file, and back: `save` and `load` are a pair."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from minivit.checkpoints.format import read_checkpoint, read_header, write_checkpoint
from minivit.errors import InputError
from minivit.models import ViT, ViTConfig
from minivit.params import NamedArrays


def save(model: ViT, path: str | Path) -> None:
    """Write a model into one file, replaced whole; `load` reads it.

    Raises OSError when it can't be written; an older file at `path` is then still whole.
    """
    write_checkpoint(path, header_of(model), {"parameters": model.parameters})


def load(file_or_run: str | Path) -> ViT:
    """The model that `save` or a training run wrote, in the dtype it was written in.

    Raises FileNotFoundError, or InputError when the file is not a whole checkpoint of a ViT.
    """
    header, groups = read_checkpoint(file_or_run)
    return build(header, groups["parameters"], file_or_run)


def header_of(model: ViT) -> dict:
    """What a checkpoint says of a model beside its arrays."""
    return {
        "architecture": model.architecture.name,
        "config": model.config.to_dict(),
        "preprocessing": model.preprocessing,
        "class_names": model.class_names,
    }


def load_config(file_or_run: str | Path) -> ViTConfig:
    """Only the configuration: no array is read."""
    return _config(read_header(file_or_run), file_or_run)


def build(header: dict, arrays: Mapping[str, np.ndarray], source: str | Path) -> ViT:
    """A ViT from a checkpoint's header and parameters; `source` is for messages."""
    config = _config(header, source)
    dtypes = {array.dtype for array in arrays.values()}
    if len(dtypes) != 1:
        names = ", ".join(sorted(map(str, dtypes))) or "none"
        raise InputError(f"{source} should hold parameters of one dtype, and holds: {names}")
    model = ViT(config, seed=None, dtype=dtypes.pop())
    fill(model.parameters, arrays, source)
    model.preprocessing = dict(header.get("preprocessing") or {})
    model.class_names = [str(name) for name in header.get("class_names") or model.class_names]
    if len(model.class_names) != config.classes:
        raise InputError(
            f"{source} names {len(model.class_names)} classes, but its model has {config.classes}"
        )
    return model


def fill(into: NamedArrays, arrays: Mapping[str, np.ndarray], source: str | Path) -> None:
    """Copy arrays by name; InputError unless names and shapes are exactly those of `into`."""
    missing, unknown = set(into) - set(arrays), set(arrays) - set(into)
    if missing or unknown:
        name = sorted(missing or unknown)[0]
        raise InputError(
            f"{source} is of another architecture: {name!r} is "
            f"{'missing' if missing else 'not part of this model'}"
        )
    for name, array in arrays.items():
        if array.shape != into[name].shape:
            raise InputError(
                f"{source} is of another architecture: {name!r} has shape {array.shape}, and its "
                f"configuration asks for {into[name].shape}"
            )
        into[name] = array


def _config(header: dict, source: str | Path) -> ViTConfig:
    known = ViT.architecture.name
    if header.get("architecture") != known:
        raise InputError(
            f"{source} holds a model of architecture {header.get('architecture')!r}: "
            f'this minivit knows "{known}"'
        )
    return ViTConfig.from_dict(header.get("config") or {})
