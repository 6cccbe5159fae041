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
    assert summary.of_ops(ROWS) == [("gelu", 1, 1, 0, 1, 1), ("relu", 1, 1, 1, 0, 1)]
    assert summary.of_ops(ROWS[3:]) == []


def test_a_cause_counts_once_for_a_submission():
    more = [*ROWS, ROWS[1] | {"causes": "relu: mask-ignored"}]
    assert summary.common_causes(more) == [("gelu: upstream-ignored", 2), ("relu: mask-ignored", 1)]
    assert summary.common_causes(more, most=1) == [("gelu: upstream-ignored", 2)]


def test_a_kind_is_no_cause():
    assert summary.common_troubles(ROWS) == [("relu: not-implemented", 1), ("relu: raised", 1)]
    kinds = [row | {"causes": "relu: values; relu: slow"} for row in ROWS]
    assert summary.common_causes(kinds) == []
    assert summary.common_troubles(kinds) == [("relu: slow", 4), ("relu: values", 4)]


def test_what_was_not_checked():
    assert summary.failures(ROWS) == [("d", "it is a link")]
