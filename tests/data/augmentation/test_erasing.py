import numpy as np
import pytest

from minivit.data.augmentation import random_erasing
from minivit.data.augmentation.boxes import box_mask


def erased(shape, rate, count=600):
    """Which pixels were erased, of images whose pixels lie outside the noise."""
    images = np.full((count, *shape), 5, np.float32)
    found = random_erasing(images, np.random.default_rng(0), rate=rate, black=-1.0, white=1.0)
    assert (images == 5).all() and found.dtype == images.dtype
    changed = found != images
    assert np.abs(found[changed]).max() <= 1
    return changed, found


def test_a_box_becomes_noise_in_a_part_of_the_images():
    changed, found = erased((28, 28, 3), 0.25)
    hit = changed.any(axis=(1, 2, 3))
    assert 100 < hit.sum() < 200
    assert np.array_equal(changed[..., 0], changed[..., 2])  # in all channels
    noise = found[changed]
    assert abs(noise.mean()) < 0.01 and 0.57 < noise.std() < 0.585  # uniform: 1 / sqrt(3)
    for mask in changed[hit][..., 0]:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert mask.sum() == len(rows) * len(columns)


def test_areas_and_aspects_are_the_papers():
    changed, _ = erased((100, 100, 1), 1.0)
    areas = changed.mean(axis=(1, 2, 3))
    assert 0.015 < areas.min() < 0.04 and 0.37 < areas.max() < 0.41
    high, wide = changed.any(axis=(2, 3)).sum(axis=1), changed.any(axis=(1, 3)).sum(axis=1)
    aspects = high / wide
    assert 0.28 < aspects.min() < 0.36 and 2.8 < aspects.max() < 3.6
    assert 0.85 < np.median(aspects) < 1.18
    # Boxes lie everywhere, up to the border, and meet the middle most often.
    often = changed[..., 0].mean(axis=0)
    corners = [often[rows, columns].mean() for rows in (np.s_[:9], np.s_[-9:])
               for columns in (np.s_[:9], np.s_[-9:])]  # fmt: skip
    assert min(corners) > 0 and often[40:60, 40:60].mean() > 5 * max(corners)
    assert often[0].any() and often[-1].any() and often[:, 0].any() and often[:, -1].any()


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 30, 1)])
def test_small_images_lose_a_box_that_fits(shape):
    changed, _ = erased(shape, 1.0)
    assert changed.any(axis=(1, 2, 3)).all()


def test_a_mask_has_the_rows_and_columns_of_its_box():
    mask = box_mask(np.array([[1, -3], [0, 2]]), np.array([[3, 1], [2, 9]]), 4, 3)
    assert mask.astype(int).tolist() == [
        [[0, 0, 0], [1, 1, 0], [1, 1, 0], [0, 0, 0]],
        [[0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]],
    ]
