"""Learned positions, wherever they are added: at the input, at every layer, or one set for all.

The 1-D table at the input is the embedding's own (equation 1). Everything else is an op of its own,
in front of all blocks or of each of them (ViT paper, appendix D.4, table 8).
"""

from minivit.models.config import ViTConfig
from minivit.models.initialisation import normal
from minivit.params import Declared

SHARED = "positions"  # the place in front of all blocks, and of the tables that all of them share


def positions_parameters(c: ViTConfig, place: str, std: float) -> Declared:
    """The tables of a place, in the order of the op's inputs; nothing where it has none."""
    has_tables = (place == SHARED) != (c.positions_at == "every-layer")
    if not has_tables or c.positions == "none" or c.positions_in_embedding:
        return {}
    if c.positions == "learned":
        return {place: {"table": normal(c.tokens, c.width, std=std)}}
    rows, columns = c.grid
    tables = {
        "rows": normal(rows, c.width // 2, std=std),
        "columns": normal(columns, c.width // 2, std=std),
        "cls": normal(c.width, std=std) if c.pool == "cls" else None,
    }
    return {place: tables}


def positions_forward(ops, p, c: ViTConfig, place: str, x, caches):
    """x (B, T, D) -> (B, T, D); x itself where this model adds no positions."""
    if not added_at(c, place):
        return x
    tables = p.of(home_of(c, place))
    if c.positions == "learned":
        x, caches[place] = ops.positions_forward(x, *tables)
    else:
        x, caches[place] = ops.positions_2d_forward(x, *tables, grid=c.grid)
    return x


def positions_backward(ops, g, c: ViTConfig, place: str, dx, caches):
    """dx (B, T, D) -> (B, T, D)."""
    if not added_at(c, place):
        return dx
    backward = ops.positions_backward if c.positions == "learned" else ops.positions_2d_backward
    return g.add(home_of(c, place), backward(dx, caches.pop(place)))


def added_at(c: ViTConfig, place: str) -> bool:
    """Whether an op of its own adds positions at this place."""
    if c.positions == "none" or c.positions_in_embedding:
        return False
    return (place == SHARED) == (c.positions_at == "input")


def home_of(c: ViTConfig, place: str) -> str:
    """The place whose tables are used here: its own, or the one that all share."""
    return SHARED if c.positions_at == "every-layer-shared" else place
