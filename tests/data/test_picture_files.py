"""Finding pictures, and making them the input of a model."""

import os

import numpy as np
import pytest
from PIL import Image, ImageDraw

from minivit.data.picture_files import picture_files, prepare_picture
from minivit.data.preprocessing import check_preprocessing
from minivit.data.strokes import NothingToRead
from minivit.errors import InputError

DIGITS = {"height": 8, "width": 8, "channels": 1, "low": -1.0, "high": 1.0, "ink": "bright"}


def seven() -> Image.Image:
    """Black on white."""
    picture = Image.new("L", (200, 300), 255)
    ImageDraw.Draw(picture).line([(50, 45), (155, 45), (90, 260)], fill=0, width=16)
    return picture


def clear(colour) -> Image.Image:
    """A seven of one colour on a transparent ground."""
    picture = Image.new("RGBA", (200, 300), (*colour, 0))
    picture.putalpha(Image.eval(seven(), lambda level: 255 - level))
    return picture


def deep(factor: float, dtype) -> Image.Image:
    return Image.fromarray((np.asarray(seven(), float) * factor).astype(dtype))


def sideways() -> tuple[Image.Image, dict]:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    return seven().rotate(90, expand=True), {"exif": exif, "quality": 95}


VARIETIES = {
    "L.png": lambda: (seven(), {}),
    "1.png": lambda: (seven().convert("1"), {}),
    "P.png": lambda: (seven().convert("P"), {}),
    "LA.png": lambda: (seven().convert("LA"), {}),
    "RGB.jpg": lambda: (seven().convert("RGB"), {"quality": 95}),
    "CMYK.jpg": lambda: (seven().convert("RGB").convert("CMYK"), {"quality": 95}),
    "inverse.png": lambda: (Image.eval(seven(), lambda level: 255 - level), {}),
    "black on clear.png": lambda: (clear((0, 0, 0)), {}),
    "white on clear.png": lambda: (clear((255, 255, 255)), {}),
    "clear palette.png": lambda: (seven().convert("P"), {"transparency": 255}),
    "16 bit.png": lambda: (deep(257, np.uint16), {}),
    "16 bit, dim.png": lambda: (deep(100, np.uint16), {}),
    "32 bit.tif": lambda: (deep(257, np.int32), {}),
    "32 bit, to 255.tif": lambda: (deep(1, np.int32), {}),
    "16 bit, to 255.png": lambda: (deep(1, np.uint16), {}),
    "32 bit, 0 and 1.tif": lambda: (deep(1 / 255, np.int32), {}),
    "float.tif": lambda: (deep(1 / 255, np.float32), {}),
    "exif.jpg": sideways,
    "moving.gif": lambda: (seven(), {"save_all": True, "append_images": [clear((0, 0, 0))]}),
}  # fmt: skip


@pytest.mark.parametrize("name", VARIETIES)
def test_the_same_drawing_in_every_variety(name, tmp_path):
    seven().save(tmp_path / "plain.png")
    expected = prepare_picture(tmp_path / "plain.png", DIGITS).image
    picture, options = VARIETIES[name]()
    picture.save(tmp_path / name, **options)
    image, steps = prepare_picture(tmp_path / name, DIGITS)
    assert image.shape == (8, 8, 1) and image.dtype == np.float32
    assert np.abs(image - expected).max() < 0.1  # the JPEGs are not exact
    inverted = name not in ("inverse.png", "white on clear.png")
    assert any(step.endswith(" not inverted") for step in steps) != inverted
    assert any(step.endswith(": inverted") for step in steps) == inverted


