from types import SimpleNamespace

import numpy as np
import pytest

from minivit.checking.student.places import of_place


def trial(special="", dtype="float64", x=(2, 3), w=(3,), **options):
    inputs = {"x": np.ones(x), "w": None if w is None else np.ones(w)}
    call = SimpleNamespace(options=options)
    return SimpleNamespace(
        point=SimpleNamespace(special=special, dtype=dtype, inputs=inputs, call=call)
    )


PLAIN = trial()


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (trial("1e4 times as far apart"), "overflow"),
        (trial("around 1e6"), "cancellation"),
        (trial("around -50, close by"), "cancellation"),
        (trial("5 axes", x=(2, 2, 3)), "rank"),
        (trial(x=(1, 3)), "axes-of-one"),
        (trial(dtype="float32"), "float32-alone"),
        (trial(w=None), "absent-input"),
        (trial(eps=0.1), "option-mistaken"),
    ],
)
def test_where_alone_it_is_wrong(wrong, name):
    assert of_place([wrong], [PLAIN, wrong]).name == name


def test_what_is_wrong_at_plain_points_has_no_place():
    assert of_place([PLAIN], [PLAIN, trial(w=None)]) is None
    assert of_place([trial(w=None), trial(eps=0.1)], [PLAIN, trial(w=None), trial(eps=0.1)]) is None


def test_the_narrowest_place():
    narrow = trial("around 1e6", dtype="float32")
    found = of_place([narrow], [PLAIN, narrow, trial(dtype="float32"), trial(dtype="float32")])
    assert found.name == "cancellation"


def test_the_input_and_the_option_are_named():
    assert "where w is None" in of_place([trial(w=None)], [PLAIN, trial(w=None)]).sentence
    assert "the option eps" in of_place([trial(eps=0.1)], [PLAIN, trial(eps=0.1)]).sentence
