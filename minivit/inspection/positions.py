"""How alike the positions of two patches are, as the model has them.

    similarity[r, c, s, d] = cosine of the vectors of patches (r, c) and (s, d)

(ViT paper, figures 7 centre and 10.) A cls token's vector is left out.
"""

import numpy as np

from minivit.errors import InputError
from minivit.models import ViT
from minivit.models.positions import IN_FRONT, grid_tables
from minivit.ops.sincos_positions import SINCOS, sincos_table


def position_tables(model: ViT) -> dict[str, np.ndarray]:
    """The vectors that are added to the patches' tokens: {place: (N, D)}, in raster order.

    One table at the input, or one for every block; a table that all blocks share stands once. Of
    2-D positions it is what a patch gets: the vector of its row beside that of its column.

    Raises InputError where nothing is added: without positions, and with relative ones.
    """
    c, p = model.config, model.parameters
    if c.positions in SINCOS:
        table = sincos_table(c.positions, c.tokens, c.width, c.grid).astype(model.dtype)
        return {IN_FRONT: table[int(c.has_cls) :]}
    found = {}
    for name, axis in grid_tables(c).items():
        place, _, part = name.rpartition(".")
        if axis is None:
            found[place] = p[name][int(c.has_cls) :]
        elif part == "rows":
            rows, columns = p[name], p[f"{place}.columns"]
            pairs = [np.append(row, column) for row in rows for column in columns]
            found[place] = np.stack(pairs)
    if not found:
        raise InputError(
            f"positions are {c.positions}: no vector is added to a token for its place, so there "
            "are none to compare; choose a model with learned or sincos positions"
        )
    return found


def position_similarity(model: ViT, place: str | None = None) -> np.ndarray:
    """The cosine of each patch's position with all: -> (rows, columns, rows, columns).

    `place` is one of `position_tables(model)`; None: the first.

    Raises InputError as `position_tables` does, and for a place without positions.
    """
    tables = position_tables(model)
    place = next(iter(tables)) if place is None else place
    if place not in tables:
        raise InputError(f"{place!r} has no positions: choose {' or '.join(tables)}")
    return similarity(tables[place]).reshape(2 * model.config.grid)


def similarity(vectors: np.ndarray) -> np.ndarray:
    """The cosine of each row with all: vectors (N, D) -> (N, N). A vector of zeros has cosine 0."""
    vectors = np.asarray(vectors, np.float64)
    sizes = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(sizes > 0, sizes, 1)
    return unit @ unit.T
