"""Drawn and photographed digits must look like those of the training set."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from minivit.data import load_dataset
from minivit.data.strokes import COVERED, NothingToRead, frame_strokes, straighten

DRAWN = [  # as a hand would draw them, in 200x300
    [(100, 40), (50, 90), (50, 210), (100, 260), (150, 210), (150, 90), (100, 40)],
    [(70, 90), (110, 40), (110, 260)],
    [(50, 90), (80, 45), (125, 45), (150, 90), (130, 140), (50, 260), (155, 260)],
    [(50, 60), (100, 40), (145, 80), (130, 130), (90, 145), (140, 165), (150, 215), (100, 260),
     (50, 240)],
    [(120, 260), (120, 40), (40, 180), (160, 180)],
    [(150, 45), (60, 45), (55, 140), (110, 125), (150, 170), (140, 230), (95, 260), (50, 240)],
    [(130, 40), (80, 90), (55, 160), (55, 220), (95, 260), (140, 235), (145, 185), (110, 155),
     (60, 180)],
    [(50, 45), (155, 45), (90, 260)],
    [(100, 145), (60, 110), (65, 60), (100, 40), (140, 60), (140, 110), (100, 145), (55, 185),
     (55, 230), (100, 260), (145, 230), (145, 185), (100, 145)],
    [(145, 95), (110, 145), (65, 130), (55, 80), (90, 45), (135, 50), (145, 95), (140, 180),
     (110, 260)],
]  # fmt: skip


def drawn(digit: int, width: int) -> Image.Image:
    picture = Image.new("L", (200, 300), 255)
    ImageDraw.Draw(picture).line(DRAWN[digit], fill=0, width=width, joint="curve")
    return picture


def photographed(digit: int, width: int) -> Image.Image:
    """Blurred, grey on grey, lit from the right, with grain."""
    soft = np.asarray(drawn(digit, width).filter(ImageFilter.GaussianBlur(1.5))) / 255
    light = np.linspace(0.55, 0.95, 200) * np.linspace(0.8, 1, 300)[:, None]
    grain = np.random.default_rng(digit).normal(0, 0.03, soft.shape)
    levels = np.clip((0.15 + 0.85 * soft) * light + grain, 0, 1)
    return Image.fromarray((255 * levels).astype(np.uint8))


@pytest.mark.parametrize("make", [drawn, photographed])
@pytest.mark.parametrize("width", [3, 8, 16, 28])
def test_they_look_like_the_training_digits(make, width):
    images, labels = load_dataset("digits").train
    found = []
    for digit in range(10):
        frame, inverted, _ = frame_strokes(make(digit, width), 8, 8)
        assert inverted and frame.shape == (8, 8)
        distances = np.square(images[..., 0] - (2 * frame - 1)).sum(axis=(1, 2))
        nearest = labels[np.argsort(distances, kind="stable")[:5]]
        found.append(int(np.bincount(nearest).argmax()))
    right = sum(answer == digit for digit, answer in enumerate(found))
    assert right >= 9, found


def test_the_frame_is_filled_from_top_to_bottom_whatever_the_size():
    small, large = Image.new("L", (500, 400)), Image.new("L", (30, 40))
    small.paste(255, (300, 50, 310, 80))  # a bar of 10x30 somewhere
    large.paste(255, (10, 5, 20, 35))
    for picture in (small, large):
        frame, inverted, steps = frame_strokes(picture, 8, 8)
        assert not inverted and "bright strokes on a dark ground: not inverted" in steps
        assert (frame[:, 3:5] > 0.8).all() and (frame[:, [0, 7]] == 0).all()


def test_wide_figures_are_narrowed():
    picture = Image.new("L", (300, 100), 255)
    picture.paste(0, (10, 30, 290, 60))
    frame = frame_strokes(picture, 8, 8).frame
    np.testing.assert_allclose(frame.mean(axis=0), [0, 1, 1, 1, 1, 1, 1, 0], atol=0.15)


def test_thin_strokes_are_thickened():
    frame, _, steps = frame_strokes(drawn(0, 2), 8, 8)
    assert frame.mean() >= COVERED
    assert any(step.startswith("strokes thickened by") for step in steps)


def test_a_slant_is_measured_and_halved():
    rows, columns = np.mgrid[:60, :60]
    ink = (np.abs(columns - 30 + 0.5 * (rows - 30)) < 4).astype(np.float32)  # leans to the right
    upright, slant = straighten(ink)
    assert slant == pytest.approx(0.5, abs=0.02)
    assert straighten(upright)[1] == pytest.approx(0.25, abs=0.02)
    assert straighten(upright[:, ::-1])[1] == pytest.approx(-0.25, abs=0.02)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 2), (60, 60)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_picture_has_nothing_to_read(size, level):
    with pytest.raises(NothingToRead, match="there is nothing to read: no strokes stand out"):
        frame_strokes(Image.new("L", size, level), 8, 8)


@pytest.mark.parametrize("size", [50, 200, 600])
@pytest.mark.parametrize("grain", [0.01, 0.03, 0.08])
def test_a_photograph_of_empty_paper_has_nothing_to_read(size, grain):
    light = np.linspace(0.55, 0.95, size) * np.linspace(0.8, 1, size)[:, None]
    levels = np.clip(light + np.random.default_rng(0).normal(0, grain, light.shape), 0, 1)
    with pytest.raises(NothingToRead):
        frame_strokes(Image.fromarray((255 * levels).astype(np.uint8)), 8, 8)


@pytest.mark.parametrize("scale", [1, 5])
@pytest.mark.parametrize("dark", [False, True])
def test_every_training_digit_can_be_read(scale, dark):
    for image in load_dataset("digits").train.images[::7, ..., 0]:
        levels = ((image + 1) * 127.5).astype(np.uint8)
        picture = Image.fromarray(255 - levels if dark else levels)
        frame = frame_strokes(picture.resize((8 * scale, 8 * scale)), 8, 8)
        assert frame.frame.max() > 0.5 and "frame along" not in frame.steps[0]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("raised", [0, 255])
def test_anything_gives_a_frame_or_has_nothing_to_read(seed, raised):
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 40, 2)
    levels = rng.integers(0, 256, size, np.uint8)
    levels[rng.random(size) < 0.7] = raised
    try:
        frame = frame_strokes(Image.fromarray(levels), 8, 8).frame
    except NothingToRead:
        return
    assert frame.shape == (8, 8) and frame.min() >= 0 and frame.max() <= 1


def test_a_border_half_black_and_half_white():
    levels = np.zeros((40, 40), np.uint8)
    levels[:, 20:] = 255
    frame, inverted, _ = frame_strokes(Image.fromarray(levels), 8, 8)
    assert not inverted and frame.max() == 1
