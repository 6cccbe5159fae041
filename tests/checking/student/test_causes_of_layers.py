"""The table of students' layers: every right one is accepted, every wrong one rejected, and of most
of them the cause is named.

They run in this process, as `test_check.py` shows that they do in their own: the table is long.
"""

import functools

import pytest
from direct import Direct
from student_layers import Layer, layers

from minivit.checking.student.examine import Examined, examine

RIGHT, WRONG, HELD_BACK = layers("right"), layers("wrong"), layers("held_back")
NAMED = 0.85  # of the wrong ones, at the least
# Drawn at random besides: the table must not rest on the list of points alone.
EXAMPLES = 20


@functools.cache
def examined(layer: Layer) -> Examined:
    functions = Direct(layer.text)
    return examine(functions, layer.op, functions.found[layer.op], EXAMPLES)


def named(layer: Layer) -> bool:
    """Whether the first finding names the cause that the layer says."""
    first = examined(layer).findings[0]
    return bool(layer.cause) and first.cause is not None and first.cause.name == layer.cause


@pytest.mark.parametrize("layer", RIGHT, ids=lambda layer: layer.name)
def test_a_right_one_is_accepted(layer):
    found = examined(layer)
    assert found.verdict == "right", found.findings
    assert "right" in found.parts.values()


@pytest.mark.parametrize("layer", WRONG + HELD_BACK, ids=lambda layer: layer.name)
def test_a_wrong_one_is_rejected(layer):
    assert examined(layer).verdict == "wrong"


@pytest.mark.parametrize("layer", [layer for layer in WRONG if layer.cause], ids=lambda x: x.name)
def test_the_cause_is_named(layer):
    first = examined(layer).findings[0]
    assert first.cause is not None, first.sentence
    assert first.cause.name == layer.cause


@pytest.mark.parametrize("table", [WRONG, HELD_BACK], ids=["wrong", "held back"])
def test_most_causes_are_named(table):
    unnamed = [layer.name for layer in table if not named(layer)]
    assert len(unnamed) <= (1 - NAMED) * len(table), unnamed
