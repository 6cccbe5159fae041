"""Every lesson as a student runs it: alone, from another folder, and then once more."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from minivit.course.exercises import student_copy
from minivit.course.lesson import read_lesson
from minivit.course.running import environment

FOLDER = Path(__file__).resolve().parents[1] / "lessons"
LESSONS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))


@pytest.mark.lessons
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_twice_from_anywhere(lesson, tmp_path):
    environment = {**os.environ, "PYTHONPATH": package_folder()}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "error", str(lesson)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout and not done.stderr
    assert {entry.name for entry in tmp_path.iterdir()} <= {"out"}  # figures go there, only there


@pytest.mark.lessons
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_where_no_figure_can_be_written_it_still_comes_to_its_exercises(lesson, tmp_path):
    (tmp_path / "out").touch()  # a file, where the folder should be
    (tmp_path / "temporary").mkdir()
    elsewhere = {"PYTHONPATH": package_folder(), "TMPDIR": str(tmp_path / "temporary")}
    environment = {**os.environ, **elsewhere}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(lesson)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    exercises = re.findall(r"^# \*\*(\d+\.\d+) ", lesson.read_text("utf-8"), re.MULTILINE)
    assert all(f"{exercise} is right" in done.stdout for exercise in exercises)
    assert str(tmp_path / "temporary") in done.stdout or not list(tmp_path.glob("temporary/*"))


@pytest.mark.lessons
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_exercise_has_its_answer_between_markers_and_a_check(lesson):
    text = lesson.read_text(encoding="utf-8")
    number = str(int(lesson.stem[:2]))
    exercises = re.findall(rf"^# \*\*({number}\.\d+) ", text, re.MULTILINE)
    assert exercises == [f"{number}.{i + 1}" for i in range(len(exercises))] and exercises
    parts = re.split(rf"^# \*\*{number}\.\d+ ", text, flags=re.MULTILINE)[1:]
    for part in parts:
        assert part.count("### BEGIN SOLUTION") == part.count("### END SOLUTION") >= 1
        assert "assert " in part.split("### END SOLUTION")[-1]


@pytest.mark.lessons
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_students_copy_stops_at_its_first_exercise_and_names_it(lesson, tmp_path):
    copy = tmp_path / lesson.name
    copy.write_text(student_copy(read_lesson(lesson).cells), "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", copy.name],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    last = done.stderr.strip().split("\n")[-1]
    assert last.startswith(f"NotImplementedError: exercise {int(lesson.stem[:2])}.1: "), done.stderr


@pytest.mark.lessons
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_its_head_tells_its_number_its_minutes_and_what_it_builds_on(lesson):
    text, found = lesson.read_text("utf-8"), read_lesson(lesson)
    assert text.startswith(f"# %% [markdown]\n# # Lesson {int(found.key)}: {found.title}\n#\n# *")
    assert 10 <= found.minutes <= 90 and len(found.title) <= 72
    keys = [path.stem[:2] for path in LESSONS]
    assert all(key in keys and key < found.key for key in found.builds_on)


@pytest.mark.lessons
def test_there_are_lessons():
    assert LESSONS


def package_folder() -> str:
    """Where this Python finds minivit, so that the lesson runs on the same one."""
    return str(Path(importlib.util.find_spec("minivit").origin).parents[1])
