"""The made set: the same bits everywhere, shape and colour independent, and to be told apart."""

import zlib

import numpy as np
import pytest

from minivit import load_dataset
from minivit.data.shape_outlines import OUTLINES
from minivit.data.shapes import COLOURS, SIDE, coverage, draw, noise
from minivit.ops.chance import mixed

CHECKSUM = 1116063782  # of all levels


@pytest.fixture(scope="module")
def shapes():
    return load_dataset("shapes")


def test_the_same_bits_everywhere(shapes):
    levels = [split.images.levels for split in (shapes.train, shapes.test)]
    assert [part.shape for part in levels] == [(6000, 32, 32, 3), (1000, 32, 32, 3)]
    assert zlib.crc32(levels[1], zlib.crc32(levels[0])) == CHECKSUM


def test_an_image_depends_on_the_seed_and_its_number_alone():
    few, many = draw(3, 7)[0], draw(300, 7)[0]
    assert np.array_equal(few, many[:3])
    assert not np.array_equal(few, draw(3, 8)[0])


def test_shape_and_colour_are_independent_of_one_another(shapes):
    colours = load_dataset("shapes-by-colour")
    assert colours.class_names == list(COLOURS) and shapes.class_names == list(OUTLINES)
    assert np.array_equal(colours.train.images.levels, shapes.train.images.levels)
    for part in ("train", "test"):
        pairs = 8 * getattr(shapes, part).labels + getattr(colours, part).labels
        counts = np.bincount(pairs, minlength=64)
        assert counts.max() - counts.min() <= 1
    assert np.bincount(shapes.test.labels).tolist() == [125] * 8


def test_a_pair_is_named_by_its_colour_and_its_shape(shapes):
    colours, pairs = load_dataset("shapes-by-colour"), load_dataset("shapes-by-pair")
    assert np.array_equal(pairs.test.images.levels, shapes.test.images.levels)
    for pair, colour, shape in zip(
        pairs.test.labels, colours.test.labels, shapes.test.labels, strict=True
    ):
        both = f"{colours.class_names[colour]} {shapes.class_names[shape]}"
        assert pairs.class_names[pair] == both


def test_the_middle_of_a_shape_has_its_colour():
    levels, shapes, colours = draw(800, 1)
    covered = coverage(np.arange(800), shapes, mixed(1, "place"))
    inside = covered == 16
    means = [levels[i][inside[i]].mean(axis=0) for i in range(800)]
    tones = np.array(list(COLOURS.values()))
    distances = np.linalg.norm(np.array(means)[:, None] - tones, axis=2)
    assert (distances.argmin(axis=1) == colours).mean() > 0.98


def test_every_shape_lies_whole_in_the_picture_at_any_place_and_of_any_size():
    images = np.arange(2400)
    covered = coverage(images, images % 8, 5)
    sizes = covered.sum(axis=(1, 2)) / 16
    assert sizes.min() > 40 and sizes.max() < 600
    for name, number in zip(OUTLINES, range(8), strict=True):
        mine = covered[number::8].sum(axis=0)
        assert mine[7:-7, 7:-7].min() > 0, name  # it comes everywhere
    rows, columns = (covered.sum(axis=axis) > 0 for axis in (2, 1))
    assert rows[:, 0].mean() < 0.1 and columns[:, -1].mean() < 0.1  # and is cut nowhere


def test_outlines_are_soft():
    covered = coverage(np.arange(80), np.arange(80) % 8, 3)
    assert len(np.unique(covered)) == 17  # every part of a pixel from none to all


@pytest.mark.parametrize("name", OUTLINES)
def test_outlines_differ(name):
    v, u = np.mgrid[-1:1:101j, -1:1:101j]
    mine = OUTLINES[name](u, v)
    assert 0.15 < mine.mean() < 0.75
    for other, outline in OUTLINES.items():
        if other != name:
            assert (mine != outline(u, v)).mean() > 0.08, other


def test_the_ground_is_smooth_and_has_all_kinds_of_light():
    ground = noise(np.arange(300), 0).astype(float)
    assert ground.shape == (300, SIDE, SIDE, 3)
    means = ground.mean(axis=(1, 2, 3))
    assert means.std() > 15 and 100 < means.mean() < 160
    steps = np.abs(np.diff(ground, axis=1)).mean()
    assert steps < ground.std(axis=(1, 2)).mean() / 2
