"""Reading pictures of any mode, and refusing what is none."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from minivit.data.picture_files import (
    check_preprocessing,
    picture_files,
    prepare_picture,
    read_picture,
)
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


def test_deep_levels_are_scaled_not_clipped(tmp_path):
    levels = np.array([[0, 256, 40000, 65535]], np.uint16)
    Image.fromarray(levels).save(tmp_path / "deep.png")
    picture, steps = read_picture(tmp_path / "deep.png")
    assert picture.mode == "F"
    np.testing.assert_allclose(np.asarray(picture), levels / 257, rtol=1e-6)
    assert "deep grey levels, 0 black to 65535 white" in steps


def test_levels_that_are_no_numbers(tmp_path):
    levels = np.array([[0, np.nan]], np.float32)
    Image.fromarray(levels).save(tmp_path / "nan.tif")
    with pytest.raises(InputError, match="NaN or infinity"):
        read_picture(tmp_path / "nan.tif")


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
    Image.new("L", (9, 9), 51).save(tmp_path / "grey.png")
    like = {"height": 2, "width": 2, "channels": 3, "low": -1.0, "high": 1.0, "ink": "any"}
    image = prepare_picture(tmp_path / "grey.png", like).image
    np.testing.assert_allclose(image, np.full((2, 2, 3), -0.6), atol=1e-6)


def png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be so large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(bytes(99))), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"hello", "is not a picture of a known kind"),
        (png(50, 50), "damaged or truncated"),
        (png(10_000, 10_000), "unpacks to more than 89,478,485 pixels"),  # Pillow warns
        (png(60_000, 60_000), "unpacks to more than 89,478,485 pixels"),  # Pillow refuses
        (None, "damaged or truncated"),  # a real one, cut off
    ],
)
def test_what_is_no_picture(content, words, tmp_path):
    path = tmp_path / "bad.png"
    if content is None:
        seven().save(path)
        content = path.read_bytes()[:-60]
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_picture(path)


def test_what_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none.png does not exist"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(FileNotFoundError, match="is not a file"):
        read_picture(tmp_path)


def test_files_of_a_folder(tmp_path):
    for name in ("b.PNG", "a.jpeg", ".c.png", "d.txt"):
        (tmp_path / name).touch()
    (tmp_path / "e.png").mkdir()
    assert [file.name for file in picture_files(tmp_path)] == ["a.jpeg", "b.PNG"]
    assert picture_files(tmp_path / "d.txt") == [tmp_path / "d.txt"]
    with pytest.raises(InputError, match="holds no pictures"):
        picture_files(tmp_path / "e.png")


def test_preprocessing_must_be_whole():
    check_preprocessing(DIGITS)
    with pytest.raises(InputError, match=r"\(low, ink missing\)"):
        check_preprocessing({k: v for k, v in DIGITS.items() if k not in ("low", "ink")})
    with pytest.raises(InputError, match="takes 4 channels"):
        check_preprocessing({**DIGITS, "channels": 4})
