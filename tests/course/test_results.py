"""Tables that commands made for lessons."""

import pytest

from minivit.course import results
from minivit.course.finding import lesson_folder
from minivit.course.results import read_result
from minivit.errors import InputError


def test_a_table_has_its_command_numbers_and_words(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "lesson_folder", lambda: tmp_path)
    (tmp_path / "results").mkdir()
    text = "# a command\n# on a machine\npool,rate,seed\ncls,0.001,0\nmean,2e-3,1\n"
    (tmp_path / "results" / "some.csv").write_text(text, "utf-8")
    made, rows = read_result("some.csv")
    assert made == "a command on a machine"
    assert rows == [
        {"pool": "cls", "rate": 0.001, "seed": 0.0},
        {"pool": "mean", "rate": 0.002, "seed": 1.0},
    ]


def test_a_table_that_is_missing_is_said_in_a_sentence():
    with pytest.raises(InputError, match=r"99_no\.csv did not come with this installation"):
        read_result("99_no.csv")


def test_every_table_of_the_course_says_how_it_was_made():
    names = [path.name for path in (lesson_folder() / "results").glob("*.csv")]
    assert names
    for name in names:
        made, rows = read_result(name)
        assert made.startswith("python -m benchmarks ") and rows
