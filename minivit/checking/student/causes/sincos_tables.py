"""Wrong tables of sines and cosines, added to x: what mistakes in them give."""

import numpy as np

from minivit.ops.sincos_positions import SINCOS, SLOWEST, sincos_table


def frequencies(at):
    n = at.x.shape[2] // SINCOS[at.kind]
    last = max(n - 1, 1) if at.kind == "sincos-2d" else n
    return float(SLOWEST) ** (-np.arange(n) / last)


def waves(at, places, f):
    angles = np.multiply.outer(places, f)
    return np.sin(angles), np.cos(angles)


def added(at, sines_first=True, in_turn=None, rows_first=False, f=None, start=0):
    """y for another order, other frequencies or other places of the waves."""
    f = frequencies(at) if f is None else f
    flat = at.kind == "sincos"
    in_turn = flat if in_turn is None else in_turn

    def mixed(places):
        both = waves(at, places, f)[:: 1 if sines_first else -1]
        found = np.stack(both, axis=-1) if in_turn else np.stack(both, axis=-2)
        return found.reshape(len(places), -1)

    if flat:
        return {"y": at.x + mixed(start + np.arange(at.x.shape[1]))}
    down, across = at.grid
    column, row = mixed(start + np.arange(across))[None], mixed(start + np.arange(down))[:, None]
    shape = down, across, row.shape[-1]
    halves = [np.broadcast_to(half, shape) for half in (column, row)]
    table = np.concatenate(halves[:: -1 if rows_first else 1], axis=-1)
    return {"y": on_patches(at, table)}


def on_patches(at, table):
    y = at.x.copy()
    table = table.reshape(-1, table.shape[-1])
    y[:, y.shape[1] - len(table) :] += table
    return y


def as_kind(at, kind, wrong):
    """y with the table of another kind."""
    if at.kind != kind:
        return None
    return {"y": at.x + sincos_table(wrong, *at.x.shape[1:], at.grid)}


def to_the_last(at):
    """1-D, with a last frequency of 1/10000 exactly."""
    n = at.x.shape[2] // 2
    return added(at, f=float(SLOWEST) ** (-np.arange(n) / max(n - 1, 1)))


def each_its_own(at):
    """1-D, and every column has a frequency of its own."""
    T, D = at.x.shape[1:]
    angles = np.arange(T)[:, None] / float(SLOWEST) ** (np.arange(D) / D)
    return {"y": at.x + np.where(np.arange(D) % 2, np.cos(angles), np.sin(angles))}


def columns_first(at):
    down, across = at.grid
    right = at.output - at.x
    cls = right.shape[1] - down * across
    turned = right[:, cls:].reshape(len(right), down, across, -1).transpose(0, 2, 1, 3)
    return {"y": at.x + np.concatenate([right[:, :cls], turned.reshape(right[:, cls:].shape)], 1)}


def cls_apart(at):
    """1-D, and the cls token, if there is one, has no place of its own."""
    y = at.x.copy()
    cls = at.x.shape[1] - at.grid[0] * at.grid[1]
    y[:, cls:] += (at.output - at.x)[:, : y.shape[1] - cls]
    return {"y": y}


def cls_at_zero(at):
    """2-D, and the cls token has the place of the first patch."""
    cls = at.x.shape[1] - at.grid[0] * at.grid[1]
    y = at.output.copy()
    y[:, :cls] += (at.output - at.x)[:, cls : cls + 1]
    return {"y": y}
