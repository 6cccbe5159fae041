import numpy as np
import pytest
from hypothesis import given
from strategies import few, sides

from minivit import InputError
from minivit.ops.sliding import sliding


@given(sides, sides, few)
def test_same_is_xlas(length, side, stride):
    """As TensorFlow's documentation has it: by the remainder of length / stride."""
    at = sliding(np.zeros((1, length, 1, 1)), (side, 1), (stride, 1), "same")
    rest = length % stride
    total = max(side - (rest or stride), 0)
    assert at.stops[0] == length // stride + (rest > 0)
    assert at.before[0] + at.after[0] == total
    assert at.after[0] - at.before[0] in (0, 1)


@pytest.mark.parametrize(
    ("size", "side", "stride", "before", "after", "stops"),
    [
        (224, 7, 2, 2, 3, 112),
        (112, 3, 2, 0, 1, 56),
        (28, 3, 1, 1, 1, 28),
        (28, 2, 1, 0, 1, 28),
        (5, 1, 2, 0, 0, 3),
    ],
)
def test_what_a_resnet_needs(size, side, stride, before, after, stops):
    """Verified against Google's hybrid: symmetric zeros there give other logits."""
    at = sliding(np.zeros((1, size, size, 1)), side, stride, "same")
    assert (at.before, at.after, at.stops) == ((before,) * 2, (after,) * 2, (stops,) * 2)


@given(sides, sides, few)
def test_valid_windows_stay_inside(length, side, stride):
    maps = np.zeros((1, 1, length, 1))
    if side > length:
        with pytest.raises(InputError, match="does not fit into it"):
            sliding(maps, (1, side), stride, "valid")
        return
    at = sliding(maps, (1, side), stride, "valid")
    assert at.before == at.after == (0, 0)
    last = (at.stops[1] - 1) * stride + side
    assert last <= length < last + stride


@pytest.mark.parametrize(
    ("shape", "side", "stride", "padding", "sentence"),
    [
        ((4, 4, 3), 3, 1, "same", r"x has the shape \(4, 4, 3\): expected feature maps"),
        ((1, 4, 4, 3), 3, 0, "same", "stride is 0: expected a positive whole number"),
        ((1, 4, 4, 3), 3, 1, "SAME", "padding is 'SAME': choose 'same' or 'valid'"),
        ((1, 4, 2, 3), 3, 1, "valid", "the feature map is 4x2 and the window 3x3"),
    ],
)
def test_refuses(shape, side, stride, padding, sentence):
    with pytest.raises(InputError, match=sentence):
        sliding(np.zeros(shape), side, stride, padding)
