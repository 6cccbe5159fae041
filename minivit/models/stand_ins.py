"""What a dry run of a model takes for its parameters: shapes, without the numbers."""

import numpy as np

from minivit.params import Layout


class StandIns:
    """Zeros in the shapes of a layout, for a dry run: they take no memory."""

    version = 0

    def __init__(self, layout: Layout):
        self.layout = layout

    @property
    def buffers(self) -> "StandIns":
        """As `NamedArrays.buffers`."""
        return StandIns(self.layout.buffers)

    def of(self, place: str) -> tuple[np.ndarray | None, ...]:
        """As `NamedArrays.of`."""
        shapes, zero = self.layout.shapes, np.float32(0)
        return tuple(
            None if name is None else np.broadcast_to(zero, shapes[name])
            for name in self.layout.places[place]
        )
