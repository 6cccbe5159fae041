import numpy as np
import pytest
from looked_at import KINDS, build, drawn_attention, images_for

import minivit
from minivit import ops
from minivit.inspection import (
    attention_maps,
    gradient_weighted,
    gradient_weighted_map,
    rollout,
    rollout_map,
)
from minivit.inspection.rollout import read_by_head, without_least
from minivit.models.head import head_forward

T, L = 7, 3


@pytest.mark.parametrize("fuse", ["mean", "max", "min"])
@pytest.mark.parametrize("discard", [0, 0.3, 0.9])
def test_rows_sum_to_1(fuse, discard):
    R = rollout(drawn_attention(0), fuse=fuse, discard=discard)
    assert R.min() >= 0
    np.testing.assert_allclose(R.sum(axis=-1), 1, rtol=1e-13)


def test_even_attention_and_none_have_closed_forms():
    even = np.full((1, L, 2, T, T), 1 / T)
    expected = (1 - 2.0**-L) / T + 2.0**-L * np.eye(T)
    np.testing.assert_allclose(rollout(even)[0], expected, rtol=1e-13)
    itself = np.broadcast_to(np.eye(T), (1, L, 2, T, T))
    np.testing.assert_array_equal(rollout(itself, fuse="max")[0], np.eye(T))


def test_two_layers_of_two_tokens_by_hand():
    """The largest of two heads, so that rows have other sums than 1, and different ones.

    Layer 1: heads (1, 0; .5, .5) and (.5, .5; .5, .5), the largest (1, .5; .5, .5), with I (2, .5;
    .5, 1.5), rows divided (.8, .2; .25, .75). Layer 2: (0, 1; 0, 1) twice, with I (1, 1; 0, 2),
    divided (.5, .5; 0, 1). The second times the first: (.525, .475; .25, .75).
    """
    first = [[[1, 0], [0.5, 0.5]], [[0.5, 0.5], [0.5, 0.5]]]
    second = 2 * [[[0, 1], [0, 1]]]
    R = rollout(np.array([[first, second]], float), fuse="max")
    np.testing.assert_allclose(R[0], [[0.525, 0.475], [0.25, 0.75]], rtol=1e-15)


def test_tokens_in_another_order_give_the_map_in_that_order():
    A, order = drawn_attention(1), np.random.default_rng(0).permutation(T)
    for options in ({}, {"fuse": "max", "discard": 0.4, "has_cls": False}):
        again = rollout(A[..., order, :][..., order], **options)
        np.testing.assert_allclose(again, rollout(A, **options)[:, order][:, :, order], rtol=1e-13)


def test_the_least_weights_are_discarded_but_never_those_to_cls():
    F = np.array([[[0.0, 0.2, 0.8], [0.5, 0.3, 0.2], [0.0, 0.2, 0.9]]])
    # Of six weights to patches the three least: .2 three times.
    assert without_least(F, 0.5, 1).tolist() == [[[0, 0, 0.8], [0.5, 0.3, 0], [0, 0, 0.9]]]
    # floor(0.49 * 6) = 2: of equal ones the first.
    assert without_least(F, 0.49, 1).tolist() == [[[0, 0, 0.8], [0.5, 0.3, 0], [0, 0.2, 0.9]]]
    # Without a cls token all nine count: the two zeros first.
    assert without_least(F, 0.4, 0).tolist() == [[[0, 0, 0.8], [0.5, 0.3, 0.2], [0, 0.2, 0.9]]]


