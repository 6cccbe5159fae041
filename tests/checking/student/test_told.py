"""The form of the JSON, which autograders read."""

import json

import numpy as np
import pytest
from students_files import LAYERNORM, RELU, changed

from minivit.checking.student import check
from minivit.checking.student.told import told, values

WRONG = changed(LAYERNORM, "g - g.mean(axis=-1, keepdims=True)", "g")


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    path = tmp_path_factory.mktemp("student") / "student.py"
    path.write_text(
        WRONG + changed(RELU, "return dy * (x > 0)", "raise NotImplementedError('6.2')")
    )
    return json.loads(json.dumps(told(check(path)), allow_nan=False))


def test_the_document(document):
    ops = document["ops"]
    assert document["file"].endswith("student.py")
    rest = {key: value for key, value in document.items() if key not in ("ops", "file")}
    assert rest == {"format": "minivit check", "version": 1, "ok": False, "failed": None,
                        "unlimited": "", "printed": ""}  # fmt: skip
    assert [(op["op"], op["verdict"]) for op in ops] == [
        ("layernorm", "wrong"), ("relu", "not written")]  # fmt: skip
    assert ops[0]["parts"] == {"y": "right", "dx": "wrong", "dgamma": "right", "dbeta": "right"}
    assert set(ops[0]) == {"op", "verdict", "ways", "points", "seconds", "parts", "left_out",
                           "is_slow", "printed", "findings"}  # fmt: skip


def test_a_finding(document):
    (finding,) = document["ops"][0]["findings"]
    assert finding["cause"]["identifier"] == "layernorm-mean-correction-forgotten"
    assert set(finding["cause"]) == {"identifier", "sentence", "hint", "derivation"}
    assert (finding["kind"], finding["parts"], finding["line"]) == ("values", ["dx"], None)
    smallest = finding["smallest"]
    assert set(smallest["inputs"]) == {"x", "gamma", "beta"}
    assert np.shape(smallest["inputs"]["x"]) == np.shape(smallest["dy"]) == np.shape(
        smallest["came"]) == np.shape(smallest["right"])  # fmt: skip
    assert smallest["came"] != smallest["right"]
    assert smallest["part"] == "dx" and smallest["dtype"] == "float64"


def test_a_stub(document):
    (finding,) = document["ops"][1]["findings"]
    assert finding["kind"] == "not implemented"
    assert finding["cause"] is finding["smallest"] is None
    assert finding["line"] == len(WRONG.splitlines()) + 8


def test_a_file_that_can_not_be_loaded(tmp_path):
    (tmp_path / "bad.py").write_text("x = (")
    found = told(check(tmp_path / "bad.py"))
    assert found["failed"]["kind"] == "load" and found["failed"]["line"] == 1
    assert (found["ops"], found["ok"]) == ([], False)


def test_numbers_that_json_lacks_are_null():
    assert values(np.array([[1.5, np.nan], [-np.inf, -0.0]])) == [[1.5, None], [None, 0.0]]
    assert values(None) is None and values(np.array([2, 3])) == [2, 3]
