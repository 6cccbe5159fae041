"""The course as a whole: its README names every lesson and exercise, specifications their size."""

import re
from pathlib import Path

import pytest

from minivit.course.exercises import parts
from minivit.course.lesson import read_lesson

FOLDER = Path(__file__).resolve().parents[2] / "lessons"
README = (FOLDER / "README.md").read_text("utf-8")
SECTION = re.compile(r"^### \[(\w+)\]\((\w+\.py)\): (.+) \((\d+) minutes\)$", re.MULTILINE)
FILES = sorted(FOLDER.glob("[!_]*.py"))  # a digit sorts before a letter
LESSONS = [read_lesson(path) for path in FILES]


def exercises_of(lesson) -> list[str]:
    numbers = [part.exercise.number for part in parts(lesson.cells) if part.exercise]
    return list(dict.fromkeys(numbers))


def test_every_lesson_has_its_section_and_no_other():
    expected = [(each.key, each.path.name, each.title, str(each.minutes)) for each in LESSONS]
    assert SECTION.findall(README) == expected


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_a_section_has_goals_a_question_and_every_exercise_with_its_time(lesson):
    start = README.index(f"]({lesson.path.name})")
    section = re.split(r"^##", README[start:], maxsplit=1, flags=re.MULTILINE)[0]
    assert 2 <= len(re.findall(r"^- ", section, re.MULTILINE)) <= 4
    assert "\nAsk: " in section
    told = re.findall(r"([\d.]+) \((\d+) minutes\)", section)
    assert [number for number, _ in told] == exercises_of(lesson)
    assert sum(int(minutes) for _, minutes in told) < lesson.minutes


def test_plans_and_rubric_name_only_exercises_that_exist():
    known = {number for lesson in LESSONS for number in exercises_of(lesson)}
    assert set(re.findall(r"\b\d{1,2}\.\d\b", README)) <= known


def test_the_diagram_has_every_numbered_lesson():
    diagram = README.split("## What builds on what")[1].split("\n## ")[0]
    drawn = "\n".join(re.findall(r"^    .+$", diagram, re.MULTILINE))
    found = re.findall(r"\b\d\d(?= [a-zA-Z])", drawn)
    assert sorted(found) == [lesson.key for lesson in LESSONS if lesson.key.isdigit()]


def test_the_hours_of_all_lessons_are_their_minutes():
    (told,) = re.findall(r"The numbered lessons take about (\d+) hours", README)
    assert abs(int(told) - sum(each.minutes for each in NUMBERED) / 60) < 0.5


NUMBERED = [each for each in LESSONS if each.key.isdigit()]


@pytest.mark.parametrize("lesson", NUMBERED, ids=lambda lesson: lesson.stem)
def test_every_specification_says_how_many_lines_an_answer_has(lesson):
    told = {number: "" for number in exercises_of(lesson)}
    for part in parts(lesson.cells):
        if part.exercise and part.role == "prose":
            told[part.exercise.number] += " ".join(part.text.split())
    for number, text in told.items():
        assert re.search(r"\b[Rr]oughly \d+ lines?\b", text), f"exercise {number}: how many lines?"
