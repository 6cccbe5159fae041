import json
import math

import numpy as np
import pytest

from minivit.checking.report import Report, Row, compare, judge, shape_text


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (0.0, "excellent"),
        (9e-8, "excellent"),
        (1e-7, "right"),
        (1e-4, "right"),
        (1.1e-4, "wrong"),
        (math.inf, "wrong"),
        (math.nan, "wrong"),
    ],
)
def test_the_bands(error, word):
    assert judge(error) == word


def test_a_tighter_tolerance():
    assert judge(1e-8, tolerance=1e-8) == "excellent"
    assert judge(2e-8, tolerance=1e-8) == "wrong"


def test_the_metric():
    absolute, relative = compare(np.array([1.0, -4.0]), np.array([1.5, -4.0]))
    assert absolute == 0.5
    assert relative == 0.5 / (4 + 4)
    assert compare(np.zeros((0, 2)), np.zeros((0, 2))) == (0.0, 0.0)
    assert math.isnan(compare(np.ones(2), np.array([1.0, np.nan]))[1])


def test_one_percent_is_wrong_and_rounding_at_zero_is_not():
    gradient = np.random.default_rng(0).standard_normal(50)
    assert judge(compare(gradient, 1.01 * gradient)[1]) == "wrong"
    assert judge(compare(np.full(3, 5e-11), np.zeros(3), 1e-10)[1]) == "excellent"
    assert judge(compare(np.full(3, 5e-9), np.full(3, -5e-9), 1e-10)[1]) == "wrong"
    assert compare(np.zeros(3), np.zeros(3)) == (0.0, 0.0)


def rows(*verdicts):
    return [Row(f"t{i}", (2, 3), 1e-9, 1e-10, verdict) for i, verdict in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        (Report("", rows("excellent", "excellent")), "excellent"),
        (Report("", rows("excellent", "right")), "right"),
        (Report("", rows("excellent", "wrong")), "wrong"),
        (Report("", rows("excellent"), problems=["no"]), "wrong"),
        (Report("", rows("excellent"), remarks=["small"]), "excellent"),
    ],
)
def test_the_verdict_of_a_report(report, verdict):
    assert report.verdict == verdict
    assert report.ok == bool(report) == (verdict != "wrong")


def test_the_table():
    report = Report("gradient check of twice", remarks=["Shrunk."], problems=["it writes into x"])
    report.rows = [
        Row("x", (2, 3, 10), 1.2e-9, 3e-10, "excellent"),
        Row("long.name", (), 0.5, 0.25, "wrong", "it has the wrong sign"),
        Row("b", None, 0.0, 0.0, "excellent", "None, for an input that is None"),
    ]
    assert str(report).split("\n") == [
        "gradient check of twice",
        "Shrunk.",
        "  tensor     shape   largest error  relative  verdict",
        "  x          2x3x10        1.2e-09   3.0e-10  excellent",
        "  long.name  scalar        5.0e-01   2.5e-01  wrong: it has the wrong sign",
        "  b          -             0.0e+00   0.0e+00  excellent: None, for an input that is None",
        "  wrong: it writes into x",
    ]


def test_as_json():
    report = Report("op", [Row("x", (2,), math.inf, math.nan, "wrong", "it is None")])
    values = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert values == {
        "title": "op",
        "ok": False,
        "verdict": "wrong",
        "rows": [
            {
                "tensor": "x",
                "shape": [2],
                "absolute_error": None,
                "relative_error": None,
                "verdict": "wrong",
                "note": "it is None",
                "cause": None,
            }
        ],
        "problems": [],
        "remarks": [],
    }


def test_shapes_as_text():
    assert [shape_text(s) for s in ((2, 3), (4,), (), None)] == ["2x3", "4", "scalar", "-"]
