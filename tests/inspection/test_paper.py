import numpy as np
import pytest

pytest.importorskip("matplotlib")

from matplotlib.colors import to_rgb

from minivit.inspection.paper import ON_INK, ON_PAPER, Paper


def pixels(grey, attention=None, most=0.5):
    paper = Paper(4, 2, most)
    paper.tile(1, 0.5, 1, 1, np.asarray(grey, float), attention)
    return np.asarray(paper.figure.axes[0].images[0].get_array())


def test_without_attention_a_tile_is_grey():
    assert np.array_equal(pixels([[0, 0.25]]), [[[0, 0, 0], [0.25, 0.25, 0.25]]])


def test_attention_colours_the_pixels_of_its_patch():
    grey = np.ones((4, 6))
    grey[0, 0] = grey[3, 5] = 0  # ink in the first and in the last patch
    attention = np.zeros((2, 3))
    attention[1, 2] = 0.5
    picture = pixels(grey, attention)
    assert picture.shape == (4, 6, 3)
    np.testing.assert_allclose(picture[0, 1], to_rgb(ON_PAPER[0]))
    np.testing.assert_allclose(picture[0, 0], to_rgb(ON_INK[0]))
    np.testing.assert_allclose(picture[2, 4], to_rgb(ON_PAPER[-1]))
    np.testing.assert_allclose(picture[3, 5], to_rgb(ON_INK[-1]))
    np.testing.assert_allclose(picture[1, 5], to_rgb(ON_PAPER[0]))  # one row above the last patch


def test_strength_goes_with_the_root_and_stops_at_the_most():
    quarter, most, beyond = pixels(np.ones((1, 3)), np.array([[0.125, 0.5, 0.9]]))[0]
    np.testing.assert_allclose(quarter, to_rgb(ON_PAPER[2]), atol=0.01)  # half way
    assert np.array_equal(most, beyond)


def test_places_are_measured_from_the_top_left_corner():
    paper = Paper(4, 2, 1)
    place = paper.axes(1, 0.5, 2, 0.25).get_position().bounds
    np.testing.assert_allclose(place, (0.25, 1 - 0.75 / 2, 0.5, 0.125))
    paper.text(1, 0.5, "here")
    assert paper.figure.texts[0].get_position() == (0.25, 0.75)


@pytest.mark.parametrize(("most", "last"), [(0.36, "36%\nor more"), (1.0, "100%")])
def test_the_scale_names_the_even_share_and_the_most(most, last):
    paper = Paper(4, 2, most)
    paper.scale(0, 0, 2, 0.2, even=most / 4)
    axes = paper.figure.axes[0]
    np.testing.assert_allclose(axes.get_xticks(), (0, 0.5, 1))
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["0", f"{most / 4:.1%}\neven share", last]
