"""The instructor's page: what it shows is what the commands print and the scripts do."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from students_files import RELU

from minivit.checking.student.caches import lines
from minivit.checking.student.grading import points as points_module
from minivit.checking.student.grading.gradebook import FIRST, LAST
from minivit.checking.student.grading.points import read_points
from minivit.cli.parser import build_parsers
from minivit.course.checkable import checkable_in, find_checkable
from minivit.course.finding import all_lessons

PAGE = (Path(__file__).parents[1] / "docs" / "instructors.md").read_text("utf-8")


def marked(mark: str) -> str:
    """The block below a mark."""
    _, found, rest = PAGE.partition(f"<!-- {mark} -->\n```")
    assert found
    return rest.partition("\n")[2].partition("```")[0]


def test_the_cache_is_the_one_that_the_command_prints():
    assert marked("caches").splitlines() == lines("layernorm")


def test_the_points_are_those_of_the_manual(tmp_path):
    (tmp_path / "points.toml").write_text(marked("points"))
    assert sum(len(worth.parts) for worth in read_points(tmp_path / "points.toml").values()) == 7
    manual = re.sub(r"(?m)^    ", "", points_module.__doc__)
    assert marked("points").strip() in manual


def test_the_exercises_are_those_that_can_be_checked():
    rows = [
        f"| {one.number} | {', '.join(f'`{name}`' for name in one.functions)} |"
        for lesson in all_lessons()
        for one in checkable_in(lesson)
    ]
    table = PAGE.partition("<!-- exercises -->\n")[2].partition("\n\n")[0]
    assert table.splitlines()[2:] == rows


def test_the_points_of_a_backward_ask_for_no_forward(tmp_path):
    (tmp_path / "points.toml").write_text(marked("points of a backward"))
    assert read_points(tmp_path / "points.toml")["layernorm"].ways == ("backward",)
    assert find_checkable("5.3").functions == ("layernorm_backward",)


@pytest.mark.skipif(os.name != "posix", reason="a script of bash")
def test_the_loop_grades_notebooks(tmp_path):
    """Also one that has not the answer."""
    pytest.importorskip("nbformat")
    (tmp_path / "submissions").mkdir()
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None,
            "source": "def other(): pass"}  # fmt: skip
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (tmp_path / "submissions" / "a b.ipynb").write_text(json.dumps(book))
    (tmp_path / "points.toml").write_text(marked("points of a backward"))
    program = tmp_path / "minivit"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m minivit "$@"\n')
    program.chmod(0o755)
    places = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
              "PYTHONPATH": str(Path(__file__).parents[1])}  # fmt: skip
    subprocess.run(["bash", "-ec", marked("loop")], check=True, cwd=tmp_path,
                   env=os.environ | places)  # fmt: skip
    told = json.loads((tmp_path / "grades" / "a b.json").read_text())
    assert (told["grade"]["score"], told["grade"]["max_score"]) == (0, 8)
    assert (tmp_path / "grades" / "a b.results.json").exists()


def test_every_option_that_it_names_is_there():
    _, parser = build_parsers("check")
    known = set(parser._option_string_actions)
    _, lessons = build_parsers("lessons")
    named = set(re.findall(r"--[a-z]+", re.sub(r"<!--.*?-->", "", PAGE)))
    assert named <= known | set(lessons._option_string_actions)


def test_the_columns_are_those_of_the_table():
    heading = ",".join((*FIRST, "(a column for each op)", *LAST))
    assert f"`{heading}`" in PAGE


@pytest.mark.skipif(os.name != "posix", reason="a script of bash")
@pytest.mark.parametrize("handed_in", ["student.py", ""])
def test_the_autograder_writes_results(tmp_path, handed_in):
    """In a folder that stands for /autograder."""
    for name in ("source", "submission", "results", "venv/bin"):
        (tmp_path / name).mkdir(parents=True)
    program = tmp_path / "venv" / "bin" / "minivit"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m minivit "$@"\n')
    program.chmod(0o755)
    (tmp_path / "source" / "points.toml").write_text("[relu]\npoints = 3\n")
    if handed_in:
        (tmp_path / "submission" / handed_in).write_text(RELU)
    script = marked("run_autograder").replace("/autograder/", f"{tmp_path}/")
    subprocess.run(["bash", "-c", script], check=True, capture_output=True)
    (test,) = json.loads((tmp_path / "results" / "results.json").read_text())["tests"]
    assert (test["score"], test["max_score"]) == (3 if handed_in else 0, 3)
    (tmp_path / "source" / "points.toml").write_text("relu = 3")
    subprocess.run(["bash", "-c", script], check=True, capture_output=True)
    assert "tell your instructor" in (tmp_path / "results" / "results.json").read_text()
