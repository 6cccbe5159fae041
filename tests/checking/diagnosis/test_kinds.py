import numpy as np
import pytest

from minivit.checking.diagnosis.kinds import of_exception, of_kind


@pytest.mark.parametrize(
    ("kind", "part", "sentence", "name"),
    [
        ("dtype", "dx", "it has dtype float32, expected float64", "dtype-lowered"),
        ("written", "backward", "the backward wrote into dy", "upstream-overwritten"),
        ("written", "backward", "the backward wrote into x", "input-overwritten"),
        ("shared", "dx", "it shares memory with dy: return a copy", "memory-shared"),
        ("state", "dx", "dx is another after a forward on other inputs", "state-kept"),
        ("form", "forward", "the forward returned None", "no-pair"),
        ("form", "backward", "the backward returned a tuple of 2", "wrong-count"),
        ("form", "db", "it is an array: expected None, for an input that is None", "absent-input"),
        ("form", "dx", "it is a float, expected an array", "no-array"),
    ],
)
def test_a_kind_tells_its_cause(kind, part, sentence, name):
    assert of_kind(kind, part, sentence, "float64").name == name


def test_the_dtype_of_the_inputs_tells_which_way_it_changed():
    assert of_kind("dtype", "dx", "", "float32").name == "dtype-promoted"


@pytest.mark.parametrize("kind", ["values", "shape", "raised", "endless"])
def test_other_kinds_tell_nothing_by_themselves(kind):
    assert of_kind(kind, "dx", "", "float64") is None


def test_what_numpy_says_of_shapes():
    for wrong in (
        lambda: np.ones((2, 3)) + np.ones((2, 4)),
        lambda: np.ones((2, 3)) @ np.ones((2, 4)),
        lambda: np.ones((2, 3)).reshape(5),
        lambda: np.ones((2, 3)).dot(np.ones((2, 4))),
    ):
        with pytest.raises(ValueError) as raised:
            wrong()
        assert of_exception(str(raised.value)).name == "shapes-do-not-fit"
    assert of_exception("it raised KeyError: 'X'") is None