def test_a_rollout_discards_nothing_that_goes_to_cls_where_there_is_one():
    A = np.array([[[[[0.1, 0.4, 0.5], [0.2, 0.4, 0.4], [0.05, 0.45, 0.5]]]]])
    # The three least to patches are the .4; of all nine the four least are all to cls, and a .4.
    with_cls, without = (rollout(A, discard=0.5, has_cls=has)[0] for has in (True, False))
    np.testing.assert_allclose(with_cls[0], np.array([1.1, 0, 0.5]) / 1.6, rtol=1e-15)
    np.testing.assert_allclose(with_cls[1], np.array([0.2, 1, 0]) / 1.2, rtol=1e-15)
    np.testing.assert_allclose(without[0], np.array([1, 0, 0.5]) / 1.5, rtol=1e-15)
    for changes, first in (({}, 1), ({"pool": "mean"}, 0)):
        model, options = build(**changes), {"fuse": "max", "discard": 0.4}
        images = images_for(model)
        R = rollout(attention_maps(model, images), has_cls=bool(first), **options)
        read = R[:, 0] if first else R.mean(axis=1)
        found = rollout_map(model, images, **options)
        np.testing.assert_allclose(found.reshape(3, -1), read[:, first:], rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda A: rollout(A[:, :0]), "attention has no layer"),
        (lambda A: rollout(A[0]), r"attention has shape \(3, 2, 7, 7\): expected \(B, L, H, T, T"),
        (lambda A: rollout(A, fuse="sum"), "fuse is 'sum': choose 'mean' or 'max' or 'min'"),
        (lambda A: rollout(A, discard=1.0), "discard is 1.0: expected a part from 0"),
        (lambda A: gradient_weighted(A[:, :0], A[:, :0]), "attention has no layer"),
        (lambda A: gradient_weighted(A, A[:1]), r"gradients have shape \(1, 3, 2, 7, 7\)"),
    ],
)
def test_what_can_not_be_rolled_out_is_refused(call, sentence):
    with pytest.raises(minivit.InputError, match=sentence):
        call(drawn_attention(0))


