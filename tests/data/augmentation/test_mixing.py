import numpy as np
import pytest

from minivit.data.augmentation import Mixture, cutmix, mixup, soft_targets


def plain(count=400, shape=(12, 9, 2)):
    """Images of one grey each, all different."""
    grey = np.arange(count, dtype=np.float64)[:, None, None, None]
    return np.broadcast_to(grey, (count, *shape)).copy()


def test_mixup_lays_a_partner_over_each_image():
    images = np.random.default_rng(1).uniform(-1, 1, (300, 4, 5, 3)).astype(np.float32)
    before = images.copy()
    found = mixup(images, np.random.default_rng(0), alpha=1.0)
    for i in (0, 7, 299):
        share, partner = float(found.shares[i]), images[found.partners[i]]
        assert np.allclose(found.images[i], share * images[i] + (1 - share) * partner, atol=1e-6)
    assert sorted(found.partners) == list(range(300))
    assert found.images.dtype == found.shares.dtype == np.float32
    assert np.array_equal(images, before)


@pytest.mark.parametrize("mix", [mixup, cutmix])
def test_shares_are_drawn_for_every_image_as_alpha_says(mix):
    images = np.zeros((1000, 64, 64, 1), np.float32)
    even, extreme = (mix(images, np.random.default_rng(0), alpha=a).shares for a in (1.0, 0.1))
    mixed_much = [((shares > 0.05) & (shares < 0.95)).mean() for shares in (even, extreme)]
    assert mixed_much[0] > mixed_much[1] + 0.2
    assert even.min() >= 0 and even.max() <= 1


def test_cutmix_pastes_a_box_and_counts_its_pixels():
    images = plain()
    found = cutmix(images, np.random.default_rng(0), alpha=1.0)
    for i, image in enumerate(found.images[..., 0]):
        other = image == found.partners[i]
        if found.partners[i] == i:
            continue
        assert np.array_equal(other, image != i)
        assert 1 - other.mean() == pytest.approx(found.shares[i], abs=1e-12)
        rows, columns = other.any(axis=1), other.any(axis=0)
        assert other.sum() == rows.sum() * columns.sum()  # a box
    # Without the border, the mean share of alpha 1 would be 1/2; what hangs over it is lost.
    assert 0.55 < found.shares.mean() < 0.75


@pytest.mark.parametrize("mix", [mixup, cutmix])
def test_a_single_image_is_mixed_with_itself(mix):
    images = np.random.default_rng(0).uniform(-1, 1, (1, 5, 5, 1))
    found = mix(images, np.random.default_rng(0), alpha=0.4)
    assert np.allclose(found.images, images)
    assert np.allclose(soft_targets(np.array([2]), found, 3), [[0, 0, 1]])


@pytest.mark.parametrize("alpha", [1e-6, 1e6])
def test_extreme_alphas_give_numbers(alpha):
    for mix in (mixup, cutmix):
        found = mix(plain(50), np.random.default_rng(0), alpha=alpha)
        assert np.isfinite(found.images).all() and np.isfinite(found.shares).all()


def test_targets_share_the_labels_out():
    mixture = Mixture(np.empty(0), np.array([1, 0, 2]), np.array([0.75, 0.25, 0.5]))
    targets = soft_targets(np.array([0, 2, 1]), mixture, 3)
    assert targets.tolist() == [[0.75, 0, 0.25], [0.75, 0, 0.25], [0, 1, 0]]
