"""The table of students' layers: right ones are right, and each wrong one is wrong as it says."""

import ast
import collections
import re
import warnings

import numpy as np
import pytest
from layer_points import points
from layer_trials import everything_spoilt, gradient_names, spoilt
from student_layers import LAW, inputs_taken, layers

from minivit.checking import gradcheck
from minivit.checking.calls import OPS, calls

RIGHT, WRONG, HELD_BACK = layers("right"), layers("wrong"), layers("held_back")
EVERY_WRONG = WRONG + HELD_BACK
CLOSE = {np.float64: 1e-9, np.float32: 1e-4}  # relative to the largest number of a result
NEEDS_NUMPY_2 = "attention-promoted-by-a-numpy-scalar"  # NumPy 1 does not promote by scalars


def named(table):
    return pytest.mark.parametrize("layer", table, ids=lambda layer: layer.name)


@pytest.mark.parametrize("dtype", CLOSE)
@named(RIGHT)
def test_a_right_one_equals_the_op_and_obeys_the_law(layer, dtype):
    asked = 0
    for point in points(layer.op, dtype):
        found = spoilt(layer, point, CLOSE)
        assert not found, point.words
        asked += found is not None
    assert asked >= (4 if dtype is np.float64 else 1), "once at all sizes, at the least"


@named(EVERY_WRONG)
def test_a_wrong_one_spoils_what_it_says_and_nothing_else(layer):
    if layer.name == NEEDS_NUMPY_2 and np.lib.NumpyVersion(np.__version__) < "2.0.0":
        pytest.skip("right with NumPy 1")
    assert layer.spoils
    assert everything_spoilt(layer) == set(layer.spoils)


def test_many_wrong_forwards_have_a_backward_that_is_their_derivative():
    """Gradient checks alone accept these: of 45 of them it is shown."""
    consistent = 0
    for layer in EVERY_WRONG:
        if layer.op == "convolution" or not {"y"} < set(layer.spoils):
            continue
        forward, backward = layer.functions()
        plain = calls(layer.op)[0]
        inputs = plain.draw(np.random.default_rng(0))[: inputs_taken(forward, plain)]
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            consistent += gradcheck(forward, backward, *inputs, options=plain.options).ok
        if consistent == 45:
            return
    raise AssertionError(f"only {consistent} are accepted")


def test_the_table_covers_every_op():
    assert len(HELD_BACK) == 20
    assert len(EVERY_WRONG) >= 184
    assert len(RIGHT) == 51
    assert {layer.op for layer in RIGHT} == {layer.op for layer in EVERY_WRONG} == set(OPS)
    assert len({layer.op for layer in HELD_BACK}) >= 15
    spoils = collections.Counter(word for layer in EVERY_WRONG for word in layer.spoils)
    assert all(spoils[word] >= 2 for word in LAW)
    for op in "layernorm", "attention", "multihead_attention", "cross_entropy", "linear":
        assert sum(layer.op == op for layer in EVERY_WRONG) >= 9


def test_names_are_identifiers_and_each_belongs_to_one():
    names = [layer.name for layer in RIGHT + EVERY_WRONG]
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name) for name in names)
    assert len(set(names)) == len(names)
    assert len({layer.text for layer in RIGHT + EVERY_WRONG}) == len(names)


@named(RIGHT + EVERY_WRONG)
def test_it_is_a_complete_file_that_says_what_it_does(layer):
    assert any(layer.functions())
    assert layer.sentence.endswith(".")
    assert set(layer.spoils) <= {"y", *gradient_names(calls(layer.op)[0]), *LAW}
    assert bool(layer.spoils) != (layer.kind == "right")


@named(RIGHT + EVERY_WRONG)
def test_it_takes_the_op_itself_from_nowhere(layer):
    theirs = {f"{layer.op}_forward", f"{layer.op}_backward"}
    for node in ast.walk(ast.parse(layer.text)):
        if isinstance(node, ast.ImportFrom):
            assert node.module != f"minivit.ops.{layer.op}"
            assert not theirs.intersection(alias.name for alias in node.names)
        assert not (isinstance(node, ast.Attribute) and node.attr in theirs)