@pytest.mark.parametrize("kind", KINDS)
def test_the_map_is_read_where_the_head_reads(kind):
    model = build(**KINDS[kind])
    images, c = images_for(model), model.config
    R, first = rollout(attention_maps(model, images), has_cls=c.has_cls), int(c.has_cls)
    found = rollout_map(model, images)
    assert found.shape == (3, *c.grid)
    flat = found.reshape(3, -1)
    if c.pool == "cls":
        np.testing.assert_allclose(flat, R[:, 0, 1:], rtol=1e-12)
        np.testing.assert_allclose(flat.sum(axis=1), 1 - R[:, 0, 0], rtol=1e-12)
    elif c.pool == "mean":
        np.testing.assert_allclose(flat, R[:, first:, first:].mean(axis=1), rtol=1e-12)
    elif c.pool == "sequence":
        weights = model.trace(images).values["pool.probs"]
        assert np.ptp(weights, axis=1).min() > 0.02  # else it could be the mean
        expected = np.einsum("bq,bqk->bk", weights, R[:, :, first:])
        np.testing.assert_allclose(flat, expected, rtol=1e-12)
    else:
        np.testing.assert_allclose(flat, R[:, :, first:].mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(read_by_head(model, images).sum(axis=1), 1, rtol=1e-12)


def test_blocks_before_the_start_are_left_out():
    for changes, layers in (({}, 1), ({"axial": True}, 2)):
        model = build(depth=3, **changes)
        images = images_for(model)
        A = attention_maps(model, images)
        expected = rollout(A[:, layers:])[:, 0, 1:].reshape(-1, *model.config.grid)
        found = rollout_map(model, images, start_block=1)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    with pytest.raises(minivit.InputError, match="start block is 3: the model has blocks from 0 t"):
        rollout_map(model, images, start_block=3)
    for no_blocks in (rollout_map, lambda m, x: gradient_weighted_map(m, x, [0, 1, 2])):
        with pytest.raises(minivit.InputError, match="the model has no blocks"):
            no_blocks(build(depth=0), images)


def test_patches_in_another_order_permute_the_map():
    """A model without positions doesn't know where a patch lies."""
    model = build(positions="none")
    images = images_for(model, 1)
    moved = images[:, :, [4, 5, 0, 1, 2, 3]]  # the last column of patches comes first
    for draw in (rollout_map, lambda m, x: gradient_weighted_map(m, x, [1])):
        found, again = draw(model, images), draw(model, moved)
        np.testing.assert_allclose(again, found[:, :, [2, 0, 1]], rtol=1e-10)
        assert np.ptp(found) > 1e-3


def test_one_layer_weighed_by_gradients_in_closed_form():
    A, G = drawn_attention(3, layers=1), np.random.default_rng(4).normal(size=(2, 1, 2, T, T))
    expected = np.where(G > 0, A * G, 0).mean(axis=2)[:, 0]
    np.testing.assert_allclose(gradient_weighted(A, G), expected, atol=1e-15)


def test_layers_multiply_from_the_last_to_the_first():
    """Token 1 goes into 0 in the first layer and 2 into 1 in the second: nothing of 2 gets to 0;
    the other way round it does, though no layer gives it there by itself."""
    A = np.zeros((1, 2, 1, 3, 3))
    A[0, 0, 0, 0, 1] = A[0, 1, 0, 1, 2] = 1
    for way, expected in ((A, 0), (A[:, ::-1], 1)):
        assert gradient_weighted(way, np.ones_like(A))[0, 0, 2] == expected
        assert (rollout(way + 1e-9)[0, 0, 2] > 0.1) == bool(expected)


def test_each_layer_is_weighed_by_its_own_gradients():
    A, G = drawn_attention(5, layers=2), np.ones((2, 2, 2, T, T))
    G[:, 1] = 0  # the second layer counts for nothing
    np.testing.assert_allclose(gradient_weighted(A, G), A[:, 0].mean(axis=1), atol=1e-15)


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_weighted_maps_are_those_of_the_logit_and_not_below_0(kind):
    model = build(**KINDS[kind])
    images = images_for(model)
    found, c = gradient_weighted_map(model, images, [0, 2, 1]), model.config
    assert found.shape == (3, *c.grid)
    assert found.min() >= 0 and np.ptp(found) > 0
    trace = model.trace(images)
    trace.backward(np.eye(3)[[0, 2, 1]])  # of the logits
    names = [name for name in trace.values if name.endswith("attention.probs")]
    R = np.eye(c.tokens)
    for A, G in ((trace.values[name], trace.gradients[name]) for name in names):
        R = R + np.maximum(A * G, 0).mean(axis=1) @ R
    # What the head reads of R - I: with pool "cls" its row, else the mean of several.
    read = read_by_head(model, images)[:, None] @ (R - np.eye(c.tokens))
    np.testing.assert_allclose(found.reshape(3, -1), read[:, 0, int(c.has_cls) :], rtol=1e-10)
    assert not model.gradients.flat.any()  # the model's own are left alone
    if model.config.depth == 2 and not model.config.axial:
        again = gradient_weighted_map(model, images[1:], [2, 1], start_block=1)
        assert again.shape == (2, *model.config.grid) and not np.allclose(again, found[1:])


def test_a_zero_head_gives_zeros():
    model = build()
    model.parameters["head.w"] = 0
    assert not gradient_weighted_map(model, images_for(model), [0, 1, 2]).any()


def test_the_gradient_is_that_of_the_logit_by_the_attention():
    """Central differences: the values are mixed by nudged attention, in the last layer."""
    model = build(depth=1, heads=1)
    images, p, c, h = images_for(model, 1), model.parameters, model.config, 1e-5
    trace = model.trace(images)
    values = trace.values

    def logit(A):
        a = "blocks.0.attention"
        merged = A @ values[f"{a}.v"][0, 0]
        x = values["embed.x"][0] + merged @ p[f"{a}.w_out"] + p[f"{a}.b_out"]
        y, _ = ops.mlp_branch_forward(x[None], *p.of("blocks.0.mlp"), gelu=c.gelu, eps=c.eps)
        return head_forward(ops, p, c, y, {})[0, 2]

    A = values["blocks.0.attention.probs"][0, 0]
    assert abs(logit(A) - trace.logits[0, 2]) < 1e-13
    expected = np.zeros_like(A)
    for q, k in np.ndindex(A.shape):
        nudge = np.zeros_like(A)
        nudge[q, k] = h
        slope = (logit(A + nudge) - logit(A - nudge)) / (2 * h)
        expected[q, k] = max(0, A[q, k] * slope)
    found = gradient_weighted_map(model, images, [2])
    np.testing.assert_allclose(found.ravel(), expected[0, 1:], atol=1e-9)
    assert expected[0, 1:].max() > 1e-3


def test_a_class_that_the_model_lacks_is_refused():
    model = build()
    with pytest.raises(minivit.InputError, match="3"):
        gradient_weighted_map(model, images_for(model), [0, 1, 3])
