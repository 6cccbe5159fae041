"""Resizing along an axis, against Pillow's: an implementation that shares nothing with ours."""

import numpy as np
import pytest
from PIL import Image

from minivit.models.interpolation import (
    cubic_by_centres,
    linear_by_centres,
    linear_by_ends,
    resized,
    smooth_cubic,
    smooth_linear,
)

WAYS = (cubic_by_centres, linear_by_centres, linear_by_ends, smooth_cubic, smooth_linear)


@pytest.mark.parametrize("sizes", [((5, 7), (9, 12)), ((9, 12), (5, 7)), ((8, 8), (42, 42)),
                                   ((6, 3), (1, 20))])  # fmt: skip
@pytest.mark.parametrize(
    ("way", "pillow"),
    [(smooth_linear, Image.Resampling.BILINEAR), (smooth_cubic, Image.Resampling.BICUBIC)],
)
def test_smooth_ways_resize_a_picture_as_pillow_does(sizes, way, pillow):
    (h, w), (height, width) = sizes
    picture = np.random.default_rng(0).uniform(-1, 1, (h, w)).astype(np.float32)
    wanted = np.asarray(Image.fromarray(picture).resize((width, height), pillow))
    found = resized(picture[None, :, :, None], way(h, height), way(w, width))
    assert found.shape == (1, height, width, 1) and found.dtype == np.float32
    assert np.abs(found[0, :, :, 0] - wanted).max() < 2e-6


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("old", "new"), [(1, 1), (1, 4), (2, 1), (3, 7), (7, 3), (14, 61)])
def test_weights_sum_to_one_and_the_same_size_changes_nothing(way, old, new):
    w = way(old, new)
    assert w.shape == (new, old) and np.abs(w.sum(axis=1) - 1).max() < 1e-14
    assert np.array_equal(way(new, new), np.eye(new))


def test_channels_and_images_stay_apart():
    images = np.random.default_rng(0).normal(size=(2, 4, 5, 3))
    rows, columns = smooth_linear(4, 6), smooth_cubic(5, 3)
    found = resized(images, rows, columns)
    assert np.abs(found - np.einsum("Hh,bhwn,Ww->bHWn", rows, images, columns)).max() < 1e-14
