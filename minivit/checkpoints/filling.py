"""Arrays of a file into those of a model, by name, where names and shapes are exactly the same."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from minivit.checkpoints.header import shortened
from minivit.checkpoints.tensors import Tensor
from minivit.errors import InputError
from minivit.params import Buffer, Layout, NamedArrays

Contents = Mapping[str, np.ndarray | Tensor]  # by name; a tensor is read when it is copied


def fill(into: NamedArrays, arrays: Contents, source: str | Path) -> None:
    """Copy arrays by name; InputError unless names and shapes are exactly those of `into`.

    And for buffers with a number that is smaller than any can be: a variance below 0.
    """
    check_shapes(into.layout, arrays, source)
    for name, array in arrays.items():
        into[name] = array
        declared = into.layout.parameters[name]
        if isinstance(declared, Buffer) and (into[name] < declared.least).any():
            raise InputError(
                f"{source} is damaged: {name!r} holds a number below {declared.least}; choose "
                "another checkpoint"
            )


def check_shapes(layout: Layout, arrays: Contents, source: str | Path) -> None:
    """InputError unless names and shapes are exactly those of a layout; no array is read."""
    missing, unknown = set(layout.shapes) - set(arrays), set(arrays) - set(layout.shapes)
    if missing or unknown:
        name = shortened(sorted(missing or unknown)[0])
        raise InputError(
            f"{source} is of another architecture: {name} is "
            f"{'missing' if missing else 'not part of this model'}"
        )
    for name, array in arrays.items():
        if array.shape != layout.shapes[name]:
            raise InputError(
                f"{source} is of another architecture: {name!r} has shape {array.shape}, and its "
                f"configuration asks for {layout.shapes[name]}"
            )
