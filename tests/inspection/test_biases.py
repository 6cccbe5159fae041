"""Equivariance, invariance and locality, of maps whose numbers are known beforehand."""

import numpy as np
import pytest
from looked_at import build, images_for

import minivit
from minivit.inspection import (
    change_shares,
    equivariance_error,
    invariance_error,
    layer_maps,
    pixel_distances,
)
from minivit.models import trace_names


def drawn(*shape):
    return np.random.default_rng(5).standard_normal(shape)


def test_maps_that_move_along_are_equivariant_and_a_shift_to_one_side_is_told_from_the_other():
    maps = drawn(2, 6, 5, 3)
    moved = drawn(2, 6, 5, 3)
    moved[:, 2:, 1:] = maps[:, :4, :4]
    assert equivariance_error(maps, moved, (2, 1)) == 0
    assert equivariance_error(maps, moved, (1, 2)) > 1
    assert equivariance_error(moved, maps, (2, 1)) > 1


def test_maps_without_a_relation_have_the_root_of_two_whatever_they_share():
    a, b = 7 + np.random.default_rng(0).standard_normal((2, 40, 9, 9, 4))
    assert abs(equivariance_error(a, b, (0, 0)) - np.sqrt(2)) < 0.02
    assert abs(invariance_error(a.reshape(-1, 4), b.reshape(-1, 4)) - np.sqrt(2)) < 0.02


def test_an_error_by_hand():
    maps = np.array([0.0, 2.0, 5.0]).reshape(1, 1, 3, 1)
    of_moved = np.array([9.0, 1.0, 2.0]).reshape(1, 1, 3, 1)  # 0 -> 1, 2 -> 2; 5 has gone out
    assert equivariance_error(maps, of_moved, (0, 1)) == pytest.approx(1 / np.sqrt(2))
    where = slice(None), slice(1, 2)  # 2 -> 2 alone
    assert equivariance_error(maps, of_moved, (0, 1), where) == 0
    still = np.ones((1, 2, 2, 1))
    assert equivariance_error(still, 2 * still, (0, 0)) == float("inf")


def box(images, top, left):
    """The middle of the images, on a ground of -1, at another place."""
    found = np.full_like(images, -1)
    found[:, top : top + 4, left : left + 4] = images[:, 10:14, 10:14]
    return found


def test_a_resnet_is_exactly_equivariant_away_from_the_border():
    config = minivit.ResNetConfig(
        (24, 24), 1, 3, root=4, root_side=3, root_stride=2, root_pool=False, groups=2, stages=(1,)
    )
    model = minivit.ResNet(config, dtype=np.float64)
    model.parameters.flat[:] = drawn(model.layout.size)
    images = drawn(2, 24, 24, 1)
    maps, moved = (layer_maps(model, box(images, at, at)) for at in (8, 12))
    assert list(maps) == ["root.convolution.y", "root.relu.y", "stages.0.units.0.relu3.y"]
    for name, one in maps.items():
        where = (slice(4, 6),) * 2
        assert equivariance_error(one, moved[name], (2, 2), where) < 1e-13
        assert equivariance_error(one, moved[name], (1, 1), where) > 0.1
    odd = layer_maps(model, box(images, 9, 9))  # less than a stride: another sampling
    assert equivariance_error(maps["root.relu.y"], odd["root.relu.y"], (1, 1), where) > 0.1


@pytest.mark.parametrize("positions", ["none", "learned"])
def test_without_positions_a_vit_takes_patches_in_any_order(positions):
    model = build(image=(8, 8), channels=1, positions=positions)
    images = images_for(model)
    rolled = np.roll(images, (2, 4), axis=(1, 2))  # whole patches
    maps, moved = layer_maps(model, images), layer_maps(model, rolled)
    errors = [equivariance_error(np.roll(a, (1, 2), (1, 2)), moved[n], (0, 0))
              for n, a in maps.items()]  # fmt: skip
    assert len(errors) == 5 and maps["embed.x"].shape == (3, 4, 4, 8)
    assert max(errors) < 1e-12 if positions == "none" else min(errors) > 0.1


