import numpy as np
import pytest
from looked_at import KINDS, build, images_for

import minivit
from minivit.inspection import attention_batches, attention_maps, cls_attention
from minivit.inspection.recording import BATCH


def small_model(**changes):
    sizes = {"image": (4, 6), "width": 12, "depth": 2, "heads": 3, "mlp": 8, "classes": 3}
    return minivit.ViT(minivit.variant("digits", **(sizes | changes)), seed=1, position_std=1.0)


def small_images(count):
    return np.random.default_rng(0).uniform(-1, 1, (count, 4, 6, 1)).astype(np.float32)


def test_it_is_the_row_of_the_cls_token_in_every_block_and_head():
    model, images = small_model(), small_images(2)
    attention = cls_attention(model, images)
    assert attention.shape == (2, 2, 3, 2, 3) and attention.dtype == np.float32
    values = model.trace(images).values
    for block in range(2):
        probs = values[f"blocks.{block}.attention.probs"]
        itself = probs[:, :, 0, 0]
        np.testing.assert_allclose(attention[:, block].sum(axis=(-1, -2)), 1 - itself, rtol=1e-5)
        # Token 1 + 1 * 3 + 2 is the patch in row 1 and column 2.
        np.testing.assert_array_equal(attention[:, block, :, 1, 2], probs[:, :, 0, 6])


def test_without_a_cls_token_it_is_the_mean_over_all_queries():
    model, images = small_model(pool="mean"), small_images(2)
    attention = cls_attention(model, images)
    np.testing.assert_allclose(attention.sum(axis=(-1, -2)), 1, rtol=1e-5)
    probs = model.trace(images).values["blocks.1.attention.probs"]  # (B, H, 6, 6)
    np.testing.assert_allclose(attention[:, 1, :, 0, 2], probs[..., 2].mean(axis=2), rtol=1e-5)


@pytest.mark.parametrize("pool", ["mean", "sequence", "flatten"])
def test_a_cls_token_that_the_head_does_not_read_is_one_query_of_all(pool):
    model, images = small_model(pool=pool, cls_token=True), small_images(2)
    attention = cls_attention(model, images)
    probs = model.trace(images).values["blocks.1.attention.probs"]  # (B, H, 7, 7)
    np.testing.assert_allclose(attention[:, 1, :, 0, 2], probs[..., 3].mean(axis=2), rtol=1e-5)
    to_cls = probs[..., 0].mean(axis=2)
    np.testing.assert_allclose(attention[:, 1].sum(axis=(-1, -2)), 1 - to_cls, rtol=1e-5)


def test_an_axial_block_has_two():
    model, images = small_model(axial=True), small_images(2)
    attention, values = cls_attention(model, images), model.trace(images).values
    assert attention.shape == (2, 4, 3, 2, 3)
    probs = values["blocks.1.row_attention.probs"], values["blocks.1.column_attention.probs"]
    for layer, one in enumerate(probs, 2):
        np.testing.assert_array_equal(attention[:, layer, :, 1, 2], one[:, :, 0, 6])


def test_batches_change_nothing():
    model, images = small_model(), small_images(BATCH + 3)
    one_by_one = np.concatenate([cls_attention(model, image[None]) for image in images])
    np.testing.assert_allclose(cls_attention(model, images), one_by_one, rtol=1e-4, atol=1e-6)


def test_no_images_give_an_empty_array_and_wrong_ones_a_sentence():
    model = small_model()
    assert cls_attention(model, small_images(0)).shape == (0, 2, 3, 2, 3)
    with pytest.raises(minivit.InputError, match=r"takes \(B, 4, 6, 1\)"):
        cls_attention(model, np.zeros((1, 6, 4, 1)))


@pytest.mark.parametrize("kind", KINDS)
def test_maps_are_what_every_attention_of_a_trace_notes(kind):
    model = build(**KINDS[kind])
    images = images_for(model)
    found, values = attention_maps(model, images), model.trace(images).values
    names = [name for name in values if name.endswith("attention.probs")]
    assert found.shape == (3, len(names), 2, model.config.tokens, model.config.tokens)
    for layer, name in enumerate(names):
        np.testing.assert_array_equal(found[:, layer], values[name])
    np.testing.assert_allclose(found.sum(axis=-1), 1, rtol=1e-12)


@pytest.mark.usefixtures("ops")  # on both backends: fused attention holds no probabilities
def test_there_is_attention_where_the_kernels_fuse_it():
    model = build()
    images = images_for(model)
    values = model.trace(images).values
    expected = np.stack([values[f"blocks.{i}.attention.probs"] for i in range(2)], axis=1)
    np.testing.assert_array_equal(attention_maps(model, images), expected)


def test_it_is_the_attention_before_dropout():
    """A row that lost some of its keys, the others doubled, is not what the model sees."""
    model = build(**KINDS["chance"])
    images = images_for(model)
    trained = model.trace(images, seed=3).values
    place = "blocks.0.attention"
    assert not np.allclose(trained[f"{place}.probs_kept"].sum(axis=-1), 1)
    found = attention_maps(model, images)[:, 0]
    np.testing.assert_allclose(found.sum(axis=-1), 1, rtol=1e-12)
    assert (found > 0).all()


def test_batches_of_maps_are_the_maps(monkeypatch):
    model = build()
    images = images_for(model, 5)
    monkeypatch.setattr("minivit.inspection.recording.BATCH", 2)
    batches = list(attention_batches(model, images))
    assert list(map(len, batches)) == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(batches), attention_maps(model, images))


def test_a_model_without_blocks_has_no_layer_of_attention():
    model = build(depth=0)
    assert attention_maps(model, images_for(model)).shape == (3, 0, 2, 7, 7)
