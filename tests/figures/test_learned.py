import numpy as np
import pytest

from minivit.figures.learned import BETWEEN, as_colour, draw_filters
from minivit.inspection import Filters

pytest.importorskip("matplotlib")


def test_all_channels_of_a_component_share_a_scale_with_0_at_mid_grey():
    """Stretched channel by channel, a component of one colour would be as strong in all three."""
    component = np.zeros((2, 2, 3))
    component[0, 0], component[1, 1, 2] = (0.4, -0.2, 0.1), -0.8
    found = as_colour(component)
    np.testing.assert_allclose(found[0, 0], [0.75, 0.375, 0.5625])
    assert found[1, 1].tolist() == [0.5, 0.5, 0] and (found[0, 1] == 0.5).all()
    assert (as_colour(np.zeros((2, 2, 1))) == 0.5).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_components_stand_in_reading_order_and_their_shares_are_told(channels):
    from matplotlib.figure import Figure

    components = np.zeros((6, 2, 3, channels))
    components[4, 1, 2] = 1  # white, in the middle of the second row: six lie in rows of three
    axes = Figure().subplots()
    draw_filters(axes, Filters(components, np.array([0.5, 0.2, 0.1, 0.05, 0.02, 0.02])))
    sheet = np.asarray(axes.images[0].get_array())
    assert sheet.shape == (2 * 2 + 1, 3 * 3 + 2, 3)
    assert np.argwhere((sheet == 1).all(axis=-1)).tolist() == [[4, 6]]
    assert (sheet[2] == BETWEEN).all() and (sheet[:, [3, 7]] == BETWEEN).all()
    assert axes.get_xlabel() == "share of the variance: 50% the first, 89% all shown"
