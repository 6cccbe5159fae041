"""How a window slides over a feature map: where it stops, and what lies beside the map.

    stop (i, j) covers the rows i stride - before ... + side - 1, and the columns likewise

"valid" keeps every window inside of the map: (height - side) // stride + 1 stops down.
"same" makes ceil(height / stride) stops, and puts as many rows beside the map as they need:

    total = max((stops - 1) stride + side - height, 0),   before = total // 2

(XLA's SAME: where total is odd, the larger half comes after. PyTorch's padding is symmetric, and
for a stride of 2 it is another map.)
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import pair

PADDINGS = ("same", "valid")


class Sliding(NamedTuple):
    """Pairs: (down, across)."""

    side: tuple[int, int]  # of the window
    stride: tuple[int, int]  # from one stop to the next
    before: tuple[int, int]  # rows above the map, columns left of it
    after: tuple[int, int]
    stops: tuple[int, int]  # the output's height and width


def sliding(maps: np.ndarray, side, stride, padding: str) -> Sliding:
    """A window of this side on maps (B, height, width, channels).

    Raises InputError for maps of another rank, for another padding than PADDINGS, and for a map
    that a "valid" window does not fit into.
    """
    need_maps(maps)
    side, stride = pair(side, "side"), pair(stride, "stride")
    if padding not in PADDINGS:
        raise InputError(f"padding is {padding!r}: choose {' or '.join(map(repr, PADDINGS))}")
    size = maps.shape[1:3]
    if padding == "valid":
        if any(window > length for window, length in zip(side, size, strict=True)):
            raise InputError(
                f"the feature map is {size[0]}x{size[1]} and the window {side[0]}x{side[1]}, which "
                'does not fit into it: use padding "same", a smaller window, larger images or '
                "fewer strides before"
            )
        stops = tuple((n - k) // s + 1 for n, k, s in zip(size, side, stride, strict=True))
        return Sliding(side, stride, (0, 0), (0, 0), stops)
    stops = tuple(-(-n // s) for n, s in zip(size, stride, strict=True))
    beside = [
        max((count - 1) * s + k - n, 0)
        for count, s, k, n in zip(stops, stride, side, size, strict=True)
    ]
    before = tuple(total // 2 for total in beside)
    after = tuple(total - half for total, half in zip(beside, before, strict=True))
    return Sliding(side, stride, before, after, stops)


def need_maps(maps: np.ndarray) -> None:
    """InputError unless these are feature maps (B, height, width, channels)."""
    if maps.ndim != 4:
        raise InputError(
            f"x has the shape {maps.shape}: expected feature maps (B, height, width, channels); "
            "add the missing axes, e.g. x[None] for one map"
        )


def padded(maps: np.ndarray, at: Sliding, beside: float = 0.0) -> np.ndarray:
    """The maps with what lies beside them: (B, above + height + below, ..., channels)."""
    if not any((*at.before, *at.after)):
        return maps
    widths = [(0, 0), *zip(at.before, at.after, strict=True), (0, 0)]
    return np.pad(maps, widths, constant_values=beside)


def unpadded(wide: np.ndarray, at: Sliding, maps: tuple[int, ...]) -> np.ndarray:
    """The part of a padded array that is the maps, whose shape is `maps`."""
    (top, left), (_, height, width, _) = at.before, maps
    return wide[:, top : top + height, left : left + width]


def seen(wide: np.ndarray, at: Sliding, row: int, column: int) -> np.ndarray:
    """What the windows hold at their own (row, column), as a view: (B, *stops, channels)."""
    (down, across), (rows, columns) = at.stride, at.stops
    below, right = row + rows * down, column + columns * across
    return wide[:, row:below:down, column:right:across]
