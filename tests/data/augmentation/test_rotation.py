import numpy as np
import pytest
from PIL import Image

from minivit.data.augmentation import random_rotation, rotated

SHAPES = [(8, 8, 1), (7, 12, 3), (5, 4, 2)]


def some(shape, count=6, dtype=np.float32):
    return np.random.default_rng(1).uniform(-1, 1, (count, *shape)).astype(dtype)


@pytest.mark.parametrize("fill", [-1.0, None])
@pytest.mark.parametrize("side", [1, 2, 7, 8])
def test_a_quarter_turn_is_numpys(side, fill):
    images = some((side, side, 2), 4, np.float64)
    turned = rotated(images, np.radians([90, 180, 270, -90]), fill)
    for image, found, times in zip(images, turned, (1, 2, 3, 3), strict=True):
        assert np.allclose(found, np.rot90(image, times), atol=1e-12)


@pytest.mark.parametrize("fill", [-1.0, None])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_turn_is_the_identity_to_the_bit(shape, fill):
    images = some(shape)
    assert np.array_equal(rotated(images, np.zeros(len(images)), fill), images)


@pytest.mark.parametrize("fill", [-1.0, None])
@pytest.mark.parametrize("degrees", [-20, 3, 15])
def test_the_middle_is_as_pillow_turns_it(degrees, fill):
    images = some((24, 18, 1))
    turned = rotated(images, np.full(len(images), np.radians(degrees)), fill)
    for image, found in zip(images[..., 0], turned[..., 0], strict=True):
        expected = Image.fromarray(image).rotate(degrees, Image.Resampling.BILINEAR)
        middle = np.s_[6:-6, 6:-6]
        assert np.allclose(found[middle], np.asarray(expected)[middle], atol=1e-4)


def test_what_comes_in_is_the_ground_or_the_mirrored_image():
    images = np.ones((1, 9, 9, 1), np.float32)
    angle = np.radians([45])
    corners = np.s_[0, [0, 0, -1, -1], [0, -1, 0, -1], 0]
    assert (rotated(images, angle, -1.0)[corners] == -1).all()
    assert np.allclose(rotated(images, angle, None), 1, atol=1e-6)
    ramp = np.broadcast_to(np.arange(9, dtype=np.float32)[:, None, None], (1, 9, 9, 1))
    assert rotated(ramp, np.radians([180]), None)[0, :, 0, 0] == pytest.approx(np.arange(9)[::-1])


@pytest.mark.parametrize("fill", [-1.0, None])
@pytest.mark.parametrize("shape", [*SHAPES, (1, 6, 1), (30, 2, 1)])
def test_any_angle_keeps_shape_dtype_and_range(shape, fill):
    images = some(shape, 50)
    before = images.copy()
    turned = random_rotation(images, np.random.default_rng(0), degrees=180, fill=fill)
    assert turned.shape == images.shape and turned.dtype == images.dtype
    assert np.abs(turned).max() <= 1 + 1e-6
    assert np.array_equal(images, before)


def test_angles_are_drawn_within_the_degrees():
    """A single bright pixel on the horizontal: its height tells the angle."""
    images = np.zeros((500, 41, 41, 1), np.float32)
    images[:, 20, 40] = 1
    turned = random_rotation(images, np.random.default_rng(0), degrees=20, fill=0.0)[..., 0]
    rows = np.arange(41) - 20
    heights = -(turned.sum(axis=2) * rows).sum(axis=1) / turned.sum(axis=(1, 2))
    angles = np.degrees(np.arcsin(np.clip(heights / 20, -1, 1)))
    assert 17 < angles.max() < 23 and -23 < angles.min() < -17
    assert abs(angles.mean()) < 2
