"""Reading pictures of any kind, and refusing what is none."""

import os
import struct
import threading
import zlib

import numpy as np
import pytest
from PIL import Image

from minivit.data import decoding
from minivit.data.decoding import read_picture
from minivit.errors import InputError


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


@pytest.mark.parametrize(
    "highest, white", [(1, 1), (2, 255), (255, 255), (256, 1023), (4095, 4095), (9999, 16383),
                       (25500, 65535), (65536, 65536), (2**31 - 1, 2**31 - 1)],
)  # fmt: skip
def test_white_is_the_depth_that_the_numbers_have(highest, white, tmp_path):
    levels = np.array([[0, highest]], np.int32)
    Image.fromarray(levels).save(tmp_path / "deep.tif")
    picture, _ = read_picture(tmp_path / "deep.tif")
    np.testing.assert_allclose(np.asarray(picture), [[0, 255 * highest / white]], rtol=1e-6)


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
        (png(10_000, 10_000), "unpacks to more than 50,000,000 pixels"),  # Pillow warns
        (png(60_000, 60_000), "unpacks to more than 50,000,000 pixels"),  # Pillow refuses
        (None, "damaged or truncated"),  # a real one, cut off
    ],
)
def test_what_is_no_picture(content, words, tmp_path):
    path = tmp_path / "bad.png"
    if content is None:
        noise = np.random.default_rng(0).integers(0, 256, (30, 40), np.uint8)
        Image.fromarray(noise).save(path)
        content = path.read_bytes()[:-60]
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_picture(path)


def test_deep_pictures_may_have_fewer_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "MOST_DEEP", 11)
    Image.fromarray(np.zeros((3, 4), np.uint8)).save(tmp_path / "a.png")
    Image.fromarray(np.zeros((3, 4), np.uint16)).save(tmp_path / "b.png")
    read_picture(tmp_path / "a.png")
    with pytest.raises(InputError, match="unpacks to more than 11 pixels"):
        read_picture(tmp_path / "b.png")


def test_a_format_that_another_program_would_unpack(tmp_path):
    Image.new("L", (9, 9)).save(tmp_path / "a.eps")
    with pytest.raises(InputError, match="is not a picture of a known kind"):
        read_picture(tmp_path / "a.eps")


def test_no_memory_is_a_sentence_about_this_picture(tmp_path, monkeypatch):
    def fail(picture, least):
        raise MemoryError

    monkeypatch.setattr(decoding, "decode", fail)
    Image.new("L", (9, 9)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"a\.png needs more memory than there is"):
        read_picture(tmp_path / "a.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_picture_through_a_pipe(tmp_path, monkeypatch):
    Image.new("L", (5, 7), 9).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    os.mkfifo(tmp_path / "pipe")

    def through_pipe():
        writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,))
        writer.start()
        try:
            return read_picture(tmp_path / "pipe")
        finally:
            writer.join()

    assert through_pipe()[0].size == (5, 7)
    monkeypatch.setattr(decoding, "LONGEST", 20)
    with pytest.raises(InputError, match="has more than 20 bytes"):
        through_pipe()


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="needs the device")
def test_a_device_without_an_end_or_a_beginning(monkeypatch):
    monkeypatch.setattr(decoding, "LONGEST", 20)
    with pytest.raises(InputError, match="is empty"):
        read_picture("/dev/null")
    with pytest.raises(InputError, match="has more than 20 bytes"):
        read_picture("/dev/zero")


def test_what_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none.png does not exist"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(FileNotFoundError, match="is a folder"):
        read_picture(tmp_path)