def test_taken_as_it_is(tmp_path):
    colours = np.zeros((20, 40, 3), np.uint8)
    colours[:, 10:30] = (255, 0, 51)  # the middle square
    Image.fromarray(colours).save(tmp_path / "colours.png")
    like = {"height": 4, "width": 4, "channels": 3, "low": 0.0, "high": 1.0, "ink": "any"}
    image, steps = prepare_picture(tmp_path / "colours.png", like)
    assert image.shape == (4, 4, 3)
    np.testing.assert_allclose(image[:, 1:3], np.broadcast_to([1, 0, 0.2], (4, 2, 3)), atol=1e-6)
    assert steps[1:] == [
        "middle part resized to 4x4, not inverted",
        "scaled so that black is 0 and white is 1",
    ]


def test_grey_in_three_channels(tmp_path):
    grey = Image.new("L", (9, 9), 51)
    grey.putpixel((0, 0), 52)
    grey.save(tmp_path / "grey.png")
    like = {"height": 2, "width": 2, "channels": 3, "low": -1.0, "high": 1.0, "ink": "any"}
    image = prepare_picture(tmp_path / "grey.png", like).image
    np.testing.assert_allclose(image, np.full((2, 2, 3), -0.6), atol=1e-3)


def test_strokes_for_a_model_of_three_channels_are_framed_as_for_one(tmp_path):
    """A model of others' colours that has gone on with digits: bright strokes on a dark ground."""
    drawing = np.full((40, 30, 3), 255, np.uint8)
    drawing[8:30, 14:18] = (0, 0, 80)
    Image.fromarray(drawing).save(tmp_path / "one.png")
    grey = prepare_picture(tmp_path / "one.png", DIGITS).image
    imagenet = {"channels": 3, "low": [-2.0, -1.0, 0.0], "high": [2.0, 1.0, 3.0]}
    three = prepare_picture(tmp_path / "one.png", {**DIGITS, **imagenet}).image
    levels = (grey + 1) / 2  # 0 to 1
    wanted = np.concatenate([levels * 4 - 2, levels * 2 - 1, levels * 3], axis=2)
    assert grey.max() > 0.9 and np.abs(three - wanted).max() < 1e-5


def test_files_of_a_folder(tmp_path):
    for name in ("b.PNG", "a.jpeg", ".c.png", "d.txt"):
        (tmp_path / name).touch()
    (tmp_path / "e.png").mkdir()
    assert [file.name for file in picture_files(tmp_path)] == ["a.jpeg", "b.PNG"]
    assert picture_files(tmp_path / "d.txt") == [tmp_path / "d.txt"]
    with pytest.raises(InputError, match="holds no pictures"):
        picture_files(tmp_path / "e.png")


def test_folders_of_folders(tmp_path):
    for name in ("b/2.png", "b/1.png", "a/deep/3.jpg", ".hidden/4.png", "z.png", "a/c.eps"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    found = [str(file.relative_to(tmp_path)) for file in picture_files(tmp_path)]
    assert found == ["z.png", "a/deep/3.jpg", "b/1.png", "b/2.png"]


def test_a_folder_that_cannot_be_read_stops_no_other(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "b.png").touch()
    scan = os.scandir

    def refuse(path):
        if str(path).endswith("a"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    file, error = picture_files(tmp_path)
    assert file == tmp_path / "b.png" and error.filename == str(tmp_path / "a")


def test_an_empty_name_is_not_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "a.png").touch()
    monkeypatch.chdir(tmp_path)
    assert len(picture_files(".")) == 1
    with pytest.raises(InputError, match='"" is no name of a picture'):
        picture_files("")


@pytest.mark.parametrize("like", [DIGITS, {**DIGITS, "channels": 3, "ink": "any"}])
def test_a_picture_that_shows_nothing(like, tmp_path):
    Image.new("RGB", (30, 40), (9, 99, 199)).save(tmp_path / "plain.png")
    with pytest.raises(NothingToRead, match=r"plain\.png: there is nothing to read"):
        prepare_picture(tmp_path / "plain.png", like)


def test_preprocessing_must_be_whole():
    check_preprocessing(DIGITS, (8, 8), 1)
    check_preprocessing({**DIGITS, "height": np.int64(8), "low": np.float32(0)}, (8, 8), 1)
    with pytest.raises(InputError, match=r"\(low, ink missing\)"):
        incomplete = {k: v for k, v in DIGITS.items() if k not in ("low", "ink")}
        check_preprocessing(incomplete, (8, 8), 1)
    with pytest.raises(InputError, match="takes 4 channels"):
        check_preprocessing({**DIGITS, "channels": 4}, (8, 8), 4)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"height": 10**6}, "makes pictures 1000000x8x1"),
        ({"height": 8.0}, "makes pictures 8.0x8x1"),
        ({"width": "8"}, "8x8x1, but makes"),
        ({"channels": True}, "makes pictures 8x8xTrue"),
        ({"low": None}, "takes black as None"),
        ({"high": 1e300}, r"white as 1e\+300"),
        ({"ink": ["bright"]}, "ink is"),
    ],
)
def test_preprocessing_of_a_damaged_checkpoint(changes, words):
    with pytest.raises(InputError, match=words):
        check_preprocessing(DIGITS | changes, (8, 8), 1)


