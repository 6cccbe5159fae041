import numpy as np
import pytest
from looked_at import KINDS, build, images_for

import minivit
from minivit.inspection import (
    attention_maps,
    embedding_filters,
    gradient_weighted_map,
    logit_lens,
    occlusion,
    over_patches,
    rollout_map,
    saliency,
)


@pytest.mark.parametrize("kind", ["cls", "mean", "flatten", "axial", "overlap", "hybrid"])
def test_it_is_what_the_logit_loses_patch_by_patch(kind):
    model = build(**KINDS[kind])
    images, targets, c = images_for(model), [2, 1, 0], model.config
    fill = np.array([0.3, -0.7])
    found = occlusion(model, images, targets, fill)
    assert found.shape == (3, *c.grid)
    n = 2 if kind == "hybrid" else 1  # pixels that a place of its map stands for, along a side
    (P, Q), (S, R) = ([n * side for side in sides] for sides in (c.patch, c.stride or c.patch))
    for b, r, q in np.ndindex(found.shape):
        hidden = images[b : b + 1].copy()
        hidden[:, r * S : r * S + P, q * R : q * R + Q] = fill
        loss = model.logits(images[b : b + 1]) - model.logits(hidden)
        assert found[b, r, q] == pytest.approx(loss[0, targets[b]], abs=1e-12)
    assert np.abs(found).min() > 1e-6


@pytest.mark.usefixtures("ops")  # on both backends
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_patch_that_is_the_fill_loses_exactly_nothing(dtype):
    drawn = build(image=(18, 18))  # 81 patches: more than a batch
    model = minivit.ViT(drawn.config, dtype=dtype)
    model.parameters.flat[:] = drawn.parameters.flat
    images = images_for(model, 2)
    images[:, 4:6, 2:4] = images[:, 16:, 16:] = -1
    found = occlusion(model, images, [0, 1], -1)
    assert not found[:, 2, 1].any() and not found[:, 8, 8].any()
    assert np.count_nonzero(found) == 2 * 79


def test_the_fill_is_the_baseline_where_none_is_given():
    model = build()
    images = images_for(model)
    by_itself = occlusion(model, images, [0, 1, 2])
    mean = images.mean(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(by_itself, occlusion(model, images, [0, 1, 2], mean), atol=1e-13)


def test_a_class_that_the_model_lacks_is_refused():
    model = build()
    with pytest.raises(minivit.InputError, match="3"):
        occlusion(model, images_for(model), [0, 1, 3])


def small_resnet(**sizes):
    model = minivit.ResNet(minivit.ResNetConfig(channels=2, classes=3, groups=1, **sizes),
                           dtype=np.float64)  # fmt: skip
    model.parameters.flat[:] = np.random.default_rng(1).standard_normal(model.layout.size)
    return model


def test_of_a_resnet_the_squares_of_its_last_map_are_covered():
    """10 x 7 pixels, two strides of 2: a map of 3 x 2, whose last squares are cut off."""
    model = small_resnet(image=(10, 7), root=2, root_side=3, root_pool=True)
    images, targets = images_for(model), [2, 1, 0]
    found = occlusion(model, images, targets, 0.3)
    assert found.shape == (3, 3, 2) and model.config.map_step == 4
    for b, r, q in np.ndindex(found.shape):
        hidden = images[b : b + 1].copy()
        hidden[:, 4 * r : 4 * r + 4, 4 * q : 4 * q + 4] = 0.3
        loss = model.logits(images[b : b + 1]) - model.logits(hidden)
        assert found[b, r, q] == pytest.approx(loss[0, targets[b]], abs=1e-12)
    ones = over_patches(np.ones((1, 10, 7)), model.config)
    assert ones.tolist() == [[[16, 12], [16, 12], [8, 6]]]


def test_a_model_without_patches_and_one_without_classes_are_refused():
    resnet = small_resnet(image=(8, 8), root=2, root_side=3, root_stride=1)
    pretrained = build(objective="mae")
    with pytest.raises(minivit.InputError, match="a ResNet has no patches to look at"):
        logit_lens(resnet, images_for(resnet))
    with pytest.raises(minivit.InputError, match="a ResNet has no patches to look at"):
        embedding_filters(resnet)
    for look in (occlusion, gradient_weighted_map, saliency):
        with pytest.raises(minivit.InputError, match="pre-trained by mae and tells no classes"):
            look(pretrained, images_for(pretrained), [0, 1, 2])
    for look in (attention_maps, rollout_map, logit_lens):
        with pytest.raises(minivit.InputError, match="pre-trained by mae and tells no classes"):
            look(pretrained, images_for(pretrained))


def test_pixels_are_added_up_in_every_patch():
    pixels = np.arange(24.0).reshape(1, 4, 6)
    assert over_patches(pixels, build().config).tolist() == [[[14, 22, 30], [62, 70, 78]]]
    overlapping = build(**KINDS["overlap"]).config  # patches of 2x3 that begin in every row
    found = over_patches(pixels, overlapping)
    assert found.shape == (1, 3, 2) and found[0, 1, 1] == pixels[0, 1:3, 3:].sum()
