"""Positions, wherever a model has them (ViT paper, appendix D.4, table 8).

The 1-D table that is learned at the input is the embedding's own (equation 1, ops/embed.py). Every
other table, learned or fixed, is added by an op of its own, in front of all blocks or at the
beginning of each. Relative positions are added to no token: they are an input of attention, in
every layer.
"""

from minivit.models.beginnings import Google
from minivit.models.config import ViTConfig
from minivit.ops.sincos_positions import SINCOS
from minivit.params import Declared, Parameter

IN_FRONT = "positions"  # the place in front of all blocks, and of the tables that blocks share


def positions_parameters(c: ViTConfig, place: str, start: Google) -> Declared:
    """The tables that a model learns at this place, in the order of the op's inputs; often none."""
    if c.positions == "relative":
        is_home = place == IN_FRONT and c.positions_at == "every-layer-shared"
        return {place: {"offsets": offsets_table(c, start)}} if is_home else {}
    users = [IN_FRONT, *(f"blocks.{i}.positions" for i in range(c.depth))]
    if c.positions in SINCOS or place not in {tables_of(c, user) for user in users}:
        return {}
    if c.positions == "learned":
        return {place: {"table": start.positions(c.tokens, c.width)}}
    rows, columns = c.grid
    tables = {
        "rows": start.positions(rows, c.width // 2),
        "columns": start.positions(columns, c.width // 2),
        "cls": start.positions(c.width) if c.has_cls else None,
    }
    return {place: tables}


def offsets_parameter(c: ViTConfig, start: Google) -> Parameter | str | None:
    """The relative positions of an attention: its own, or the name of those that all share."""
    if c.positions != "relative":
        return None
    if c.positions_at == "every-layer-shared":
        return f"{IN_FRONT}.offsets"
    return offsets_table(c, start)


def offsets_table(c: ViTConfig, start: Google) -> Parameter:
    """A table of relative positions (ops/relative.py)."""
    return start.offsets(2 * c.tokens - (not c.has_cls), c.heads_width)


def tables_of(c: ViTConfig, place: str) -> str | None:
    """The place whose tables are added here; None where nothing is added."""
    if c.positions in ("none", "relative") or c.positions_in_embedding:
        return None
    if c.positions_at == "input":
        return IN_FRONT if place == IN_FRONT else None
    if place == IN_FRONT:
        return None
    return place if c.positions_at == "every-layer" else IN_FRONT


def grid_tables(c: ViTConfig) -> dict[str, int | None]:
    """The names of the learned tables whose rows are places of the grid, and which axis of it.

    None: all tokens, those of the patches in raster order; 0: its rows; 1: its columns.
    """
    if c.positions == "none":
        return {}
    if c.positions_in_embedding:
        return {"embed.positions": None}
    users = [IN_FRONT, *(f"blocks.{i}.positions" for i in range(c.depth))]
    homes = dict.fromkeys(tables_of(c, user) for user in users)
    homes.pop(None, None)
    parts = {"learned": {"table": None}, "learned-2d": {"rows": 0, "columns": 1}}
    axes = parts.get(c.positions, {})
    return {f"{home}.{name}": axis for home in homes for name, axis in axes.items()}


def add_positions_forward(ops, p, c: ViTConfig, place: str, x, caches):
    """x (B, T, D) -> (B, T, D); x itself where nothing is added."""
    home = tables_of(c, place)
    if home is None:
        return x
    if c.positions in SINCOS:
        x, caches[place] = ops.sincos_positions_forward(x, kind=c.positions, grid=c.grid)
    elif c.positions == "learned":
        x, caches[place] = ops.positions_forward(x, *p.of(home))
    else:
        x, caches[place] = ops.positions_2d_forward(x, *p.of(home), grid=c.grid)
    return x


def add_positions_backward(ops, g, c: ViTConfig, place: str, dx, caches):
    """dx (B, T, D) -> (B, T, D)."""
    home = tables_of(c, place)
    if home is None:
        return dx
    if c.positions in SINCOS:
        return ops.sincos_positions_backward(dx, caches.pop(place))
    backward = ops.positions_backward if c.positions == "learned" else ops.positions_2d_backward
    return g.add(home, backward(dx, caches.pop(place)))
