"""results.json, in the form that Gradescope documents."""

import json

import pytest
from graded_files import checked_source, not_loaded
from students_files import LAYERNORM, RELU, changed

from minivit.checking.student.findings import Finding
from minivit.checking.student.grading import gradescope
from minivit.checking.student.grading.points import VISIBILITIES, Worth
from minivit.errors import InputError

BOTH = ("forward", "backward")
WRONG = changed(LAYERNORM, "g - g.mean(axis=-1, keepdims=True)", "g")


@pytest.fixture(scope="module")
def wrong():
    return checked_source(WRONG + RELU)._replace(printed="see /autograder/source")


def test_a_test_for_each_op(wrong):
    found = gradescope.results(wrong)
    assert set(found) == {"output", "stdout_visibility", "tests", "extra_data"}
    names = [(test["name"], test["score"], test["max_score"]) for test in found["tests"]]
    assert names == [("layernorm", 0, 1), ("relu", 1, 1)]
    assert [test["status"] for test in found["tests"]] == ["failed", "passed"]
    assert {test["output_format"] for test in found["tests"]} == {"text"}
    assert {test["visibility"] for test in found["tests"]} == {"visible"}
    assert "[layernorm-mean-correction-forgotten]" in found["tests"][0]["output"]
    assert found["tests"][1]["output"] == f"Right at {wrong.ops[1].points} inputs."
    assert found["output"] == "2 ops: 1 right, 1 wrong."


def test_identifiers_for_programs_and_nothing_that_was_printed(wrong):
    found = gradescope.results(wrong)
    told = found["extra_data"]["minivit"]
    assert (told["format"], told["version"]) == ("minivit check", 1)
    cause = told["ops"][0]["findings"][0]["cause"]
    assert cause["identifier"] == "layernorm-mean-correction-forgotten"
    assert "autograder" not in json.dumps(found) and "smallest" not in json.dumps(told)


def test_each_part_with_its_own_reason_and_visibility(wrong):
    worth = Worth({"y": 2, "dx": 4}, BOTH, "after_published")
    found = gradescope.results(wrong, {"layernorm": worth})
    y, dx = found["tests"]
    assert (y["name"], y["score"], dx["name"], dx["score"]) == (
        "layernorm: y", 2, "layernorm: dx", 0,
    )  # fmt: skip
    assert y["visibility"] == dx["visibility"] == "after_published"
    assert y["visibility"] in VISIBILITIES
    assert "Likely cause" in dx["output"] and "Likely cause" not in y["output"]
    assert found["output"] == "", "how many are right would tell what is to be seen later"


def test_an_op_that_is_not_there(wrong):
    points = {"gelu": Worth({"": 3}, BOTH)}
    (test,) = gradescope.results(wrong, points)["tests"]
    assert (test["score"], test["max_score"], test["status"]) == (0, 3, "failed")
    assert test["output"] == "The file does not define gelu_forward or gelu_backward."


def test_half_of_a_pair_says_what_is_missing():
    forward = checked_source(RELU.partition("def relu_backward")[0])
    (test,) = gradescope.results(forward, {"relu": Worth({"": 3}, BOTH)})["tests"]
    assert test["score"] == 0 and "relu_forward alone" in test["output"]


def test_a_file_that_can_not_be_loaded():
    found = gradescope.results(not_loaded())
    assert (found["score"], found["tests"]) == (0, [])
    assert found["output"] == "Nothing was checked: line 3 raised SyntaxError: no."
    (test,) = gradescope.results(not_loaded(), {"relu": Worth({"": 3}, BOTH, "hidden")})["tests"]
    assert test["output"] == "The file can't be checked: line 3 raised SyntaxError: no."


def test_every_number_is_one_that_json_has():
    checked = checked_source(RELU)
    finding = Finding(("dx",), "values", "dx is nan", 1, None)
    ops = (checked.ops[0]._replace(findings=(finding,)),)
    text = json.dumps(gradescope.results(checked._replace(ops=ops)), allow_nan=False)
    assert "dx is nan" in text


def test_where_the_results_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gradescope, "THERE", tmp_path / "results")
    assert str(gradescope.place(None)) == "results.json"
    (tmp_path / "results").mkdir()
    assert gradescope.place(None) == tmp_path / "results" / "results.json"
    assert str(gradescope.place("other.json")) == "other.json"
    assert gradescope.place(tmp_path) == tmp_path / "results.json"


def test_results_are_replaced_and_nothing_else_is(tmp_path, wrong):
    path = tmp_path / "results.json"
    for before in (None, "", '{"score": 1}', '{"tests": []}'):
        if before is not None:
            path.write_text(before)
        gradescope.write(wrong, None, path)
        assert len(json.loads(path.read_text("utf-8"))["tests"]) == 2
    for before in ("notes of mine", "[1, 2]", "[[1]]", '{"name": "package"}', "7"):
        path.write_text(before)
        with pytest.raises(InputError, match="holds no results of a grader"):
            gradescope.write(wrong, None, path)
        assert path.read_text() == before
