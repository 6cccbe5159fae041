"""Drawn digits in the form of MNIST's: a box of 20 pixels, the centre of mass in the middle."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from minivit.data.centred_strokes import THINNEST, centre_strokes, thickness
from minivit.data.picture_files import prepare_picture
from minivit.data.preprocessing import check_preprocessing
from minivit.data.strokes import CELL, NothingToRead
from minivit.errors import InputError

MNIST = {"height": 28, "width": 28, "channels": 1, "low": -1.0, "high": 1.0, "ink": "bright",
         "framing": "centre"}  # fmt: skip


def drawn(lines, width: int, size=(200, 300), at=(0, 0)) -> Image.Image:
    picture = Image.new("L", size, 255)
    moved = [(x + at[0], y + at[1]) for x, y in lines]
    ImageDraw.Draw(picture).line(moved, fill=0, width=width, joint="curve")
    return picture


SEVEN = [(50, 45), (155, 45), (90, 260)]
LYING = [(20, 100), (180, 110), (20, 120)]


def centre_of(frame: np.ndarray) -> tuple[float, float]:
    places = np.arange(28) + 0.5
    total = frame.sum()
    return (frame.sum(axis=1) @ places) / total, (frame.sum(axis=0) @ places) / total


@pytest.mark.parametrize("lines", [SEVEN, LYING])
@pytest.mark.parametrize("width", [4, 12, 24])
@pytest.mark.parametrize("at", [(0, 0), (200, 150)])
def test_box_and_centre(lines, width, at):
    frame, inverted, steps = centre_strokes(drawn(lines, width, (600, 500), at), 28, 28)
    assert inverted and frame.shape == (28, 28) and frame.max() > 0.9 and frame.min() == 0
    rows, columns = (np.flatnonzero(frame.max(axis=axis) > 0.3) for axis in (1, 0))
    longest = max(np.ptp(rows), np.ptp(columns)) + 1
    assert 19 <= longest <= 21
    assert np.allclose(centre_of(frame), 14, atol=0.2)
    assert any("their centre of mass put into the middle of 28x28" in step for step in steps)


def test_proportions_are_kept():
    frame = centre_strokes(drawn([(100, 40), (100, 260)], 22), 28, 28).frame
    rows, columns = (np.flatnonzero(frame.max(axis=axis) > 0.5) for axis in (1, 0))
    assert len(rows) == 20 and len(columns) in (2, 3)  # an upright line stays one


def test_bright_strokes_are_not_inverted_and_nothing_is_straightened():
    picture = drawn(SEVEN, 16)
    frame, _, steps = centre_strokes(picture, 28, 28)
    bright = centre_strokes(Image.eval(picture, lambda level: 255 - level), 28, 28)
    assert not bright.inverted and np.abs(bright.frame - frame).max() < 0.01
    assert not any("slant" in step for step in [*steps, *bright.steps])


def test_thickness_is_that_of_a_line():
    for width in (8, 14, 20):
        for turned in (0, 45):
            ink = np.asarray(drawn([(100, 40), (100, 260)], width).rotate(turned, fillcolor=255))
            found = thickness(1 - ink / 255)
            assert 0.75 * width < found < 1.35 * width, (width, turned)


def test_thin_strokes_become_as_thick_as_a_pens():
    frame, _, steps = centre_strokes(drawn(SEVEN, 3), 28, 28)
    assert any("thickened" in step for step in steps)
    fine = np.kron(np.pad(frame, 1), np.ones((CELL, CELL)))
    assert thickness(fine) > 0.7 * THINNEST * CELL


def test_a_picture_without_strokes():
    with pytest.raises(NothingToRead):
        centre_strokes(Image.new("L", (50, 50), 255), 28, 28)


def test_predict_asks_for_the_framing(tmp_path):
    drawn(SEVEN, 16).save(tmp_path / "7.png")
    image, steps = prepare_picture(tmp_path / "7.png", MNIST)
    assert image.shape == (28, 28, 1) and (image.min(), round(float(image.max()), 2)) == (-1, 1)
    assert np.allclose(centre_of((image[..., 0] + 1) / 2), 14, atol=0.2)
    fills, _ = prepare_picture(tmp_path / "7.png", MNIST | {"framing": "fill"})
    assert fills[:3].max() > 0 > image[:3].max()
    check_preprocessing(MNIST, (28, 28), 1)
    for wrong in ("other", 5, ["centre"]):
        with pytest.raises(InputError, match=r"the model's framing is .*: expected fill or centre"):
            check_preprocessing(MNIST | {"framing": wrong}, (28, 28), 1)
