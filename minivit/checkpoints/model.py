"""A model into its file, and back: `save` and `load` are a pair."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from minivit.checkpoints.format import (
    check_header,
    read_checkpoint,
    read_header,
    write_checkpoint,
)
from minivit.errors import InputError
from minivit.models import ViT, ViTConfig
from minivit.models.class_names import class_names
from minivit.params import NamedArrays


def save(model: ViT, path: str | Path) -> None:
    """Write a model into one file, replaced whole; `load` reads it.

    Raises OSError when it can't be written, InputError for what could not be loaded again; an older
    file at `path` is then still whole.
    """
    write_checkpoint(path, header_of(model), {"parameters": model.parameters})


def load(file_or_run: str | Path) -> ViT:
    """The model that `save` or a training run wrote, in the dtype it was written in.

    Raises FileNotFoundError, or InputError when the file is not a whole checkpoint of a ViT.
    """
    header, groups = read_checkpoint(file_or_run)
    return build(header, groups["parameters"], file_or_run)


def header_of(model: ViT) -> dict:
    """What a checkpoint says of a model beside its arrays: plain values, which `build` takes.

    Raises InputError for names that are not one for each class, and for what is no plain value.
    """
    header = {
        "architecture": model.architecture.name,
        "config": model.config.to_dict(),
        "preprocessing": plain(model.preprocessing or {}, "preprocessing"),
        "class_names": class_names(model.class_names, model.config.classes),
    }
    try:
        check_header(header)
    except TypeError as error:
        raise InputError(f"this model could not be loaded again: {error}") from error
    return header


def plain(value, name: str):
    """A value as JSON holds it: NumPy's scalars and arrays become numbers and lists.

    Raises InputError for another kind of value; `name` says where it stands.
    """
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(part, f"{name}[{str(key)!r}]") for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part, f"{name}[{i}]") for i, part in enumerate(value)]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise InputError(
        f"{name} is {value!r}: a file holds numbers, words, True, False, None, and lists and "
        "dictionaries of them"
    )


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
    try:
        model.class_names = class_names(header.get("class_names"), config.classes)
    except InputError as error:
        raise InputError(f"{source}: {error}") from error
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
