"""Models that learn without labels, from patches that are hidden: what they compute, written out.

Their gradients are compared with finite differences in test_model.py.
"""

from dataclasses import replace

import numpy as np
import pytest
from sincos_formulas import expected_table

from minivit import InputError, ViT, ViTConfig, trace_names
from minivit import ops as numpy_ops
from minivit.models import parameter_shapes
from minivit.models.chance import Chance
from minivit.models.cost import cost, cost_table
from minivit.models.losses import hidden_targets, loss_backward, loss_forward
from minivit.ops import layernorm_forward, patchify_backward, patchify_forward
from minivit.ops.masking import MASK, hidden_patches, sources

TINY = ViTConfig((6, 6), 2, (2, 3), 8, 2, 2, 12, 3)  # 6 patches
rng = np.random.default_rng(0)
IMAGES = rng.uniform(-1, 1, (4, 6, 6, 2))
CHANGES = [
    {"objective": "masked-patches"},
    {"objective": "masked-patches", "patch_norm": True, "pool": "mean", "dropout": 0.3},
    {"objective": "masked-patches", "positions": "learned-2d", "positions_at": "every-layer"},
    {"objective": "mae"},
    {"objective": "mae", "decoder_width": 4, "decoder_depth": 2, "pool": "mean", "dropout": 0.3},
    {"objective": "mae", "decoder_depth": 0, "normalised_pixels": True, "masked": 0.4},
]


def built(**changes) -> ViT:
    model = ViT(replace(TINY, **changes), seed=1, dtype=np.float64, zero_head=False)
    for name in ("embed.b", "head.b", "mask.token", "decoder.mask.token", "embed.cls"):
        if name in model.parameters:  # so that none is 0, or as good as 0
            model.parameters[name] = rng.standard_normal(model.parameters[name].shape)
    return model


@pytest.mark.parametrize("changes", CHANGES)
def test_a_trace_holds_every_name_in_its_shape(changes):
    model = built(**changes)
    trace, names = model.trace(IMAGES), trace_names(model.config)
    trace.backward(rng.standard_normal(trace.logits.shape))
    assert [*trace.values] == [*names]
    for name, shape in names.items():
        assert trace.values[name].shape == trace.gradients[name].shape == (4, *shape), name
    assert set(trace.gradients) == set(names) | set(model.parameters)


@pytest.mark.usefixtures("ops")  # on both backends
@pytest.mark.parametrize("changes", CHANGES)
def test_a_trace_equals_forward_and_backward(changes):
    model = built(**changes)
    outputs, cache = model.forward(IMAGES, seed=3)
    dy = rng.standard_normal(outputs.shape)
    dimages = model.backward(dy, cache, want_dimages=True)
    trace = model.trace(IMAGES, seed=3)
    trace.backward(dy)
    assert np.abs(trace.logits - outputs).max() < 1e-13
    assert np.abs(trace.gradients["patchify.images"] - dimages).max() < 1e-13
    for name, gradient in model.gradients.items():
        assert np.abs(trace.gradients[name] - gradient).max() < 1e-12, name


@pytest.mark.parametrize("changes", CHANGES)
def test_the_names_of_a_vit_are_those_of_a_vit(changes):
    """So that fine-tuning finds them: all of a plain model's, in their shapes, but the head's."""
    config = replace(TINY, **changes)
    own, plain = parameter_shapes(config), parameter_shapes(config.classifier())
    assert {n: own[n] for n in plain if not n.startswith("head.")} == {
        name: shape for name, shape in plain.items() if not name.startswith("head.")
    }
    assert any(name.startswith(("mask.", "decoder.mask.")) for name in own)


