"""Images at the edge of a model: what is plain is taken, what is not is told with what to do."""

import re

import numpy as np
import pytest

from minivit import InputError, ViT, load_dataset
from minivit.models.images import check_images, pixel_range

rng = np.random.default_rng(0)
GREY = rng.uniform(-1, 1, (2, 8, 8, 1))
LEARNED = {"low": -1.0, "high": 1.0}


def checked(images, channels=1, preprocessing=LEARNED):
    return check_images(images, (8, 8), channels, np.float32, preprocessing)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4", ">f8", "int8", "bool"])
@pytest.mark.parametrize("layout", [np.asarray, np.asfortranarray, np.ndarray.tolist])
@pytest.mark.parametrize("channels_left_out", [False, True])
def test_images_of_any_kind(dtype, layout, channels_left_out):
    given = GREY.astype(dtype)
    expected = given.astype(np.float32)
    found = checked(layout(given[..., 0] if channels_left_out else given))
    assert found.dtype == np.float32 and found.dtype.isnative
    np.testing.assert_array_equal(found, expected)


@pytest.mark.usefixtures("ops")
def test_a_model_takes_them_all():
    model = ViT("digits")
    expected = model.logits(GREY)
    assert np.array_equal(model.logits(GREY[..., 0].tolist()), expected)
    assert np.array_equal(model.forward(GREY[..., 0])[0], expected)
    assert np.allclose(model.trace(np.asfortranarray(GREY[..., 0])).logits, expected, atol=1e-5)
    for nothing in (GREY[:0], GREY[:0, ..., 0], np.empty((0, 8, 8))):
        assert model.logits(nothing).shape == (0, 10)


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (2, 1, 8, 8), (2, 3, 8, 8), (8, 8, 3)])
def test_the_advice_on_a_shape_is_right(shape):
    channels = 3 if 3 in shape else 1
    images = np.zeros(shape)
    with pytest.raises(InputError, match=r"this model takes \(B, 8, 8, ") as error:
        checked(images, channels)
    advice = str(error.value).rpartition(": ")[2]
    if "transpose" in str(error.value):
        advice = re.search(r"images\.transpose\(.*\)$", str(error.value))[0]
    assert checked(eval(advice, {"images": images}), channels).ndim == 4


@pytest.mark.parametrize("shape", [(), (0,), (64,), (2, 9, 8, 1), (2, 8, 8, 2), (1, 2, 8, 8, 1)])
def test_other_shapes(shape):
    with pytest.raises(InputError, match=r"images have shape .*that is \(B, height, width"):
        checked(np.zeros(shape))


@pytest.mark.parametrize(
    "images", [[[1], [2, 3]], [["a"]], None, GREY.astype(complex), GREY.astype("M8[s]")]
)
def test_what_are_no_numbers(images):
    with pytest.raises(InputError, match=r"real numbers|no array of numbers"):
        checked(images)


@pytest.mark.parametrize("low_high", [(-1, 1), (0, 1), (-0.5, 0.5), (0.5, 2), (1, -1), (0, 255)])
@pytest.mark.parametrize("white", [16, 255, 65535])
def test_the_advice_on_a_range_leads_to_the_models_own(low_high, white):
    low, high = sorted(low_high)
    levels = np.linspace(0, white, 128).reshape(2, 8, 8, 1)
    preprocessing = dict(zip(("low", "high"), map(float, low_high), strict=True))
    if high >= white:  # these are its own
        assert checked(levels, preprocessing=preprocessing).max() == white
        return
    with pytest.raises(InputError, match=f"learned pixels from {low:g} to {high:g}") as error:
        checked(levels, preprocessing=preprocessing)
    advice = str(error.value).rpartition(" by ")[2]
    scaled = checked(eval(advice, {"images": levels}), preprocessing=preprocessing)
    assert np.allclose([scaled.min(), scaled.max()], [low, high])


def test_the_digits_model_gets_back_what_it_learned():
    """Bytes, scaled as the message says, are the data set's own images."""
    data = load_dataset("digits")
    model = ViT("digits")
    model.preprocessing = data.preprocessing
    levels = np.round((data.test.images + 1) * 127.5)
    with pytest.raises(InputError, match=r"by images \* 2 / 255 - 1$"):
        model.logits(levels)
    assert np.abs(levels * 2 / 255 - 1 - data.test.images).max() < 0.01


def test_a_range_that_is_not_known():
    for preprocessing in ({}, {"low": -1}, {"low": "0", "high": None}, {"low": 0, "high": np.nan}):
        assert pixel_range(preprocessing) is None
        with pytest.raises(InputError, match="the images that the model is trained on, say images"):
            checked(np.full((1, 8, 8, 1), 255), preprocessing=preprocessing)
    with pytest.raises(InputError, match="from -500 to 4: they look unscaled"):
        checked(np.linspace(-500, 4, 64).reshape(1, 8, 8, 1))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite(wrong):
    images = GREY.copy()
    images[0, 0, 0, 0] = wrong
    with pytest.raises(InputError, match="NaN or infinity; leave such images out"):
        checked(images)