@pytest.mark.parametrize("kind", ["cls", "mean", "axial", "overlap", "hybrid", "plain units"])
def test_maps_of_tokens_are_those_of_the_patches(kind):
    from looked_at import KINDS

    model = build(**KINDS[kind])
    c, images = model.config, images_for(model)
    values, maps = model.trace(images).values, layer_maps(model, images)
    assert set(maps) <= set(trace_names(c))
    last = [name for name in maps if "mlp" in name][-1]
    np.testing.assert_array_equal(
        maps[last].reshape(3, c.patches, -1), values[last][:, int(c.has_cls) :]
    )
    assert ("root.convolution.y" in maps) == (c.root is not None)


@pytest.mark.parametrize("unit", ["bottleneck", "plain"])
@pytest.mark.parametrize("pool", [False, True])
def test_maps_of_a_backbone_are_those_that_go_on(unit, pool):
    """Every unit's last map, whatever its units are, and the root's whether it is pooled or not."""
    norm = {"norm": "batch"} if unit == "plain" else {"groups": 2}
    c = minivit.ResNetConfig((12, 12), 1, 3, root=4, root_side=3, root_stride=1, root_pool=pool,
                             stages=(2, 1), unit=unit, **norm)  # fmt: skip
    model, images = minivit.ResNet(c), drawn(2, 12, 12, 1)
    first, *maps = layer_maps(model, images).values()
    features = model.features(images)
    assert first.shape == (2, 12, 12, 4) and len(maps) == 4
    for found, expected in zip((maps[0], maps[2], maps[3]), features, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_change_is_shared_out_over_places():
    maps = np.zeros((3, 2, 2, 2))
    changed = maps.copy()
    changed[0, 0, 0] = (3, 4)  # all of it in one place: 25
    changed[1, 0, 0, 0], changed[1, 1, 1, 1] = 1, 1
    assert change_shares(maps, changed).tolist() == [[0.75, 0], [0, 0.25]]  # the third is as it was
    assert not change_shares(maps, maps).any()


def test_a_pixel_reaches_the_places_whose_window_it_is_in():
    """A hand-made convolution: exactly 0 beyond; attention reaches all."""
    w, images = drawn(3, 3, 1, 2), drawn(1, 9, 9, 1)
    changed = images.copy()
    changed[0, 4, 5] += 1
    a, b = (minivit.ops.convolution_forward(x, w, stride=1)[0] for x in (images, changed))
    shares, far = change_shares(a, b), pixel_distances((9, 9), (9, 9), (4, 5))
    assert (shares > 0).sum() == 9 and not shares[far > 1].any() and (shares[far <= 1] > 0).all()
    model = build(image=(8, 8), channels=1)
    images = images_for(model)
    changed = images.copy()
    changed[:, 5, 2] = 1
    maps, of_changed = layer_maps(model, images), layer_maps(model, changed)
    first, second, *_ = (change_shares(a, of_changed[name]) for name, a in maps.items())
    assert np.argwhere(first).tolist() == [[2, 1]] and (second > 0).all()


def test_how_far_a_pixel_is_from_squares():
    found = pixel_distances((2, 3), (8, 6), (5, 0))
    assert found.tolist() == [[2, 2, 4], [0, 2, 4]]


@pytest.mark.parametrize(
    ("shapes", "moved"),
    [(((1, 2, 2, 1), (1, 2, 3, 1)), (0, 0)), (((2, 2, 1), (2, 2, 1)), (0, 0)),
     (((1, 2, 2, 1),) * 2, (-1, 0)), (((1, 2, 2, 1),) * 2, (2, 0)),
     (((0, 2, 2, 1),) * 2, (0, 0))],
)  # fmt: skip
def test_maps_that_cannot_be_compared_are_refused(shapes, moved):
    with pytest.raises(minivit.InputError, match="maps"):
        equivariance_error(*map(np.zeros, shapes), moved)


def test_other_shapes_are_refused():
    with pytest.raises(minivit.InputError, match=r"vectors have shapes \(2, 3\) and \(2, 4\)"):
        invariance_error(np.zeros((2, 3)), np.zeros((2, 4)))
    with pytest.raises(minivit.InputError, match="maps have shapes"):
        change_shares(np.zeros((2, 3, 3, 1)), np.zeros((2, 3, 1)))
    with pytest.raises(minivit.InputError, match="pre-trained by mae"):
        layer_maps(build(objective="mae"), images_for(build()))
