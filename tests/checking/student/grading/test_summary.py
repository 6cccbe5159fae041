"""A class at a glance."""

from minivit.checking.student.grading import summary

ROWS = [
    {"submission": "a", "verdict": "right", "relu": "right", "causes": "", "failed": ""},
    {"submission": "b", "verdict": "wrong", "relu": "wrong", "gelu": "right",
     "causes": "relu: raised; relu: raised; gelu: upstream-ignored", "failed": ""},
    {"submission": "c", "verdict": "wrong", "relu": "not written", "gelu": "wrong",
     "causes": "relu: not-implemented; gelu: upstream-ignored", "failed": ""},
    {"submission": "d", "verdict": "not checked", "causes": "", "failed": "it is a link"},
]  # fmt: skip


def test_how_many_are_right():
    assert summary.verdicts(ROWS) == "4 submissions: 1 right, 2 wrong, 1 not checked"
    incomplete = [*ROWS[:2], ROWS[0] | {"verdict": "incomplete"}]
    assert summary.verdicts(incomplete) == "3 submissions: 1 right, 1 incomplete, 1 wrong"
    assert summary.verdicts(ROWS[:1]) == "1 submission: 1 right"
    assert summary.of_ops(ROWS) == [("gelu", 1, 1, 0, 1), ("relu", 1, 1, 1, 0)]
    assert summary.of_ops(ROWS[3:]) == []


def test_a_cause_counts_once_for_a_submission():
    assert summary.common_causes(ROWS) == [
        ("gelu: upstream-ignored", 2), ("relu: not-implemented", 1), ("relu: raised", 1),
    ]  # fmt: skip
    assert summary.common_causes(ROWS, most=1) == [("gelu: upstream-ignored", 2)]


def test_what_was_not_checked():
    assert summary.failures(ROWS) == [("d", "it is a link")]
