import numpy as np
import pytest

from minivit.figures.look import QUIET
from minivit.figures.paper import ON_INK, ON_PAPER, colours
from minivit.figures.tiles import MANY, MAP, SIGNED, below, between, heading, most_of, tile_sheet

pytest.importorskip("matplotlib")


def lightness(rgb):
    """CIE L* of sRGB colours (..., 3)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    y = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


def test_the_markers_colours_darken_all_the_way():
    """So that they can be told apart without their hue."""
    for stops in (ON_PAPER, ON_INK):
        assert (np.diff(lightness(colours(stops, np.linspace(0, 1, 50)))) < 0).all()


def test_the_colours_of_maps_without_a_sign_lighten_all_the_way():
    from matplotlib import colormaps

    assert (np.diff(lightness(colormaps[MAP](np.linspace(0, 1, 256))[:, :3])) > 0).all()


def test_maps_with_a_sign_are_white_at_0_and_as_dark_at_both_ends():
    found = lightness(colours(SIGNED, np.linspace(0, 1, 61)))
    assert found[30] == pytest.approx(100, abs=0.1)
    assert (np.diff(found[:31]) > 0).all() and (np.diff(found[30:]) < 0).all()
    assert abs(found[0] - found[-1]) < 12


def test_a_map_goes_from_its_least_to_its_largest():
    assert between(np.array([[2.0, 4.0], [3.0, 2.0]])).tolist() == [[0, 1], [0.5, 0]]
    assert not between(np.full((2, 2), 5.0)).any()


def test_of_many_pixels_a_few_may_lie_beyond_the_strongest_colour():
    pixels = np.ones(MANY + 1)
    pixels[0] = 100
    assert most_of(pixels) == 1 and most_of(pixels[:MANY]) == 100
    pixels[1] = 0
    assert between(pixels).max() == 1


@pytest.mark.parametrize("image", [(1, 1), (3, 2), (1, 10), (10, 1)])
@pytest.mark.parametrize("rows", [1, 5])
def test_a_sheet_has_room_for_every_tile_and_its_words(image, rows):
    figure, grid = tile_sheet(rows, 3, image, 1.2, lines=3, top=0.9, bottom=0.7)
    for axes in grid.ravel():
        axes.imshow(np.zeros(image))
        axes.set_title("one\ntwo\nthree", fontsize=8, pad=3)
        below(axes, "below")
        axes.set(xticks=[], yticks=[])
    heading(figure, "A title", "words " * 40)
    boxes = text_boxes(figure)
    for i, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[:i])
    tile = grid[0, 0].get_position(original=True)
    width, height = figure.get_size_inches()
    assert tile.width * width == pytest.approx(1.2)
    assert tile.height * height == pytest.approx(1.2 * min(max(image[0] / image[1], 0.4), 2))


def text_boxes(figure):
    """Where all words stand, in pixels."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure).draw()
    texts = [t for t in figure.findobj(matplotlib.text.Text) if t.get_text() and t.get_visible()]
    assert any(t.get_color() == QUIET for t in texts)
    return [text.get_window_extent() for text in texts]
