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
from minivit.figures.saving import can_draw

FOLDER = Path(__file__).resolve().parents[1] / "lessons"
LESSONS = sorted(FOLDER.glob("[!_]*.py"))
NUMBERED = [path for path in LESSONS if path.stem[0].isdigit()]
OF_KERNELS = ("12_kernels", "25_precision")  # those that import Numba
COMPILING = "minivit: compiling kernels, "  # on stderr, once per machine
WITHOUT_NUMBA = """
import runpy, sys
runpy.run_path(sys.argv[1], run_name="__main__")
assert "numba" not in sys.modules, "this lesson imports Numba"
"""


@pytest.fixture(autouse=True, scope="module")
def known_fonts(tmp_path_factory):
    """Matplotlib looks for fonts now: it tells of that on stderr, on a machine's first figure."""
    if can_draw():
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MPLCONFIGDIR", str(tmp_path_factory.mktemp("matplotlib")))
            command = [sys.executable, "-c", "import matplotlib.font_manager"]
            subprocess.run(command, capture_output=True, check=True)
            yield
    else:
        yield


def prefix(lesson: Path) -> str:
    """What the numbers of its exercises begin with: "6.", or nothing for puzzles and bugs."""
    return f"{int(lesson.stem[:2])}." if lesson in NUMBERED else ""


@pytest.mark.lessons
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_twice_from_anywhere_without_numba(lesson, tmp_path):
    environment = {**os.environ, "PYTHONPATH": package_folder()}
    environment.pop("MINIVIT_BACKEND", None)
    for first in ([], ["-c", WITHOUT_NUMBA] if lesson.stem not in OF_KERNELS else []):
        done = subprocess.run(
            [sys.executable, "-W", "error", *first, str(lesson)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        said = [line for line in done.stderr.splitlines() if not line.startswith(COMPILING)]
        assert done.stdout and not said
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
    exercises = re.findall(r"^# \*\*((?:\d+\.)?\d+) ", lesson.read_text("utf-8"), re.MULTILINE)
    assert all(f"{exercise} is right" in done.stdout for exercise in exercises)
    assert str(tmp_path / "temporary") in done.stdout or not list(tmp_path.glob("temporary/*"))


@pytest.mark.lessons
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_exercise_has_its_answer_between_markers_and_a_check(lesson):
    text = lesson.read_text(encoding="utf-8")
    number = re.escape(prefix(lesson)) + r"\d+"
    exercises = re.findall(rf"^# \*\*({number}) ", text, re.MULTILINE)
    assert exercises == [f"{prefix(lesson)}{i + 1}" for i in range(len(exercises))] and exercises
    parts = re.split(rf"^# \*\*{number} ", text, flags=re.MULTILINE)[1:]
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
    assert last.startswith(f"NotImplementedError: exercise {prefix(lesson)}1: "), done.stderr


@pytest.mark.lessons
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_its_head_tells_its_number_its_minutes_and_what_it_builds_on(lesson):
    text, found = lesson.read_text("utf-8"), read_lesson(lesson)
    name = f"Lesson {int(found.key)}: " if lesson in NUMBERED else ""
    assert text.startswith(f"# %% [markdown]\n# # {name}{found.title}\n#\n# *")
    assert 10 <= found.minutes <= 90 and len(found.title) <= 72
    keys = [path.stem[:2] for path in NUMBERED]
    assert all(key in keys and key < found.key for key in found.builds_on)


@pytest.mark.lessons
def test_there_are_lessons():
    assert LESSONS


def package_folder() -> str:
    """Where this Python finds minivit, so that the lesson runs on the same one."""
    return str(Path(importlib.util.find_spec("minivit").origin).parents[1])
