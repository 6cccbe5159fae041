import math

import numpy as np
import pytest

from minivit import ViT, variant

WIDE = variant("digits", image=(16, 16), patch=(8, 8), width=256, heads=4, mlp=512, depth=1)


@pytest.fixture(scope="module")
def parameters():
    return ViT(WIDE, seed=3, dtype=np.float64).parameters


def test_what_is_zero_and_what_is_one(parameters):
    for name, array in parameters.items():
        kind = name.rpartition(".")[2]
        if kind == "gamma":
            assert (array == 1).all()
        elif name.startswith("head.") or kind in ("b", "beta", "cls", "b_qkv", "b_out"):
            assert not array.any(), name
        else:
            assert array.any(), name


@pytest.mark.parametrize(
    ("name", "deviation"),
    [
        ("embed.w", 1 / 8),  # LeCun: 1 / sqrt(8 x 8 pixels)
        ("embed.positions", 0.02),
        ("blocks.0.attention.w_qkv", math.sqrt(2 / 512)),  # Xavier: each of the three is D to D
        ("blocks.0.attention.w_out", math.sqrt(2 / 512)),
        ("blocks.0.mlp.w1", math.sqrt(2 / 768)),
        ("blocks.0.mlp.w2", math.sqrt(2 / 768)),
        ("blocks.0.mlp.b1", 1e-6),
        ("blocks.0.mlp.b2", 1e-6),
    ],
)
def test_deviations(parameters, name, deviation):
    array = parameters[name]
    assert abs(array.std() / deviation - 1) < 4 / math.sqrt(array.size)
    assert abs(array.mean()) < 5 * deviation / math.sqrt(array.size)


def test_the_heads_own_layers():
    """Sequence pooling as CCT's linear maps, the pre-logits LeCun-normal, biases 0."""
    config = variant("digits", width=256, pool="sequence", pre_logits=512, depth=0)
    p = ViT(config, seed=3, dtype=np.float64).parameters
    assert abs(p["pool.w"].std() / 0.02 - 1) < 4 / math.sqrt(256)
    assert abs(p["pre_logits.w"].std() * 16 - 1) < 4 / math.sqrt(256 * 512)
    assert np.abs(p["pre_logits.w"]).max() <= 2 / 0.8796 / 16
    assert not any(p[name].any() for name in ("pool.b", "pre_logits.b", "head.w", "head.b"))


def test_xavier_is_uniform_and_lecun_is_cut_off(parameters):
    w = parameters["blocks.0.mlp.w1"]
    assert np.abs(w).max() <= math.sqrt(6 / 768)
    assert np.abs(parameters["embed.w"]).max() <= 2 / 0.8796 / 8


def test_a_seed_decides_everything_in_both_dtypes():
    digits = variant("digits")
    one, same, other = (ViT(digits, seed=seed).parameters.flat for seed in (5, 5, 6))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    double = ViT(digits, seed=5, dtype=np.float64).parameters.flat
    assert np.array_equal(double.astype(np.float32), one)


def test_the_head_may_be_drawn():
    digits = variant("digits")
    zero, drawn = ViT(digits, seed=5), ViT(digits, seed=5, zero_head=False)
    assert drawn.parameters["head.w"].any()
    for name, array in zero.parameters.items():
        assert name == "head.w" or np.array_equal(array, drawn.parameters[name])


def test_no_seed_leaves_zeros():
    assert not ViT(variant("digits"), seed=None).parameters.flat.any()


def test_the_spread_of_the_positions_can_be_chosen(parameters):
    model = ViT(WIDE, seed=3, dtype=np.float64, position_std=0.5)
    for name, array in model.parameters.items():
        factor = 25 if name == "embed.positions" else 1  # 0.5 instead of 0.02, nothing else
        assert np.abs(array - factor * parameters[name]).max() < 1e-14
