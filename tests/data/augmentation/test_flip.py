from itertools import pairwise

import numpy as np

from minivit.data.augmentation import alternating_flips, flipped, random_flips

IMAGES = np.arange(24.0, dtype=np.float32).reshape(2, 3, 2, 2)


def test_left_and_right_are_exchanged_and_nothing_else():
    before = IMAGES.copy()
    mirrored = flipped(IMAGES, np.array([False, True]))
    assert np.array_equal(mirrored[0], IMAGES[0])
    assert mirrored[1, 2].tolist() == [IMAGES[1, 2, 1].tolist(), IMAGES[1, 2, 0].tolist()]
    assert np.array_equal(IMAGES, before)


def test_random_flips_mirror_about_half():
    images = np.repeat(IMAGES[:1], 1000, axis=0)
    mirrored = random_flips(images, np.random.default_rng(0))
    changed = (mirrored != images).any(axis=(1, 2, 3))
    assert 440 < changed.sum() < 560
    assert np.array_equal(mirrored[changed], images[changed][:, :, ::-1])


def test_alternating_flips_show_every_image_the_other_way_round_each_epoch():
    numbers = np.arange(1000)
    epochs = [alternating_flips(3, numbers, epoch) for epoch in range(4)]
    assert 440 < epochs[0].sum() < 560
    for one, next_one in pairwise(epochs):
        assert np.array_equal(next_one, ~one)
    assert 400 < (alternating_flips(4, numbers, 0) != epochs[0]).sum() < 600  # another seed


def test_an_image_alternates_wherever_it_stands_in_its_batch():
    numbers, order = np.arange(50), np.random.default_rng(0).permutation(50)
    assert np.array_equal(alternating_flips(0, numbers, 7)[order], alternating_flips(0, order, 7))