@pytest.mark.usefixtures("ops")
@pytest.mark.parametrize("changes", [c for c in CHANGES if c["objective"] == "masked-patches"])
def test_masked_patches_are_a_vit_on_an_image_with_these_patches(changes):
    """With the token that a patch of zeros would get, the model is a plain ViT on another image."""
    model = built(**changes | {"dropout": 0.0, "patch_norm": False})
    c, p = model.config, model.parameters
    p["mask.token"] = p["embed.b"]
    outputs, _ = model.forward(IMAGES, seed=7)

    patches, cut = patchify_forward(IMAGES, patch=c.patch)
    masking = Chance(7).masking(c)
    found = sources("corrupted", masking, 4, has_cls=False)
    assert {*map(int, (found == MASK).sum(axis=1))} != {0}
    moved = np.take_along_axis(patches, np.maximum(found, 0)[..., None], axis=1)
    other = patchify_backward(np.where((found == MASK)[..., None], 0, moved), cut)
    plain = ViT(c.classifier(), seed=None, dtype=np.float64)
    for name in plain.parameters:
        if not name.startswith("head."):
            plain.parameters[name] = p[name]
    x = plain.features(other)[-1][:, int(c.has_cls) :]
    x, _ = layernorm_forward(x, *p.of("norm"), eps=c.eps)
    hidden = hidden_patches(masking, 4)
    x = np.take_along_axis(x, hidden[..., None], axis=1)
    assert outputs.shape == (4, 3, 64)
    assert np.abs(outputs - (x @ p["head.w"] + p["head.b"])).max() < 1e-12


@pytest.mark.usefixtures("ops")
def test_a_masked_autoencoder_sees_the_visible_patches_and_nothing_of_the_others():
    model = built(objective="mae")
    outputs, _ = model.forward(IMAGES, seed=5)
    patches, cut = patchify_forward(IMAGES, patch=model.config.patch)
    for b, hidden in enumerate(hidden_patches(Chance(5).masking(model.config), 4)):
        for n in range(6):
            changed = patches.copy()
            changed[b, n] += 0.5
            other, _ = model.forward(patchify_backward(changed, cut), seed=5)
            moved = np.abs(other - outputs).max(axis=(1, 2)) > 0
            assert moved.tolist() == [image == b and n not in hidden for image in range(4)]


@pytest.mark.usefixtures("ops")
def test_a_masked_autoencoder_without_blocks_tells_what_its_mask_token_and_places_say():
    """pixels = LN(token + the place's sines) w + b: no visible patch can reach a hidden one."""
    model = built(objective="mae", depth=0, decoder_depth=0, decoder_width=4)
    c, p = model.config, model.parameters
    outputs, _ = model.forward(IMAGES, seed=2)
    x = p["decoder.mask.token"] + expected_table("sincos-2d-mae", c.grid, 4, has_cls=False)
    centred = x - x.mean(axis=1, keepdims=True)
    x = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + c.eps)
    told = x @ p["head.w"] + p["head.b"]
    for output, hidden in zip(outputs, hidden_patches(Chance(2).masking(c), 4), strict=True):
        assert np.abs(output - told[hidden]).max() < 1e-12


@pytest.mark.parametrize("changes", CHANGES)
def test_a_batch_in_parts_hides_the_same_patches(changes):
    model = built(**changes)
    whole, _ = model.forward(IMAGES, seed=9)
    last, _ = model.forward(IMAGES[1:], seed=9, first_image=1)
    assert np.abs(whole[1:] - last).max() < 1e-12
    targets = hidden_targets(model, IMAGES, seed=9)
    assert np.array_equal(targets[1:], hidden_targets(model, IMAGES[1:], seed=9, first_image=1))
    again = model.logits(IMAGES[1:], first_image=1)
    assert np.array_equal(again, model.logits(IMAGES[1:], first_image=1))
    assert np.abs(model.logits(IMAGES)[1:] - again).max() < 1e-12


