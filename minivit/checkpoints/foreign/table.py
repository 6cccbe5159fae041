"""A layout's table: a row for each array, with our name, theirs, and how one lies in the other.

    Row("blocks.{i}.attention.w_qkv[0]", "encoderblock_{i}/query/kernel", "D (H K) -> D H K")

{i} is the number of a block. Our w_qkv (D, 3HK) holds queries, keys and values side by side; [0],
[1] and [2] are these parts, where a layout keeps them apart.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from minivit.checkpoints.foreign.patterns import shape, sides, sizes_of, to_theirs
from minivit.models import ViTConfig, parameter_shapes


class Row(NamedTuple):
    """One array in both layouts."""

    ours: str  # a parameter's name, or one of its three parts: "...w_qkv[1]"
    theirs: str
    pattern: str  # ours -> theirs

    @property
    def parameter(self) -> str:
        """The name of our parameter."""
        return self.ours.partition("[")[0]

    @property
    def part(self) -> int | None:
        """Which third of the last axis it is; None: all of it."""
        number = self.ours.partition("[")[2].rstrip("]")
        return int(number) if number else None

    def shape_of_theirs(self, sizes: dict[str, int]) -> tuple[int, ...]:
        """The shape of their array; `sizes`: what the letters stand for."""
        return shape(sides(self.pattern)[1], sizes)


def rows_of(table: Sequence[Row], c: ViTConfig) -> Iterator[Row]:
    """The rows of a model: a block's once for each block, and none for what it doesn't have."""
    own = parameter_shapes(c)
    for row in table:
        numbers = range(c.depth) if "{i}" in row.ours else (0,)
        for i in numbers:
            named = Row(row.ours.format(i=i), row.theirs.format(i=i), row.pattern)
            if named.parameter in own:
                yield named


def written(table: Sequence[Row], c: ViTConfig, parameters) -> dict[str, np.ndarray]:
    """All our parameters under their names, arranged as theirs."""
    sizes, found = sizes_of(c), {}
    for row in rows_of(table, c):
        array = parameters[row.parameter]
        if row.part is not None:
            array = np.split(array, 3, axis=-1)[row.part]
        found[row.theirs] = np.ascontiguousarray(to_theirs(array, row.pattern, sizes))
    return found
