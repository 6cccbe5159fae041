"""The table of students' layers: every right one is accepted, every wrong one rejected, and of most
of them the cause is named.

They run in this process, as `test_check.py` shows that they do in their own: the table is long.
"""

import pytest
from direct import Direct
from student_layers import Layer, layers

from minivit.checking.student.examine import Examined, examine

RIGHT, WRONG, HELD_BACK = layers("right"), layers("wrong"), layers("held_back")
NAMED = 0.85  # of the wrong ones, at the least
OF_HELD_BACK = 16  # of 20: so many are named; a smaller number is a step back


def examined(layer: Layer) -> Examined:
    functions = Direct(layer.text)
    return examine(functions, layer.op, functions.found[layer.op], small=False)


def named(found: Examined) -> str:
    """The identifier of the cause that comes first; "" where none is known."""
    cause = found.findings[0].cause
    return cause.name if cause else ""


@pytest.mark.parametrize("layer", RIGHT, ids=lambda layer: layer.name)
def test_a_right_one_is_accepted(layer):
    found = examined(layer)
    assert found.verdict == "right", found.findings
    assert "right" in found.parts.values()


@pytest.mark.parametrize("layer", WRONG, ids=lambda layer: layer.name)
def test_a_wrong_one_is_rejected_and_its_cause_is_named(layer):
    found = examined(layer)
    assert found.verdict == "wrong"
    assert named(found) == layer.cause or not layer.cause


def test_most_wrong_ones_say_their_cause():
    """The test above holds that these are named."""
    assert sum(bool(layer.cause) for layer in WRONG) >= NAMED * (len(WRONG) + len(HELD_BACK))


def test_causes_of_layers_that_were_held_back():
    """Nobody who wrote down causes had seen these; what is right was judged without the checker."""
    found = {layer: examined(layer) for layer in HELD_BACK}
    assert all(one.verdict == "wrong" for one in found.values())
    assert sum(named(one) in layer.causes for layer, one in found.items()) >= OF_HELD_BACK