@pytest.mark.usefixtures("ops")
def test_a_model_that_knows_its_targets_has_no_loss(ops):
    for changes in CHANGES:
        model = built(**changes)
        c, targets = model.config, hidden_targets(model, IMAGES, seed=1)
        told = targets if c.objective == "mae" else 1000.0 * np.eye(c.outputs)[targets]
        loss, cache = loss_forward(ops, c, told, targets)
        assert loss == 0
        assert not loss_backward(ops, c, np.float64(1), cache).any()


def test_colours_are_counted_between_the_black_and_the_white_of_the_data():
    model = built(objective="masked-patches", masked=0.99, channels=1)
    grey = np.full((1, 6, 6, 1), 0.9)
    assert set(hidden_targets(model, grey).ravel()) == {7}
    model.preprocessing = {"low": 0, "high": 6}
    assert set(hidden_targets(model, grey).ravel()) == {1}


def test_the_loss_of_a_zero_head_is_that_of_a_guess():
    model = ViT(replace(TINY, objective="masked-patches"), dtype=np.float64)
    targets = hidden_targets(model, IMAGES, seed=4)
    outputs, _ = model.forward(IMAGES, seed=4)
    loss, _ = loss_forward(numpy_ops, model.config, outputs, targets)
    assert abs(loss - np.log(64)) < 1e-12


def test_the_blocks_of_a_masked_autoencoder_cost_what_the_visible_tokens_do():
    plain, mae = TINY, replace(TINY, objective="mae", masked=0.5)
    attention = {row.name: row for row in cost_table(mae)}["blocks.0.attention"]
    whole = {row.name: row for row in cost_table(plain)}["blocks.0.attention"]
    assert (attention.shape, whole.shape) == ((4, 8), (7, 8))
    assert attention.flops < 4 / 7 * whole.flops
    assert cost(mae, batch=1).parameters == ViT(mae, seed=None).layout.size


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"masked": 0.5}, "masked is 0.5, and the objective is classes: .* masked-patches or mae"),
        ({"objective": "masked-patches", "decoder_depth": 2}, "decoder depth is 2, .* choose mae"),
        ({"objective": "masked-patches", "normalised_pixels": True}, "normalised pixels is True"),
        ({"objective": "mae", "patch": 6}, "an image is one patch: choose smaller patches"),
        ({"objective": "mae", "pool": "sequence"}, "behind the blocks: choose pool cls, mean or f"),
        ({"objective": "masked-patches", "pre_logits": 4}, "without norm after pool and pre-log"),
        ({"objective": "masked-patches", "channels": 5}, "32,768 colours or more: .* at most 4"),
        ({"objective": "mae", "window": 3}, "a window would need the patches that its blocks don"),
        ({"objective": "mae", "positions": "relative"}, "relative positions would need"),
        ({"objective": "mae", "top_k": 4}, "the blocks see 3 tokens: choose at most 3"),
        ({"objective": "mae", "decoder_width": 6}, "the decoder's width is 6: .* multiple of 4"),
        ({"objective": "mae", "decoder_depth": 1001}, "decoder depth is 1001: expected at most"),
        (
            {
                "objective": "mae",
                "root": 2,
                "root_side": 3,
                "root_stride": 1,
                "root_pool": False,
                "groups": 1,
            },
            "and root is 2: patches of the image are hidden, and a hybrid's",
        ),
        ({"objective": "words"}, "objective is 'words': choose 'classes' or 'masked-patches'"),
        (
            {"objective": "mae", "masked": 1.0},
            "masked is 1.0: expected a number above 0 to below 1",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(changes, words):
    with pytest.raises(InputError, match=words):
        replace(TINY, **changes)


@pytest.mark.parametrize(
    ("objective", "masked", "hidden"),
    [("masked-patches", None, 3), ("mae", None, 4), ("mae", 0.01, 1), ("mae", 0.99, 5)],
)
def test_at_least_one_patch_is_hidden_and_one_is_left(objective, masked, hidden):
    assert replace(TINY, objective=objective, masked=masked).hidden == hidden
