from xml.etree import ElementTree

import pytest
from PIL import Image

from minivit.figures.look import words
from minivit.figures.saving import new_figure, save_figure, was_made_by

pytest.importorskip("matplotlib")
HOSTILE = ("$x_{", "$$", "</script>", "<!--<script>", "a\nb\tc", "-->", "\u202egnp.a", "数字",
           "W" * 300)  # fmt: skip


def drawn(name="name"):
    figure = new_figure(4, 3)
    axes = figure.subplots()
    axes.plot([0, 1], [1, 2], label=words(name))
    axes.imshow([[0, 1], [1, 0]])
    axes.set_title(words(name))
    return figure


@pytest.mark.parametrize("name", ["a.png", "a.SVG"])
def test_the_same_figure_has_the_same_bytes_and_names_its_maker(tmp_path, name):
    contents = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        save_figure(drawn(), tmp_path / folder / name, software="minivit look")
        contents.append((tmp_path / folder / name).read_bytes())
    assert contents[0] == contents[1]
    assert was_made_by(tmp_path / "one" / name, "minivit look")
    assert not was_made_by(tmp_path / "one" / name, "minivit plot")
    assert not was_made_by(tmp_path / "one" / name, "minivit")


def test_they_are_what_their_ending_says(tmp_path):
    save_figure(drawn(), tmp_path / "a.png")
    save_figure(drawn(), tmp_path / "a.svg")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.format == "PNG" and picture.size == (600, 450)
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.png", "a.svg"]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_any_kind_are_drawn(tmp_path, name):
    for ending in ("png", "svg"):
        save_figure(drawn(name), tmp_path / f"a.{ending}")
    ElementTree.parse(tmp_path / "a.svg")
    assert len(words(name)) <= 152 and "\n" not in words(name)


def test_a_file_of_somebody_else_is_not_ours(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    (tmp_path / "b.svg").write_text("<svg><title>minivit look</title></svg>")
    (tmp_path / "c.png").write_bytes(b"")
    assert not any(was_made_by(path, "minivit look") for path in tmp_path.iterdir())
