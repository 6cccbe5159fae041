"""What a run notes of every place at the end of each epoch: its weights, gradients, last update.

The update/weight ratio says whether a learning rate suits a place: as a rule of thumb it should be
somewhere around 1e-3 (Karpathy, CS231n, "Neural Networks Part 3", "Ratio of weights:updates"); it
falls with the rate, and is 0 in a place that doesn't learn.
"""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from minivit.errors import InputError
from minivit.params import Layout, NamedArrays

COLUMNS = ("epoch", "weight_rms", "gradient_rms", "update_ratio")


class PlaceLog:
    """For every place a row an epoch: epoch (from 1), weight rms, gradient rms, update ratio.

    rms is the root mean square over the numbers that the place learns: of the weights after the
    epoch's last step; of this step's gradient, before clipping; the ratio is the rms of this step
    itself, decay included, by that of the weights.
    """

    def __init__(self, layout: Layout):
        self.layout = layout
        own = [place for place in layout.places if layout.count(place)]
        self.rows = {place: np.empty((0, len(COLUMNS))) for place in own}  # (epochs, 4) each

    def add(
        self, epoch: int, parameters: NamedArrays, gradients: NamedArrays, before: np.ndarray
    ) -> None:
        """Note the epoch's last step, which moved `parameters` from `before`, flat (n,)."""
        step = NamedArrays(self.layout, parameters.dtype, parameters.flat - before)
        for place, rows in self.rows.items():
            weight, gradient, update = (
                root_mean_square(arrays, place) for arrays in (parameters, gradients, step)
            )
            row = epoch, weight, gradient, update / weight if weight else 0.0
            self.rows[place] = np.vstack([rows, row])

    def table(self, epochs: int) -> list[dict]:
        """Plain rows of the epochs that are over, all places of an epoch after one another."""
        found = [
            {"epoch": int(epoch), "place": place, "weight_rms": weight, "gradient_rms": gradient,
             "update_ratio": ratio}
            for place, rows in self.rows.items()
            for epoch, weight, gradient, ratio in rows.tolist()
            if epoch <= epochs
        ]  # fmt: skip
        return sorted(found, key=lambda row: row["epoch"])  # stable: places keep their order

    def arrays(self) -> dict[str, np.ndarray]:
        """The rows as a checkpoint keeps them; nothing before the first."""
        return {place: rows for place, rows in self.rows.items() if len(rows)}

    def fill(self, arrays: Mapping[str, np.ndarray], source: str | Path) -> None:
        """Take the rows of a checkpoint; runs of earlier versions have none.

        Raises InputError for what can't be such rows; `source` is for the message.
        """
        for place, rows in arrays.items():
            if place not in self.rows:
                raise InputError(f"{source} has a log of {place!r}, which its model does not have")
            self.rows[place] = checked_rows(rows, place, source)


def checked_rows(rows: np.ndarray, place: str, source: str | Path) -> np.ndarray:
    """Rows of a log from a file, (epochs, 4) float64; InputError for anything else."""
    if rows.ndim != 2 or rows.shape[1] != len(COLUMNS):
        raise InputError(
            f"{source} has a damaged log of {place!r}: its shape is {rows.shape}, and should be "
            f"(epochs, {len(COLUMNS)})"
        )
    return rows.astype(np.float64)


def root_mean_square(arrays: NamedArrays, place: str) -> float:
    """Over all numbers that a place learns itself; what it uses of another doesn't count."""
    own = [array for name, array in arrays.items() if name.rpartition(".")[0] == place]
    squares = sum(float(np.square(array, dtype=np.float64).sum()) for array in own)
    return math.sqrt(squares / sum(array.size for array in own))
