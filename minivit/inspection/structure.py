"""How much order there is in positions and in filters, as numbers.

    nearness     the correlation, over all pairs of places, of the cosine of their positions with
                 minus their distance
    rows and columns
                 the part of the positions' variance that is a vector of the row plus one of the
                 column: 1 for 2-D positions; (rows + columns - 2) / (rows columns - 1) by chance
    smoothness   the correlation of neighbouring pixels in the filters, where 0 counts as the mean:
                 1 for filters of one colour each, 0 by chance, below 0 for chequered ones

(ViT paper, section 4.5 and figure 7: closer patches tend to have more similar positions, patches of
one row or column similar ones, and the filters' components resemble a basis of the fine structure
in a patch.)
"""

import numpy as np

from minivit.errors import InputError
from minivit.inspection.attention_measures import patch_distances
from minivit.inspection.positions import similarity


def nearness(positions: np.ndarray, grid: tuple[int, int]) -> float:
    """How well nearness tells likeness: positions (N, D) in raster order -> from -1 to 1.

    0 where all cosines are the same. Raises InputError as `row_column_share` does.
    """
    check_positions(positions, grid)
    pairs = np.triu_indices(len(positions), k=1)
    cosines = similarity(positions)[pairs]
    near = -patch_distances(grid, (1, 1))[pairs]
    cosines, near = cosines - cosines.mean(), near - near.mean()
    size = np.linalg.norm(cosines) * np.linalg.norm(near)
    return float(cosines @ near / size) if size > 1e-12 else 0.0


def row_column_share(positions: np.ndarray, grid: tuple[int, int]) -> float:
    """The part that is a vector of the row plus one of the column: (N, D) -> from 0 to 1.

    The variance is that about the mean of all places; 0 if there is none.

    Raises InputError unless there is a position for each place, and more than one row and column.
    """
    check_positions(positions, grid)
    table = np.asarray(positions, np.float64).reshape(*grid, -1)
    table = table - table.mean(axis=(0, 1))
    of_rows, of_columns = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    total = np.square(table).sum()
    return float(np.square(of_rows + of_columns).sum() / total) if total else 0.0


def chance_share(grid: tuple[int, int]) -> float:
    """The row-column share of positions that are drawn independently, in the mean."""
    rows, columns = grid
    return (rows + columns - 2) / (rows * columns - 1)


def smoothness(filters: np.ndarray) -> float:
    """The correlation of neighbouring pixels: filters (height, width, channels, D) -> -1 to 1.

    All filters together: a large one counts for more. 0 for filters of zeros.

    Raises InputError for filters of a single pixel, which has no neighbours.
    """
    if filters.ndim != 4 or max(filters.shape[:2]) < 2:
        raise InputError(
            f"filters have shape {filters.shape}: expected (height, width, channels, D) with more "
            "than one pixel"
        )
    f, products, squares = np.asarray(filters, np.float64), 0.0, 0.0
    for a, b in ((f[1:], f[:-1]), (f[:, 1:], f[:, :-1])):
        products += float((a * b).sum())
        squares += float((a * a).sum() + (b * b).sum()) / 2
    return products / squares if squares else 0.0


def check_positions(positions: np.ndarray, grid: tuple[int, int]) -> None:
    """InputError unless these are (N, D), for a grid of N places in several rows and columns."""
    if positions.ndim != 2 or len(positions) != grid[0] * grid[1] or min(grid) < 2:
        raise InputError(
            f"positions have shape {positions.shape} and the grid is {grid}: expected (N, D), one "
            "for each place, and two rows and columns or more"
        )