def test_inputs_that_would_fill_the_memory():
    huge = {**DIGITS, "height": 10**6, "width": 10**6}
    with pytest.raises(InputError, match="1000000x1000000 are too large"):
        check_preprocessing(huge, (10**6, 10**6), 1)


PHOTO = {"height": 4, "width": 4, "channels": 3, "low": -1.0, "high": 1.0, "ink": "any"}


def stripes(path):
    """40 x 20 pixels: the left quarter black, the middle red, the right quarter white."""
    picture = Image.new("RGB", (40, 20), "red")
    picture.paste("black", (0, 0, 10, 20))
    picture.paste("white", (30, 0, 40, 20))
    picture.save(path)
    return path


def test_a_picture_is_squashed_or_cut_as_the_model_asks(tmp_path):
    path = stripes(tmp_path / "x.png")
    red, black, white = [1, -1, -1], [-1, -1, -1], [1, 1, 1]
    middle, steps = prepare_picture(path, PHOTO)
    assert np.allclose(middle[:, 1:3], red)  # at the edges, what lies beyond has a part
    assert "middle part resized to 4x4, not inverted" in steps
    squashed, steps = prepare_picture(path, PHOTO | {"resize": "squash"})
    assert np.allclose(squashed[:, 0], black, atol=0.5)
    assert np.allclose(squashed[:, 3], white, atol=0.5)
    assert "squashed to 4x4, not inverted" in steps
    half, steps = prepare_picture(path, PHOTO | {"resize": "squash", "crop": 0.5})
    assert np.allclose(half[:, 1:3], red) and "middle 50% squashed to 4x4, not inverted" in steps


def test_each_channel_may_have_its_own_levels(tmp_path):
    low, high = [-2.0, -1.0, 0.0], [2.0, 3.0, 4.0]
    asked = PHOTO | {"low": low, "high": high, "interpolation": "bicubic", "crop": 0.9}
    check_preprocessing(asked, (4, 4), 3)
    image, steps = prepare_picture(stripes(tmp_path / "x.png"), asked)
    assert np.allclose(image[:, 1:3], [2.0, -1.0, 0.0], atol=0.1)
    assert "scaled so that black is -2/-1/0 and white is 2/3/4" in steps


@pytest.mark.parametrize(
    "change, words",
    [
        ({"low": [0.0, 0.0]}, "takes black as"),
        ({"high": [0.0, 0.0, 1e9]}, "and white as"),
        ({"resize": "wrap"}, "resize is 'wrap': expected middle or squash"),
        ({"interpolation": 3}, "interpolation is 3: expected bilinear or bicubic"),
        ({"crop": 0}, "crop is 0: expected a number from 0.1 to 1"),
    ],
)
def test_what_is_no_way_to_prepare_a_picture(change, words):
    with pytest.raises(InputError, match=words):
        check_preprocessing(PHOTO | change, (4, 4), 3)
