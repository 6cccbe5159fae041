import numpy as np
import pytest
from looked_at import build

import minivit
from minivit.inspection import position_similarity, position_tables, similarity


def cosine(a, b):
    return (a @ b) / np.sqrt((a @ a) * (b @ b))


@pytest.mark.parametrize("pool", ["cls", "mean"])
def test_it_is_the_cosine_of_the_patches_rows(pool):
    model = build(pool=pool)
    found = position_similarity(model)
    assert found.shape == (2, 3, 2, 3)
    table, first = model.parameters["embed.positions"], int(pool == "cls")
    for r, c, s, d in np.ndindex(found.shape):
        expected = cosine(table[first + 3 * r + c], table[first + 3 * s + d])
        assert found[r, c, s, d] == pytest.approx(expected, abs=1e-14)
    flat = found.reshape(6, 6)
    np.testing.assert_allclose(flat.diagonal(), 1, rtol=1e-14)
    np.testing.assert_allclose(flat, flat.T, rtol=1e-14)


def test_lengths_change_nothing_and_zeros_are_like_nothing():
    table = np.random.default_rng(0).normal(size=(5, 4))
    scaled = table * np.array([1, 2, 0.5, 1e-6, 1e6])[:, None]
    np.testing.assert_allclose(similarity(scaled), similarity(table), rtol=1e-12)
    table[2] = 0
    assert not similarity(table)[2].any() and not similarity(table)[:, 2].any()


def test_waves_are_alike_by_their_offset_only():
    places = np.arange(6)[:, None] * np.array([0.3, 1.1])
    waves = np.concatenate([np.sin(places), np.cos(places)], axis=1)
    found = similarity(waves)
    for offset in range(6):
        assert np.ptp(found.diagonal(offset)) < 1e-14
    assert found[0, 3] == pytest.approx((np.cos(0.9) + np.cos(3.3)) / 2)


def test_2d_positions_are_a_row_beside_a_column():
    model = build(positions="learned-2d", positions_at="every-layer")
    tables = position_tables(model)
    assert list(tables) == ["blocks.0.positions", "blocks.1.positions"]
    p = model.parameters
    for patch, (row, column) in {2: (0, 2), 3: (1, 0)}.items():
        rows, columns = p["blocks.1.positions.rows"], p["blocks.1.positions.columns"]
        assert tables["blocks.1.positions"][patch].tolist() == [*rows[row], *columns[column]]
    first, second = (position_similarity(model, place) for place in tables)
    np.testing.assert_array_equal(first, position_similarity(model))
    assert not np.allclose(first, second)


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({}, ["embed"]),
        ({"positions_at": "every-layer"}, ["blocks.0.positions", "blocks.1.positions"]),
        ({"positions_at": "every-layer-shared"}, ["positions"]),
        ({"positions": "sincos"}, ["positions"]),
        ({"positions": "sincos-2d", "positions_at": "every-layer", "pool": "mean"}, ["positions"]),
        ({"patch_norm": True}, ["embed"]),
    ],
)
def test_a_model_has_them_where_it_adds_them(changes, places):
    """What is added to a patch's token is what the trace shows."""
    model = build(**changes)
    tables, c = position_tables(model), model.config
    assert list(tables) == places
    values = model.trace(np.zeros((1, 4, 6, 2))).values
    if c.positions_at == "input":
        added = values["embed.x"] if places == ["embed"] else values["positions.y"]
        np.testing.assert_allclose(
            tables[places[0]], (added - values["embed.tokens"])[0, int(c.has_cls) :], atol=1e-14
        )
    else:
        added = values["blocks.0.positions.y"] - values["embed.x"]
        np.testing.assert_allclose(tables[places[0]], added[0, int(c.has_cls) :], atol=1e-14)


@pytest.mark.parametrize("positions", ["none", "relative"])
def test_where_nothing_is_added_there_is_nothing_to_compare(positions):
    with pytest.raises(minivit.InputError, match=f"positions are {positions}: no vector is added"):
        position_similarity(build(positions=positions))


def test_a_place_without_positions_is_refused():
    with pytest.raises(minivit.InputError, match=r"'blocks\.0' has no positions: choose embed"):
        position_similarity(build(), "blocks.0")
