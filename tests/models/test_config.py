import pytest

from minivit import InputError
from minivit.models.config import ViTConfig
from minivit.models.variants import VARIANTS, variant


def test_sizes_that_follow():
    c = ViTConfig((4, 9), 3, (2, 3), 8, 1, 2, 16, 5)
    assert (c.grid, c.patches, c.tokens, c.pixels) == ((2, 3), 6, 7, 18)
    assert variant("digits", pool="mean").tokens == 16
    assert variant("digits", pool="mean", cls_token=True).tokens == 17
    assert variant("digits", cls_token=True).tokens == variant("digits").tokens == 17
    assert variant("digits", pool="flatten").pooled == 16 * 64
    assert variant("digits", pool="flatten", cls_token=True).pooled == 17 * 64


def test_heads_may_have_a_width_of_their_own():
    assert variant("digits").heads_width == 64
    assert variant("digits", heads=5, head_width=7).heads_width == 35
    assert variant("digits", heads=1, out_projection=False).heads_width == 64


def test_overlapping_patches_make_more_tokens():
    c = ViTConfig((4, 9), 3, (2, 3), 8, 1, 2, 16, 5, stride=(1, 2))
    assert (c.grid, c.patches, c.tokens, c.pixels) == ((3, 4), 12, 13, 18)
    assert variant("digits", stride=2).grid == variant("digits").grid


def test_stochastic_depth_grows_in_a_line_from_0():
    c = variant("digits", depth=5, stochastic_depth=0.2)
    rates = [c.drop_rate(i) for i in range(5)]
    assert rates == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])


def test_survives_a_dictionary():
    for config in VARIANTS.values():
        assert type(config).from_dict(config.to_dict()) == config


