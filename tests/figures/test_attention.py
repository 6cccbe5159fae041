import sys

import numpy as np
import pytest
from PIL import Image

import minivit
from minivit.figures import attention_picture as draw_it
from minivit.figures.attention import as_ink, as_pictures, choose
from minivit.figures.paper import Paper

C = 3


def certain(predictions, sureness=0.8):
    """Probabilities (n, C) whose largest is `sureness`, at the predictions."""
    probabilities = np.full((len(predictions), C), (1 - sureness) / (C - 1))
    probabilities[np.arange(len(predictions)), predictions] = sureness
    return probabilities


class Drawn:
    """What was drawn on one paper: words with their boxes, and the boxes of tiles and scale."""

    def __init__(self):
        self.words, self.word_boxes, self.frames, self.size = [], [], [], None


@pytest.fixture
def drawn(monkeypatch):
    drawn, new, frame = Drawn(), Paper.__init__, Paper.frame

    def watch(paper, *arguments):
        new(paper, *arguments)
        drawn.size, write = paper.sheet.size, paper.draw.text

        def text(place, words, color, font, anchor, stroke_width):
            drawn.words.append(words)
            box = paper.draw.textbbox(place, words, font, anchor, stroke_width=stroke_width)
            drawn.word_boxes.append(box)
            write(place, words, color, font, anchor, stroke_width=stroke_width)

        paper.draw.text = text

    def framed(paper, x, y, width, height, picture):
        box = (x, y, x + width, y + height)
        drawn.frames.append(tuple(side * drawn.size[0] / 12 for side in box))
        frame(paper, x, y, width, height, picture)

    monkeypatch.setattr(Paper, "__init__", watch)
    monkeypatch.setattr(Paper, "frame", framed)
    return drawn


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def draw(path, labels, predictions, names=("cat", "dog", "eel"), **changes):
    sizes = {"image": (4, 6), "width": 16, "depth": 1, "mlp": 4, "classes": C}
    model = minivit.ViT(minivit.variant("digits", **(sizes | changes)), seed=0)
    model.class_names, c = list(names), model.config
    images = np.random.default_rng(0).uniform(-1, 1, (len(labels), *c.image, 1))
    draw_it(model, images.astype(np.float32), np.array(labels), certain(predictions), path)


def tiles(drawn):
    return len(drawn.frames) - 1  # less the scale


def test_right_and_wrong_images_are_drawn(tmp_path, drawn):
    draw(tmp_path / "a.png", [0, 1, 2, 0, 1], [0, 1, 2, 1, 1])
    said = drawn.words
    assert "dog read as cat" not in said and "cat read as dog" in said
    assert "dog: 80%, cat: 10%" in said and "Read wrong: 1 of 5" in said
    assert said.count("head 4") == 2 and "head 5" not in said  # two images side by side
    assert tiles(drawn) == 3 * (1 + 4) + 2
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.format == "PNG" and picture.width == 1800
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


def test_matplotlib_is_not_needed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # importing it fails
    draw(tmp_path / "a.png", [0, 1, 2], [0, 1, 1])
    assert (tmp_path / "a.png").exists()


LONG = ("automobile", "a black-and-white soft-coated wheaten terrier", "W" * 60)


@pytest.mark.parametrize("names", [("0", "1", "2"), LONG], ids=["short names", "long names"])
@pytest.mark.parametrize(
    "changes",
    [
        {"heads": 1, "image": (12, 6)},
        {"heads": 2, "pool": "mean"},
        {"heads": 8, "image": (4, 64)},
        {"heads": 16, "pool": "mean"},
    ],
    ids=str,
)
def test_nothing_overlaps_or_leaves_the_paper(tmp_path, drawn, names, changes):
    draw(tmp_path / "a.png", [0, 1, 2] * 4, [0, 1, 2] + [0, 2, 1] * 3, names=names, **changes)
    boxes = drawn.word_boxes + drawn.frames
    width, height = drawn.size
    for i, one in enumerate(boxes):
        assert one[0] >= 0 and one[1] >= 0 and one[2] <= width and one[3] <= height
        assert not any(overlap(one, other) for other in boxes[:i])
    assert ("(the first 12 of 16 are shown)" in " ".join(drawn.words)) == (changes["heads"] == 16)
    assert tiles(drawn) == 3 * (1 + min(changes["heads"], 12)) + 2 * 6


def test_nothing_wrong_is_said_in_a_sentence(tmp_path, drawn):
    draw(tmp_path / "a.png", [0, 1, 2], [0, 1, 2])
    assert drawn.words[-1] == "All 3 images were read right"


def test_nothing_right_draws_the_mistakes_alone(tmp_path, drawn):
    draw(tmp_path / "a.png", [0, 1, 2], [1, 2, 0])
    assert tiles(drawn) == 3 * 2 and "image" not in drawn.words


def test_a_folder_that_is_missing_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        draw(tmp_path / "missing" / "a.png", [0, 1, 2], [0, 1, 2])


def test_the_first_right_one_of_a_class_and_the_surest_mistakes_are_chosen():
    labels = np.array([2, 2, 0, 0, 1, 1])
    probabilities = np.array(
        [[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.9, 0.1, 0], [1, 0, 0], [0, 0, 1], [0.6, 0.4, 0]]
    )
    right, wrong = choose(labels, probabilities)
    assert right.tolist() == [2, 1]  # class 0 and class 2; nothing of class 1 was read right
    assert wrong.tolist() == [4, 5, 0]


def test_at_most_ten_mistakes_are_chosen():
    right, wrong = choose(np.zeros(14, int), certain(np.ones(14, int)))
    assert len(right) == 0 and wrong.tolist() == list(range(10))


def test_bright_strokes_are_drawn_as_dark_ink():
    images = np.array([-1.0, 0.0, 1.0]).reshape(1, 1, 3, 1)
    bright = as_ink(images, {"low": -1.0, "high": 1.0, "ink": "bright"})
    assert bright.tolist() == [[[1.0, 0.5, 0.0]]]
    assert as_ink(images + 5, {}).tolist() == [[[0.0, 0.5, 1.0]]]


@pytest.mark.parametrize(("labels", "depth", "lack"), [([], 1, "no images"), ([0], 0, "no blocks")])
def test_where_there_is_no_attention_a_sentence_says_so(tmp_path, labels, depth, lack):
    with pytest.raises(minivit.InputError, match=lack):
        draw(tmp_path / "a.png", labels, labels, depth=depth)
    assert not list(tmp_path.iterdir())


def test_coloured_images_keep_their_colours():
    images = np.array([[[[-1.0, 0.0, 1.0]]]])
    preprocessing = {"low": -1.0, "high": 1.0, "ink": "any"}
    assert as_pictures(images, preprocessing).tolist() == [[[[0.0, 0.5, 1.0]]]]
    assert as_pictures(images[..., :1], preprocessing).tolist() == [[[0.0]]]


def test_black_and_white_may_differ_from_channel_to_channel():
    levels = {"low": [-2.0, -1.0, 0.0], "high": [2.0, 1.0, 1.0], "ink": "any"}
    images = np.array([[[[-2.0, 0.0, 1.0]]]])  # black in red, grey in green, white in blue
    assert np.allclose(as_pictures(images, levels), [[[[0.0, 0.5, 1.0]]]])
    assert np.allclose(as_ink(images, levels), [[[0.5]]])
