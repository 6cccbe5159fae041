"""The ways in which a model may begin."""

import math

import numpy as np
import pytest

from minivit import InputError, TrainingConfig, ViT, variant
from minivit.models.beginnings import BEGINNINGS

D, H = 96, 3
WIDE = variant("digits", patch=(4, 4), width=D, heads=H, mlp=192, depth=1)
QKV, OUT = "blocks.0.attention.w_qkv", "blocks.0.attention.w_out"


def begun(beginning, config=WIDE, **options):
    return ViT(config, seed=3, dtype=np.float64, beginning=beginning, **options).parameters


def is_spread(array, deviation):
    """Whether the numbers have about this deviation, and 0 as their mean."""
    few = 5 / math.sqrt(array.size)
    return abs(array.std() / deviation - 1) < few and abs(array.mean()) < few * deviation


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"positions": "learned-2d", "positions_at": "every-layer", "patch_norm": True},
        {"heads": 1, "out_projection": False, "qkv_bias": False, "pool": "mean"},
        {"heads": 5, "head_width": 7},
        {"width": 6, "heads": 2, "head_width": 9},
    ],
)
def test_names_and_shapes_are_the_same_and_a_seed_decides_the_numbers(beginning, changes):
    config = variant("digits", **{"depth": 2, "width": 12, "heads": 3, "mlp": 8} | changes)
    found, again = (begun(beginning, config) for _ in range(2))
    assert found.layout.shapes == ViT(config).layout.shapes
    assert found.layout.decayed == ViT(config).layout.decayed
    assert np.isfinite(found.flat).all()
    assert np.array_equal(found.flat, again.flat)
    single = ViT(config, seed=3, beginning=beginning).parameters.flat
    assert np.array_equal(found.flat.astype(np.float32), single)


def test_google_is_the_default():
    assert np.array_equal(begun("google").flat, ViT(WIDE, seed=3, dtype=np.float64).parameters.flat)
    assert TrainingConfig().beginning == "google"


def test_truncated_normal():
    p = begun("truncated-normal")
    for name, array in p.items():
        kind = name.rpartition(".")[2]
        if kind in ("b", "b1", "b2", "b_qkv", "b_out", "beta"):
            assert not array.any(), name
        elif kind == "cls":
            assert is_spread(array, 1e-6)
        elif kind != "gamma":  # the matrices, the head's too, and the positions
            assert is_spread(array, 0.02), name
            assert np.abs(array).max() < 2 * 0.02 / 0.879, name


def test_standard_normal():
    p = begun("standard-normal")
    assert is_spread(p["embed.cls"], 1)
    assert is_spread(p["embed.positions"], 1)
    rows_of = {"embed.w": 16, "embed.b": 16, QKV: D, OUT: D, "blocks.0.mlp.b1": D,
               "blocks.0.mlp.w2": 192, "head.w": D}  # fmt: skip
    for name, rows in rows_of.items():
        assert is_spread(p[name], 1 / math.sqrt(3 * rows)), name  # a uniform's deviation
        assert np.abs(p[name]).max() <= 1 / math.sqrt(rows)


def test_mimetic_queries_and_keys_are_alike_and_values_come_back_with_the_other_sign():
    p = begun("mimetic")
    (w_q, w_k, w_v), K = np.split(p[QKV], 3, axis=1), D // H
    for h in range(H):
        columns = slice(h * K, (h + 1) * K)
        product = w_q[:, columns] @ w_k[:, columns].T
        assert np.linalg.matrix_rank(product) == K
        # The best approximation of rank K keeps more of the diagonal than K/D of it, not all.
        assert 0.7 * K / D < np.diag(product).mean() < 1.1
        assert np.abs(product - np.diag(np.diag(product))).mean() < 0.2
    product = w_v @ p[OUT]
    rest = product + 0.4 * np.eye(D)
    assert is_spread(rest, 0.4 / math.sqrt(D))


@pytest.mark.parametrize(
    "changes",
    [{"heads": 1}, {"heads": 2, "head_width": 2 * D}, {"heads": 1, "out_projection": False}],
)
def test_mimetic_products_of_all_columns_are_the_noise_and_the_identity(changes):
    config = variant("digits", width=D, mlp=8, depth=1, **changes)
    p = begun("mimetic", config)
    w_q, w_k, w_v = np.split(p[QKV], 3, axis=1)
    K = w_q.shape[1] // config.heads
    for h in range(config.heads):
        columns = slice(h * K, (h + 1) * K)
        product = w_q[:, columns] @ w_k[:, columns].T
        assert is_spread(product - 0.7 * np.eye(D), 0.7 / math.sqrt(D))
    product = w_v @ p[OUT] if config.out_projection else w_v
    assert is_spread(product + 0.4 * np.eye(D), 0.4 / math.sqrt(D))
    assert all(column.any() for column in p[QKV].T), "such a column would never learn"


def test_mimetic_positions_are_waves():
    table = begun("mimetic")["embed.positions"]
    for row in range(5):
        for i in range(3):
            angle = row / 10_000 ** (2 * i / D)
            assert math.isclose(table[row, 2 * i], math.sin(angle), abs_tol=1e-12)
            assert math.isclose(table[row, 2 * i + 1], math.cos(angle), abs_tol=1e-12)
    smaller = begun("mimetic", position_std=0.1)["embed.positions"]
    assert np.abs(smaller - table * 0.1 * math.sqrt(2)).max() < 1e-12


@pytest.mark.parametrize("beginning", ["google", "truncated-normal", "standard-normal"])
def test_the_spread_of_positions_and_the_head_may_be_chosen(beginning):
    p = begun(beginning, position_std=0.3, zero_head=True)
    assert is_spread(p["embed.positions"], 0.3)
    assert not p["head.w"].any()
    assert begun(beginning, zero_head=False)["head.w"].any()


def test_another_beginning_is_refused():
    with pytest.raises(InputError, match="beginning is 'zeros': choose 'google' or 'truncated-no"):
        ViT("digits", beginning="zeros")
    with pytest.raises(InputError, match="beginning is 'zeros': choose 'google' or "):
        TrainingConfig(beginning="zeros")