@pytest.mark.parametrize("values", [{"width": 8}, {**VARIANTS["digits"].to_dict(), "wings": 2}])
def test_refuses_another_dictionary(values):
    with pytest.raises(InputError, match="the configuration is not one of a ViT"):
        ViTConfig.from_dict(values)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"heads": 5}, "width is 64 and heads is 5"),
        ({"patch": 3}, "image is 8x8 and patch side is 3: 8 is not a multiple of 3"),
        ({"width": 0}, "width is 0: expected a whole number from 1"),
        ({"mlp": 2.5}, "mlp is 2.5"),
        ({"depth": -1}, "depth is -1"),
        ({"pool": "max"}, "pool is 'max': choose 'cls' or 'mean'"),
        ({"cls_token": False}, "pool is 'cls' and cls token is False: .* choose another pool, or"),
        ({"norm_after_pool": True}, "pool is 'cls' and norm after pool is True: .* the same with"),
        ({"cls_token": 1}, "cls token is 1: expected True or False, or None"),
        ({"pre_logits": 0}, "pre logits is 0: expected a whole number from 1, or None"),
        ({"positions": "sine"}, "positions is 'sine'"),
        ({"positions_at": "everywhere"}, "positions at is 'everywhere'"),
        (
            {"positions": "learned-2d", "width": 9, "heads": 3},
            "width is 9: .* choose an even width",
        ),
        ({"positions": "sincos", "width": 9, "heads": 3}, "width is 9 .* a multiple of 2; choose"),
        ({"positions": "sincos-2d", "width": 6, "heads": 3}, "width is 6 .* a multiple of 4; choo"),
        (
            {"positions": "sincos-2d-mae", "positions_at": "every-layer-shared"},
            "positions are sincos-2d-mae at every-layer-shared: .* choose every-layer$",
        ),
        (
            {"positions": "none", "positions_at": "every-layer"},
            "positions are none at every-layer: there is nothing to add",
        ),
        (
            {"stochastic_depth": 0.1, "depth": 1},
            "the first block is never left out; choose at least",
        ),
        ({"stride": 3}, "stride is 3 and patch side is 2: the pixels between two patches"),
        (
            {"stride": (2, 3), "patch": 4},
            r"image is 8x8, patch side is 4 and stride is 2x3: 8 is not 4 and some strides of 3",
        ),
        ({"stride": 0}, r"stride is 0: expected a whole number from 1, or a pair .*, or None"),
        (
            {"patch_norm": True, "patch": 1},
            "a patch is 1 numbers and width is 64: LayerNorm makes 0 of a single number",
        ),
        ({"top_k": 18}, "top_k is 18, and there are 17 keys"),
        ({"axial": True, "window": 3}, "window is 3 and axial is True: .* choose one of them"),
        ({"axial": True, "top_k": 6}, "top_k is 6, and there are 5 keys"),
        ({"axial": "rows"}, "axial is 'rows': expected True or False"),
        ({"window": 4}, "window is 4: the patch itself is in the middle; choose .* such as 5"),
        ({"window": 8}, "window is 8: .* choose an odd number such as 7"),
        ({"window": 9}, "window is 9, and the grid of patches is 4x4: with 7 every patch sees all"),
        ({"window": 0}, "window is 0: expected a whole number from 1, or None"),
        ({"window": 3, "top_k": 11}, "top_k is 11, and there are 10 keys"),
        ({"window": 5, "top_k": 17, "pool": "mean"}, "top_k is 17, and there are 16 keys"),
        ({"top_k": 0}, "top k is 0: expected a whole number from 1, or None"),
        ({"stochastic_depth": 1.0}, "stochastic depth is 1.0: expected a number from 0 to below 1"),
        ({"dropout": 1}, "dropout is 1: expected a number from 0 to below 1"),
        ({"attention_dropout": -0.1}, "attention dropout is -0.1: expected a number from 0 to"),
        ({"attention_dropout": 0.1, "depth": 0}, "depth is 0, and attention dropout would be in"),
        ({"window": 3, "depth": 0}, "depth is 0, and window would be in the blocks: choose at lea"),
        ({"axial": True, "depth": 0}, "depth is 0, and axial would be"),
        ({"top_k": 2, "depth": 0}, "depth is 0, and top k would be"),
        ({"positions": "relative", "depth": 0}, "depth is 0, and relative positions would be"),
        ({"positions_at": "every-layer", "depth": 0}, "depth is 0, and positions at every layer"),
        (
            {"patch": (8, 2), "axial": True},
            "axial is True, and the grid of patches is 1x4: in half",
        ),
        ({"patch": 8, "pool": "mean", "top_k": 2}, "top_k is 2, and there is 1 key to attend to"),
        ({"heads": 5, "head_width": 0}, "head width is 0: expected a whole number from 1, or None"),
        (
            {"out_projection": False},
            "out projection is False, heads is 4 and head width is 16: .* choose one head of wid",
        ),
        (
            {"out_projection": False, "heads": 1, "head_width": 32},
            "heads is 1 and head width is 32: .* choose one head of width 64, or an out projec",
        ),
        ({"gelu": "fast"}, "gelu is 'fast': choose 'erf' or 'tanh'"),
        ({"eps": 0}, "eps is 0: expected a small positive number"),
        ({"eps": float("nan")}, "eps is nan"),
        ({"wings": 2}, "has no field wings"),
    ],
)
def test_refuses_sizes_that_do_not_fit(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        variant("digits", **changes)


@pytest.mark.parametrize(
    ("given", "near"), [("b/61", "B/16"), ("digit", "digits"), ("H14", "H/14")]
)
def test_an_unknown_variant_names_the_nearest(given, near):
    with pytest.raises(InputError, match=f"unknown variant {given!r}; the nearest is {near}"):
        variant(given)


def test_sides_that_are_no_pair_name_their_field():
    for name in ("image", "patch"):
        with pytest.raises(InputError, match=rf"^{name} is \(8, 8, 1\): .* a pair \(height, width"):
            variant("digits", **{name: (8, 8, 1)})


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("vit_base_patch16_224", "B/16"),
        ("vit_tiny_patch16_224", "Ti/16"),
        ("vit_huge_patch14_224", "H/14"),
        ("deit_small_patch16_224", "S/16"),
        ("google/vit-base-patch16-224", "B/16"),
        ("google/vit-large-patch32-224", "L/32"),
        ("facebook/deit-tiny-patch16-224", "Ti/16"),
        ("vit_b_32", "B/32"),
        ("ViT-L/16", "L/16"),
        ("ViT-Ti/16", "Ti/16"),
    ],
)
def test_the_names_of_others_are_known(theirs, ours):
    assert variant(theirs, depth=2) == variant(ours, depth=2)


@pytest.mark.parametrize(
    "theirs",
    [
        "vit_base_patch16_384",
        "google/vit-base-patch16-224-in21k",
        "vit_huge_patch16_224",
        "zzz",
        "",
    ],
)
def test_another_model_is_none_of_ours_and_nothing_far_is_named(theirs):
    with pytest.raises(InputError) as refused:
        variant(theirs)
    assert str(refused.value).startswith(f"unknown variant {theirs!r}. There are digits, ")
