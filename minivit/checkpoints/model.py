"""A model into its file, and back: `save` and `load` are a pair."""

import math
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from minivit.checkpoints.filling import Contents, check_shapes, fill
from minivit.checkpoints.foreign.family import Asked
from minivit.checkpoints.format import write_checkpoint
from minivit.checkpoints.header import shortened
from minivit.checkpoints.opening import NOTHING, open_any
from minivit.checkpoints.tensors import Tensor
from minivit.errors import InputError
from minivit.models import Config, Model, architecture_of, class_of, layout_of
from minivit.models.class_names import class_names
from minivit.models.families import ARCHITECTURES
from minivit.params import NamedArrays

MOST_TOKENS, MOST_NUMBERS = 1 << 16, 1 << 26  # of one image, at most: 256 MB in float32


def save(model: Model, path: str | Path) -> None:
    """Write a model into one file, replaced whole; `load` reads it.

    Raises OSError when it can't be written, InputError for what could not be loaded again; an older
    file at `path` is then still whole.
    """
    write_checkpoint(path, header_of(model), arrays_of(model))


def arrays_of(model: Model) -> dict[str, NamedArrays]:
    """A model's arrays by the names of the groups in its checkpoint."""
    return {"parameters": model.parameters, "buffers": model.buffers}


def load(
    file_or_run: str | Path,
    *,
    averaged: bool = False,
    heads: int | None = None,
    pool: str | None = None,
) -> Model:
    """The model in a file or folder, in the dtype it was written in.

    It may be what `save` or a training run wrote, or a checkpoint of Google's (.npz), of timm's or
    of Hugging Face's (safetensors); minivit/checkpoints/foreign has the tables of their names.

    `averaged`: with the average of its weights, which a run keeps when its recipe says so.
    `heads`, `pool` ("cls" or "mean"): of a foreign file that does not tell them.

    Warns of a foreign file's head that is all 0 or missing, as it has not learnt any classes, and
    of class names that no file tells.
    Raises FileNotFoundError, or InputError when the file is not a whole checkpoint of a model, or
    holds no average.
    """
    with open_any(file_or_run, Asked(heads, pool)) as checkpoint:
        arrays = checkpoint.group("parameters")
        if averaged:
            average = checkpoint.group("average")
            if not average:
                raise InputError(
                    f"{file_or_run} holds no averaged weights: a run keeps them when it is trained "
                    "with --average (0.999, say); leave averaged out to use the last weights"
                )
            arrays |= average  # what was frozen has no average; buffers have none either
        model = build(checkpoint.header, arrays, checkpoint.group("buffers"), file_or_run)
    if remark := head_remark(checkpoint.header, model.parameters["head.w"]):
        warnings.warn(f"{file_or_run} {remark}", stacklevel=2)
    if names := checkpoint.assumed.get("class names"):
        warnings.warn(f"the class names of {file_or_run} are assumed: {names}", stacklevel=2)
    return model


def head_remark(header: dict, w: np.ndarray | Tensor) -> str:
    """What a user should know of a foreign model's head (R, C); "" for one that answers."""
    if not header.get("has_head", True):
        return "has no head: one of zeros for a single class stands in for it; fine-tune it first"
    if "has_head" in header and not np.asarray(w).any():
        return (
            "has a head that is all 0, so that every class is as probable: it was made to be "
            "fine-tuned"
        )
    return ""


def header_of(model: Model) -> dict:
    """What a checkpoint says of a model beside its arrays: plain values, which `build` takes.

    Raises InputError unless there is one name for each class, and for what is no plain value.
    """
    return {
        "architecture": model.architecture.name,
        "config": model.config.to_dict(),
        "preprocessing": plain(model.preprocessing or {}, "preprocessing"),
        "class_names": class_names(model.class_names, model.config.classes),
    }


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


def load_config(file_or_run: str | Path, asked: Asked = NOTHING) -> Config:
    """Only the configuration: no array is read. `asked`: what a foreign file doesn't tell."""
    with open_any(file_or_run, asked) as checkpoint:
        return config_of(checkpoint.header, checkpoint.group("parameters"), file_or_run)


def build(header: dict, arrays: Contents, buffers: Contents, source: str | Path) -> Model:
    """A model from a checkpoint's header, parameters and buffers; `source` is for messages."""
    config = config_of(header, arrays, source)
    dtypes = {array.dtype for array in (*arrays.values(), *buffers.values())}
    if len(dtypes) != 1:
        names = ", ".join(sorted(map(str, dtypes))) or "none"
        raise InputError(f"{source} should hold arrays of one dtype, and holds: {names}")
    try:
        names = class_names(header.get("class_names"), config.classes)
    except InputError as error:
        raise InputError(f"{source}: {error}") from error
    model = class_of(config)(config, seed=None, dtype=dtypes.pop())
    fill(model.parameters, arrays, source)
    fill(model.buffers, buffers, source)
    model.preprocessing = dict(header.get("preprocessing") or {})
    model.class_names = names
    return model


def config_of(header: dict, arrays: Contents, source: str | Path) -> Config:
    """The configuration in a header; InputError unless the arrays beside it have its shapes.

    So a damaged header can't ask for more memory than the arrays in the file take.
    """
    said, known = header.get("architecture"), {a.name: a for a in ARCHITECTURES}
    if said not in known:
        raise InputError(
            f"{source} holds a model of architecture {shortened(said)}: this minivit knows "
            f"{', '.join(known)}"
        )
    try:
        config = known[said].configuration.from_dict(header.get("config", {}))
    except InputError as error:
        raise InputError(f"{source} has a damaged header: {error}") from error
    if said != architecture_of(config).name:
        raise InputError(
            f"{source} has a damaged header: its architecture is {said}, and its configuration's "
            f"objective {config.objective}"
        )
    blocks, units = config.depth, config.units
    blocks += config.decoder_depth if config.objective == "mae" else 0
    if blocks + units > len(arrays):  # each has arrays: no need to list millions of names
        asked = f"{blocks} blocks" + (f" and {units} units" if units else "")
        raise InputError(
            f"{source} is of another architecture: it holds {len(arrays)} arrays, and its "
            f"configuration asks for {asked}"
        )
    if config.tokens > MOST_TOKENS or math.prod(config.image) * config.channels > MOST_NUMBERS:
        raise InputError(  # without a table of positions no array shows it
            f"{source} is a model for images of {config.image[0]}x{config.image[1]}x"
            f"{config.channels} in {config.tokens} tokens: too large to work with; choose another "
            "checkpoint"
        )
    check_shapes(layout_of(config), arrays, source)
    return config
