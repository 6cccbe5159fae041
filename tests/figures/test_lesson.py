"""The picture that a lesson leaves: saved whole, told in words, and no loss where there is none."""

import pytest
from PIL import Image

from minivit.figures import keep_picture, lesson


def draw(figure):
    """A line that rises,
    and one that falls."""
    axes = figure.subplots()
    axes.plot([0, 1])
    axes.plot([1, 0])


def test_it_lies_in_the_folder_out_and_its_words_are_printed(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    keep_picture(draw, "lines.png", 4, 2)
    path = lesson.Path("out", "lines.png")
    assert capsys.readouterr().out == f"A line that rises, and one that falls: {path}\n"
    with Image.open(path) as picture:
        assert picture.format == "PNG" and picture.width == 2 * picture.height


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").write_text("mine", "utf-8")
    keep_picture(draw, "lines.png", 4, 2)
    path = lesson.Path(capsys.readouterr().out.strip().rpartition(": ")[2])
    assert path.is_file() and tmp_path not in path.resolve().parents
    path.unlink()
    path.parent.rmdir()
    assert (tmp_path / "out").read_text("utf-8") == "mine"


def test_without_matplotlib_it_says_so_and_draws_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lesson, "can_draw", lambda: False)
    keep_picture(draw, "lines.png", 4, 2)
    assert "lines.png" in (said := capsys.readouterr().out) and "pip install matplotlib" in said
    assert not list(tmp_path.iterdir())
