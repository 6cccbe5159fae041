import numpy as np
import pytest
from PIL import Image, ImageColor

from minivit.figures.paper import (
    DPI,
    FINE,
    FRAME,
    ON_INK,
    ON_PAPER,
    QUIET,
    SMALLEST,
    Paper,
    fitting,
    length,
    plain,
)

INCH = DPI * FINE


def rgb(color):
    return np.array(ImageColor.getrgb(color))


def pixels(grey, attention=None, most=0.5):
    """The middle of every pixel of a tile, (height, width, 3), as it stands on the sheet."""
    grey, paper = np.asarray(grey, float), Paper(4, 2, most)
    paper.tile(1, 0.5, 1, 1, grey, attention)
    rows, columns = ((np.arange(n) + 0.5) * INCH / n for n in grey.shape[:2])
    sheet = np.asarray(paper.sheet).astype(int)
    return sheet[np.ix_(INCH // 2 + rows.astype(int), INCH + columns.astype(int))]


def boxes_of_words(paper, monkeypatch):
    """A list that fills with (words, box on the sheet) as the paper writes."""
    written = []

    def text(place, words, color, font, anchor, stroke_width):
        box = paper.draw.textbbox(place, words, font, anchor, stroke_width=stroke_width)
        written.append((words, box))

    monkeypatch.setattr(paper.draw, "text", text)
    return written


def test_without_attention_a_tile_is_grey():
    assert np.array_equal(pixels([[0, 0.2]]), [[[0, 0, 0], [51, 51, 51]]])


def test_a_coloured_image_keeps_its_colours_and_turns_grey_under_attention():
    image = [[[1, 0.2, 0], [0.4, 0.4, 0.4]]]
    assert np.array_equal(pixels(image), [[[255, 51, 0], [102, 102, 102]]])
    grey = [[0.4, 0.4]]  # the means of the channels
    attention = np.array([[0.1, 0.3]])
    assert np.array_equal(pixels(image, attention), pixels(grey, attention))


def test_attention_colours_the_pixels_of_its_patch():
    grey = np.ones((4, 6))
    grey[0, 0] = grey[3, 5] = 0  # ink in the first and in the last patch
    attention = np.zeros((2, 3))
    attention[1, 2] = 0.5
    picture = pixels(grey, attention)
    assert picture.shape == (4, 6, 3)
    assert np.array_equal(picture[0, 1], rgb(ON_PAPER[0]))
    assert np.array_equal(picture[0, 0], rgb(ON_INK[0]))
    assert np.array_equal(picture[2, 4], rgb(ON_PAPER[-1]))
    assert np.array_equal(picture[3, 5], rgb(ON_INK[-1]))
    assert np.array_equal(picture[1, 5], rgb(ON_PAPER[0]))  # one row above the last patch


def test_strength_goes_with_the_root_and_stops_at_the_most():
    quarter, most, beyond = pixels(np.ones((1, 3)), np.array([[0.125, 0.5, 0.9]]))[0]
    assert np.array_equal(quarter, rgb(ON_PAPER[2]))  # half way
    assert np.array_equal(most, beyond)


def test_a_picture_larger_than_its_tile_is_averaged():
    chess = np.indices((2 * INCH, 2 * INCH)).sum(axis=0) % 2
    paper = Paper(4, 2, 1)
    paper.tile(1, 0.5, 1, 1, chess)
    middle = np.asarray(paper.sheet)[INCH // 2 : 3 * INCH // 2, INCH : 2 * INCH].astype(int)
    assert np.abs(middle - 127.5).max() <= 1


def test_places_are_measured_from_the_top_left_corner():
    paper = Paper(4, 2, 1)
    paper.tile(1, 0.5, 2, 0.25, np.zeros((1, 1)))
    dark = (np.asarray(paper.sheet) == 0).all(axis=2)
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    assert (rows[0], rows[-1] + 1) == (0.5 * INCH, round(0.75 * DPI) * FINE)
    assert (columns[0], columns[-1] + 1) == (INCH, 3 * INCH)
    around = np.asarray(paper.sheet)[INCH // 2 - FINE : INCH // 2, INCH : 3 * INCH]
    assert (around == rgb(FRAME)).all()


@pytest.mark.parametrize(("align", "edge"), [("left", 0), ("right", 2)])
def test_words_stand_on_their_line(monkeypatch, align, edge):
    paper = Paper(4, 2, 1)
    written = boxes_of_words(paper, monkeypatch)
    paper.text(2, 1, "Hxn", 20, align=align)
    box = written[0][1]
    assert abs(box[3] - INCH) <= 2 and abs(box[edge] - 2 * INCH) <= 8
    assert box[3] - box[1] < INCH * 20 / 72


def test_bold_words_have_more_ink():
    inks = []
    for bold in (False, True):
        paper = Paper(4, 2, 1)
        paper.text(0.5, 1, "words", 20, bold=bold)
        inks.append((255 - np.asarray(paper.sheet).astype(int)).sum())
    assert inks[1] > 1.15 * inks[0]


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("words", ["dog", "automobile", "soft-coated wheaten terrier", "W" * 80])
def test_words_keep_to_their_room(monkeypatch, words, bold):
    paper = Paper(4, 2, 1)
    written = boxes_of_words(paper, monkeypatch)
    paper.text(1, 1, words, 11, room=0.7, bold=bold)
    box = written[0][1]
    assert box[2] - box[0] <= 0.7 * INCH + 2


def test_the_outline_of_bold_words_needs_room_too(monkeypatch):
    paper = Paper(4, 2, 1)
    written = boxes_of_words(paper, monkeypatch)
    paper.text(0.5, 1, "WWWW", 40, room=length("WWWW", 40), bold=True)
    box = written[0][1]
    assert box[2] - box[0] <= length("WWWW", 40) * INCH


def test_words_shrink_first_and_are_cut_then():
    assert fitting("dog", 11, 0.7) == ("dog", 11)
    words, size = fitting("automobile", 11, 0.7)
    assert words == "automobile" and SMALLEST < size < 11
    words, size = fitting("soft-coated wheaten terrier", 11, 0.7)
    assert size == SMALLEST and words.startswith("soft-coat") and words.endswith("...")
    assert 0.6 < length(words, size) <= 0.7


def test_letters_that_the_font_lacks_are_replaced(monkeypatch):
    assert plain("犬 dog") == "? dog"
    paper = Paper(4, 2, 1)
    written = boxes_of_words(paper, monkeypatch)
    paper.text(1, 1, "crème\nbrûlée")
    assert written[0][0] == "creme brulee"


@pytest.mark.parametrize("part", [0.001, 0.25, 0.49])
@pytest.mark.parametrize(("most", "last"), [(0.36, ["36%", "or more"]), (1.0, ["100%"])])
def test_the_scale_names_the_even_share_and_the_most(monkeypatch, most, last, part):
    paper = Paper(4, 2, most)
    written = boxes_of_words(paper, monkeypatch)
    paper.scale(0.5, 0.5, 2.6, 0.2, even=part * most)
    assert [words for words, _ in written] == ["0", f"{part * most:.1%}", "even share", *last]
    boxes = [box for _, box in written]
    middles, ends = boxes[1:3], boxes[3:]
    assert max(boxes[0][2], 0) < min(box[0] for box in middles)
    assert max(box[2] for box in middles) < min(box[0] for box in ends)
    assert all(box[2] <= 3.1 * INCH + 2 for box in ends)
    mark = round((0.5 + 2.6 * part**0.5) * DPI) * FINE
    row = np.asarray(paper.sheet)[round(0.72 * DPI) * FINE]
    assert (row[mark - FINE : mark + FINE] == rgb(QUIET)).all(axis=1).any()


def test_the_file_is_the_sheet_reduced(tmp_path):
    paper = Paper(4, 2, 1)
    paper.tile(1, 0.5, 1, 1, np.zeros((1, 1)))
    paper.save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.format == "PNG" and picture.size == (4 * DPI, 2 * DPI)
        assert picture.getpixel((DPI, DPI)) == (0, 0, 0)  # nothing blurs the edge of the ink
        assert picture.getpixel((DPI - 1, DPI)) == tuple(rgb(FRAME))
