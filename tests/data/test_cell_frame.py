"""Ink along the whole border of a picture is the frame of a cell, and no stroke."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from minivit.data.cell_frame import without_frame
from minivit.data.strokes import NothingToRead, frame_strokes

SIZE = (60, 80)


def cell(thickness: int, digit: bool, dark: bool = True) -> Image.Image:
    """A one in a frame, or the frame alone."""
    picture = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(picture)
    if digit:
        draw.line([(22, 28), (32, 16), (32, 64)], fill=0, width=6)
    for i in range(thickness):
        draw.rectangle((i, i, SIZE[0] - 1 - i, SIZE[1] - 1 - i), outline=0)
    return picture if dark else Image.eval(picture, lambda level: 255 - level)


@pytest.mark.parametrize("thickness", [1, 2, 4, 7])
@pytest.mark.parametrize("dark", [True, False])
def test_a_frame_is_left_out(thickness, dark):
    found = frame_strokes(cell(thickness, True, dark), 8, 8)
    expected = frame_strokes(cell(0, True, dark), 8, 8)
    assert found.steps[0] == "frame along the border left out"
    assert found.inverted == dark
    np.testing.assert_allclose(found.frame, expected.frame, atol=1e-5)


@pytest.mark.parametrize("thickness", [1, 2, 4, 7])
def test_an_empty_cell_has_nothing_to_read(thickness):
    with pytest.raises(NothingToRead, match="nothing to read inside its frame"):
        frame_strokes(cell(thickness, False), 8, 8)


def lines(*sides: str) -> np.ndarray:
    grey = np.ones((40, 30), np.float32)
    places = {"top": np.s_[:2], "bottom": np.s_[-2:], "left": np.s_[:, :2], "right": np.s_[:, -2:]}
    for side in sides:
        grey[places[side]] = 0
    return grey


@pytest.mark.parametrize("sides", [(), ("top",), ("left", "bottom"), ("top", "left", "right")])
def test_ink_along_a_part_of_the_border_stays(sides):
    grey = lines(*sides)
    found, framed = without_frame(grey)
    assert not framed and found is grey
    assert without_frame(lines("top", "bottom", "left", "right"))[1]


def test_a_thick_border_is_the_ground():
    grey = np.zeros((40, 40), np.float32)
    grey[8:-8, 8:-8] = 1
    assert not without_frame(grey)[1]


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 2), (3, 3), (9, 1)])
def test_pictures_too_small_for_a_frame(shape):
    assert not without_frame(np.zeros(shape, np.float32))[1]
