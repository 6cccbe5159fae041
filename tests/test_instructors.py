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
