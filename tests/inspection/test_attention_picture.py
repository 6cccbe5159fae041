import numpy as np
import pytest

pytest.importorskip("matplotlib")

from PIL import Image

import minivit
from minivit.inspection import attention_picture as draw_it
from minivit.inspection.attention_picture import MOST_MISTAKES, as_ink, choose
from minivit.inspection.paper import Paper

C = 3


def certain(predictions, sureness=0.8):
    """Probabilities (n, C) whose largest is `sureness`, at the predictions."""
    probabilities = np.full((len(predictions), C), (1 - sureness) / (C - 1))
    probabilities[np.arange(len(predictions)), predictions] = sureness
    return probabilities


@pytest.fixture
def papers(monkeypatch):
    """The sheets that were saved."""
    saved = []
    save = Paper.save
    monkeypatch.setattr(Paper, "save", lambda paper, path: (saved.append(paper), save(paper, path)))
    return saved


def draw(path, labels, predictions, **changes):
    sizes = {"image": (4, 6), "width": 16, "depth": 1, "mlp": 4, "classes": C}
    model = minivit.ViT(minivit.variant("digits", **(sizes | changes)), seed=0)
    model.class_names = ["cat", "dog", "eel"]
    images = np.random.default_rng(0).uniform(-1, 1, (len(labels), 4, 6, 1)).astype(np.float32)
    draw_it(model, images, np.array(labels), certain(predictions), path)


def words(paper):
    return [text.get_text() for text in paper.figure.texts]


def tiles(paper):
    return len(paper.figure.axes) - 1  # less the scale


def test_right_and_wrong_images_are_drawn(tmp_path, papers):
    draw(tmp_path / "a.png", [0, 1, 2, 0, 1], [0, 1, 2, 1, 1])
    said = words(papers[0])
    assert "dog read as cat" not in said and "cat read as dog" in said
    assert "dog 80%, cat 10%" in said and "Read wrong: 1 of 5" in said
    assert said.count("head 4") == 2 and "head 5" not in said  # two images side by side
    assert tiles(papers[0]) == 3 * (1 + 4) + 2
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.format == "PNG" and 1600 <= picture.width <= 2000


def test_everything_stays_on_the_paper(tmp_path, papers):
    draw(tmp_path / "a.png", [0, 1, 2] * 5, [0, 1, 2, *([1] * 12)])
    paper = papers[0]
    for text in paper.figure.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= paper.figure.bbox.width
        assert box.y0 >= 0 and box.y1 <= paper.figure.bbox.height
    for axes in paper.figure.axes:
        box = axes.get_position()
        assert box.x0 >= 0 and box.x1 <= 1 and box.y0 >= 0 and box.y1 <= 1


@pytest.mark.parametrize(("heads", "pool"), [(1, "cls"), (2, "mean"), (8, "cls"), (16, "mean")])
def test_tiles_never_overlap(tmp_path, papers, heads, pool):
    draw(tmp_path / "a.png", [0, 1, 2] * 4, [0, 1, 2] + [0] * 9, heads=heads, pool=pool)
    boxes = [axes.get_position() for axes in papers[0].figure.axes]
    for i, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[:i])
    assert ("(the first 12 of 16 are shown)" in " ".join(words(papers[0]))) == (heads == 16)
    assert tiles(papers[0]) == 3 * (1 + min(heads, 12)) + 2 * 6


def test_nothing_wrong_is_said_in_a_sentence(tmp_path, papers):
    draw(tmp_path / "a.png", [0, 1, 2], [0, 1, 2])
    assert words(papers[0])[-1] == "All 3 images were read right"


def test_nothing_right_draws_the_mistakes_alone(tmp_path, papers):
    draw(tmp_path / "a.png", [0, 1, 2], [1, 2, 0])
    assert tiles(papers[0]) == 3 * 2 and "image" not in words(papers[0])


def test_the_first_right_one_of_a_class_and_the_surest_mistakes_are_chosen():
    labels = np.array([2, 2, 0, 0, 1, 1])
    probabilities = np.array(
        [[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.9, 0.1, 0], [1, 0, 0], [0, 0, 1], [0.6, 0.4, 0]]
    )
    right, wrong = choose(labels, probabilities)
    assert right.tolist() == [2, 1]  # class 0 and class 2; nothing of class 1 was read right
    assert wrong.tolist() == [4, 5, 0]


def test_at_most_ten_mistakes_are_chosen():
    count = MOST_MISTAKES + 4
    right, wrong = choose(np.zeros(count, int), certain(np.ones(count, int)))
    assert len(right) == 0 and wrong.tolist() == list(range(MOST_MISTAKES))


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
