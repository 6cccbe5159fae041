"""What is done to test images."""

import numpy as np
import pytest

from minivit.experiments.changes import (
    CHANGES,
    fainter,
    hidden,
    hidden_first,
    moved,
    noisy,
    of_squares,
    shuffled,
    turned,
)

BLACK, WHITE = -1.0, 1.0


@pytest.fixture
def images():
    """No pixel is black, so that black can be counted."""
    return np.random.default_rng(0).uniform(-0.9, 0.9, (12, 28, 28, 2)).astype(np.float32)


def changed(change, images, strength, seed=0):
    return change(images, strength, BLACK, WHITE, np.random.default_rng(seed))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_leaves_its_images_and_depends_on_its_seed_alone(images, name):
    change, strengths, _ = CHANGES[name]
    before = images.copy()
    for strength in strengths:
        first = changed(change, images, strength)
        assert first.shape == images.shape and first.dtype == images.dtype
        assert np.array_equal(images, before) and not np.array_equal(first, images)
        assert np.array_equal(first, changed(change, images, strength))
        assert first.min() >= BLACK and first.max() <= WHITE


@pytest.mark.parametrize(("share", "squares"), [(0.2, 10), (0.5, 24), (0.8, 39)])
def test_hidden_squares_are_counted(images, share, squares):
    black = (changed(hidden, images, share) == BLACK).all(axis=3)
    whole = black.reshape(12, 7, 4, 7, 4).all(axis=(2, 4))
    assert (whole.sum(axis=(1, 2)) == squares).all() and (
        black.sum(axis=(1, 2)) == 16 * squares
    ).all()
    assert len({mask.tobytes() for mask in whole}) == 12  # each image its own


def test_the_squares_of_the_lowest_ranks_are_hidden(images):
    """So what is hidden first has the smallest sum when ranks are those of sums turned round."""
    ranks = np.tile(np.arange(49)[::-1], (12, 1))  # the last square first
    changed_now = hidden_first(images, ranks, 2 / 49, BLACK)
    assert (changed_now[:, 24:, 20:] == BLACK).all()
    assert (changed_now == BLACK).sum() == 12 * 2 * 16 * 2  # images, squares, pixels, channels


def test_sums_of_squares_are_in_raster_order():
    pixels = np.zeros((1, 9, 13))  # the last row and column belong to no square
    pixels[0, 5, 11], pixels[0, 3, 3], pixels[0, 8, 12] = 2, 1, 9
    assert of_squares(pixels).tolist() == [[1, 0, 0, 0, 0, 2]]


def test_moved_images_are_found_again(images):
    found = set()
    for image, now in zip(images, changed(moved, images, 3), strict=True):
        ways = {
            "down": np.array_equal(now[3:], image[:-3]) and (now[:3] == BLACK).all(),
            "up": np.array_equal(now[:-3], image[3:]) and (now[-3:] == BLACK).all(),
            "right": np.array_equal(now[:, 3:], image[:, :-3]) and (now[:, :3] == BLACK).all(),
            "left": np.array_equal(now[:, :-3], image[:, 3:]) and (now[:, -3:] == BLACK).all(),
        }
        assert sum(ways.values()) == 1
        found |= {way for way, is_it in ways.items() if is_it}
    assert len(found) > 2


def test_turned_by_a_right_angle(images):
    for image, now in zip(images, changed(turned, images, 90), strict=True):
        assert any(np.allclose(now, np.rot90(image, k), atol=1e-4) for k in (1, 3))


def test_noise_has_the_deviation_and_stays_between_black_and_white():
    grey = np.zeros((50, 28, 28, 1), np.float32)
    noise = changed(noisy, grey, 0.1)
    assert abs(noise.std() - 0.2) < 0.005 and abs(noise.mean()) < 0.005
    assert np.abs(changed(noisy, grey, 2.0)).max() == 1


def test_contrast_is_lost_about_the_mean(images):
    faint = changed(fainter, images, 0.75)
    axes = (1, 2, 3)
    np.testing.assert_allclose(faint.mean(axis=axes), images.mean(axis=axes), atol=1e-5)
    np.testing.assert_allclose(faint.std(axis=axes), images.std(axis=axes) / 4, rtol=1e-4)


@pytest.mark.parametrize("pieces", [2, 4, 7])
def test_shuffled_images_have_the_same_pieces(images, pieces):
    def cut(image):
        side = 28 // pieces
        found = [image[r : r + side, c : c + side].tobytes()
                 for r in range(0, 28, side) for c in range(0, 28, side)]  # fmt: skip
        return sorted(found)

    laid = changed(shuffled, images, pieces)
    assert all(cut(a) == cut(b) for a, b in zip(images, laid, strict=True))
