"""A model as the files of somebody else's layout, each written beside its place, then renamed."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from minivit.checkpoints.foreign.family import Family, check_expressible
from minivit.checkpoints.foreign.layouts import FAMILIES
from minivit.checkpoints.foreign.table import written
from minivit.errors import InputError
from minivit.files import replacing
from minivit.models import ViT


def export(model: ViT, layout: str, folder: str | Path) -> list[Path]:
    """Write a model into a new folder in a layout: "hf", "timm" or "google"; the files' paths.

    Warns of what the model says of pictures and classes, and the files don't.
    Raises InputError for another layout, for what the layout can't express, and when the folder
    exists and is not empty: nothing is overwritten. OSError when it can't be written.
    """
    if layout not in FAMILIES:
        raise InputError(f"layout is {layout!r}: choose {' or '.join(FAMILIES)}")
    family, folder = FAMILIES[layout], Path(folder)
    check_expressible(family, model.config)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} exists and is not empty: choose another folder")
    arrays = written(family.rows(model.config), model.config, model.parameters)
    contents = files(family, model, arrays)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [write(folder / name, content) for name, content in contents]
    if remark := unsaid(family, model):
        warnings.warn(remark, stacklevel=2)
    return paths


def files(family: Family, model: ViT, arrays: dict[str, np.ndarray]):
    """The names of the files and what is in them; the weights come last."""
    if family.file.endswith(".npz"):
        return [(family.file, lambda path: save_npz(path, arrays))]
    described = family.described(model)
    texts = [(name, json.dumps(values, indent=2).encode()) for name, values in described.items()]
    # transformers reads a file only if its metadata say that it was made for PyTorch.
    content = save(arrays, metadata={"format": "pt"})
    return [(name, writing(text)) for name, text in [*texts, (family.file, content)]]


def writing(content: bytes) -> Callable[[Path], object]:
    """How these bytes are written into a path."""
    return lambda path: path.write_bytes(content)


def save_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """As np.savez does, but without an ending of its own."""
    with open(path, "wb") as file:
        np.savez(file, **arrays)


def write(path: Path, content: Callable[[Path], object]) -> Path:
    """Write a file beside its place, then rename it."""
    with replacing(path) as partial:
        content(partial)
    return path


def unsaid(family: Family, model: ViT) -> str:
    """What a layout's files don't say of the way from a picture to an answer; "" if they do."""
    if model.preprocessing.get("ink") == "bright" and family.described(model):
        return (
            "minivit frames the strokes of a picture for this model, which the other files can't "
            "say: there, give it pictures framed as the training images are"
        )
    return family.unsaid(model)
