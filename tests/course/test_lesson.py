"""What a lesson's first lines tell, and how lessons are found."""

import pytest
from course_samples import LESSON

from minivit.course import finding
from minivit.course.lesson import read_lesson
from minivit.errors import InputError


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder with three lessons in the place of the real one."""
    for name in ("__init__", "07_sums", "02_patches", "puzzles"):
        (tmp_path / f"{name}.py").write_text(LESSON, "utf-8")
    monkeypatch.setattr(finding, "lesson_folder", lambda: tmp_path)
    return tmp_path


def test_the_head_of_a_lesson(tmp_path):
    path = tmp_path / "07_sums.py"
    path.write_text(LESSON, "utf-8")
    lesson = read_lesson(path)
    assert (lesson.title, lesson.minutes) == ("sums, and *why*", 25)
    assert lesson.builds_on == ("02", "05")
    assert (lesson.stem, lesson.key, lesson.name) == ("07_sums", "07", "lesson 7")
    assert lesson.text == LESSON


@pytest.mark.parametrize(
    "line, minutes, builds_on",
    [
        ("*40 minutes; builds on no other lesson.*", 40, ()),
        ("*5 minutes; builds on lesson 3.*", 5, ("03",)),
        ("*90 minutes; builds on lessons 2, 3 and 11.*", 90, ("02", "03", "11")),
        ("40 minutes", None, ()),
    ],
)
def test_minutes_and_what_it_builds_on(line, minutes, builds_on, tmp_path):
    path = tmp_path / "puzzles.py"
    path.write_text(f"# %% [markdown]\n# # Puzzles: a line each\n#\n# {line}\n", "utf-8")
    lesson = read_lesson(path)
    assert (lesson.minutes, lesson.builds_on) == (minutes, builds_on)
    assert (lesson.title, lesson.key, lesson.name) == ("Puzzles: a line each", "puzzles", "puzzles")


def test_lessons_come_by_number_then_by_name(course):
    assert list(finding.lesson_files()) == ["02", "07", "puzzles"]
    assert [lesson.stem for lesson in finding.all_lessons()] == ["02_patches", "07_sums", "puzzles"]


@pytest.mark.parametrize(
    "name", ["07", "7", "007", "sums", "Sums", "07_sums", "07_sums.py", "lessons/07_sums.py"]
)
def test_a_lesson_goes_by_many_names(name, course):
    assert finding.find_lesson(name).stem == "07_sums"


@pytest.mark.parametrize(
    "name, near",
    [("patchs", "; the nearest is patches"), ("99", ""), ("", ""), ("\N{SUPERSCRIPT TWO}", "")],
)
def test_an_unknown_lesson_names_the_nearest(name, near, course):
    with pytest.raises(InputError) as raised:
        finding.find_lesson(name)
    assert str(raised.value).startswith(f"there is no lesson {name!r}{near}. There are 02, 07, puz")


def test_lessons_that_did_not_come_along(tmp_path, monkeypatch):
    monkeypatch.setattr(finding.minivit, "__file__", str(tmp_path / "minivit" / "__init__.py"))
    with pytest.raises(InputError, match="the lessons did not come with this installation"):
        finding.lesson_folder()
    inside = tmp_path / "minivit" / "lessons"
    for folder in (tmp_path / "lessons", inside):  # in a checkout; once installed
        folder.mkdir(parents=True)
        (folder / "00_tour.py").touch()
        assert finding.lesson_folder() == folder
