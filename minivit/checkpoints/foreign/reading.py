"""A file's arrays under our names, after all its keys and shapes were compared with the table."""

from typing import NamedTuple

import numpy as np

from minivit.checkpoints.foreign.arrays import Arrays, Made
from minivit.checkpoints.foreign.beside import CONFIG
from minivit.checkpoints.foreign.family import Asked, Family
from minivit.checkpoints.foreign.layouts import family_of, named
from minivit.checkpoints.foreign.patterns import sizes_of, to_ours
from minivit.checkpoints.foreign.table import Row, rows_of
from minivit.checkpoints.format import FORMAT_VERSION
from minivit.data.preprocessing import check_taken
from minivit.errors import InputError
from minivit.models import ViTConfig, parameter_shapes
from minivit.models.class_names import class_names
from minivit.models.vit import VIT

# What a file may hold besides: a buffer that follows from the sizes.
BUFFERS = ("vit.embeddings.position_ids",)


class Foreign(NamedTuple):
    """A model in somebody else's layout, its arrays still unread."""

    header: dict  # as in our own files
    arrays: dict[str, Made]  # under our names
    assumed: dict[str, str]  # what no file tells, and what is taken for it


def read(arrays: Arrays, beside: dict, asked: Asked) -> Foreign:
    """A file's arrays as a model of ours.

    Raises InputError for an unknown layout, for what we can't express, and for missing, unknown and
    wrongly shaped arrays, with their names.
    """
    family, today = family_of(arrays, beside.get(CONFIG, {}).get("model_type"))
    config, today, preprocessing, names, assumed = family.known(today, beside, asked)
    has_head = any(key in today for key in family.head)
    today = without_buffers(today) | ({} if has_head else zero_head(family, config))
    check(family, today, config)
    height, width = config.image
    check_taken(preprocessing, config.channels)
    preprocessing |= {"height": height, "width": width, "channels": config.channels}
    header = {
        "format_version": FORMAT_VERSION, "architecture": VIT.name,
        "config": config.to_dict(),
        "preprocessing": preprocessing, "class_names": class_names(names, config.classes),
        "layout": family.title, "has_head": has_head,
    }  # fmt: skip
    return Foreign(header, translated(family, today, config), assumed)


def without_buffers(arrays: Arrays) -> Arrays:
    """The arrays that a model learns."""
    return {key: array for key, array in arrays.items() if key not in BUFFERS}


def zero_head(family: Family, c: ViTConfig) -> Arrays:
    """A head of zeros for one class, where a file has none."""
    sizes, dtype = sizes_of(c), np.dtype(np.float32)
    rows = {row.theirs: row.shape_of_theirs(sizes) for row in rows_of(family.rows(c), c)}
    return {key: Made(rows[key], dtype, lambda key=key: np.zeros(rows[key], dtype))
            for key in family.head}  # fmt: skip


def check(family: Family, arrays: Arrays, c: ViTConfig) -> None:
    """InputError with the names of all arrays that are missing, unknown or wrongly shaped."""
    sizes = sizes_of(c)
    wanted = {row.theirs: row.shape_of_theirs(sizes) for row in rows_of(family.rows(c), c)}
    problems = []
    if missing := set(wanted) - set(arrays):
        problems.append(f"missing: {named(missing)}")
    if extra := set(arrays) - set(wanted):
        problems.append(f"unknown: {named(extra)}")
    wrong = [f"{key} {arrays[key].shape} instead of {shape}" for key, shape in wanted.items()
             if key in arrays and arrays[key].shape != shape]  # fmt: skip
    if wrong:
        problems.append(f"wrongly shaped: {named(wrong)}")
    if problems:
        raise InputError(f"it has {family.title} layout, but not that of a plain ViT of "
                         f"{c.depth} blocks. {'; '.join(problems)}")  # fmt: skip


def translated(family: Family, arrays: Arrays, c: ViTConfig) -> dict[str, Made]:
    """All our parameters, each made of the arrays that hold it when it is asked for."""
    dtype = np.result_type(*[array.dtype for array in arrays.values()])
    shapes, rows = parameter_shapes(c), {}
    for row in rows_of(family.rows(c), c):
        rows.setdefault(row.parameter, []).append(row)
    return {
        name: Made(shapes[name], dtype, lambda parts=parts: joined(parts, arrays, c))
        for name, parts in rows.items()
    }


def joined(parts: list[Row], arrays: Arrays, c: ViTConfig) -> np.ndarray:
    """One of our parameters; its parts lie side by side in its last axis."""
    sizes = sizes_of(c)
    ours = [to_ours(np.asarray(arrays[row.theirs]), row.pattern, sizes) for row in parts]
    return ours[0] if len(ours) == 1 else np.concatenate(ours, axis=-1)
