"""Configurations' fields: what is declared, what is refused, and in which words."""

import dataclasses

import numpy as np
import pytest

from minivit.errors import InputError
from minivit.fields import (
    changes_in_words,
    check_fields,
    described,
    described_fields,
    in_words,
    like,
)


@dataclasses.dataclass(frozen=True)
class Kite:
    """A field of every kind."""

    size: tuple[int, int] = described("height x width", least=1)
    tails: int = described("how many tails", least=1)
    colour: str = described("of the paper", default="red", choices=("red", "blue"))
    line_length: float = described("of the line in metres", default=30.0, above=0)
    slack: float = described("of the line", default=0.0, least=0, below=1)
    folds: bool = described("whether it folds", default=True)
    knots: int | None = described("in a tail", default=None, least=1)
    weight: float = described("of the kite", default=0.5, below=2, words="less than 2 kg")
    flights: tuple[int, ...] | None = described("minutes of each", default=None, least=1)
    maker: str = ""
    spare: dict = dataclasses.field(default_factory=dict)
    old_style: int = dataclasses.field(default=0, metadata={"help": "declared without described"})

    def __post_init__(self):
        check_fields(self)


def kite(**changes) -> Kite:
    return Kite(**({"size": (2, 3), "tails": 1} | changes))


def test_every_kind_is_recognised():
    kinds = {field.name: (field.kind, field.may_be_none) for field in described_fields(Kite)}
    assert kinds == {
        "size": (tuple, False), "tails": (int, False), "colour": (str, False),
        "line_length": (float, False), "slack": (float, False), "folds": (bool, False),
        "knots": (int, True), "weight": (float, False), "flights": (list, True),
        "maker": (str, False), "old_style": (int, False),
    }  # fmt: skip
    texts = {field.name: field.help for field in described_fields(kite())}
    assert texts["tails"] == "how many tails"
    assert texts["old_style"] == "declared without described"
    assert texts["maker"] == ""


LIST = "expected whole numbers from 1, such as (3, 4, 9), or None"
PAIR = "expected a whole number from 1, or a pair (height, width) of them"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"size": 0}, f"size is 0: {PAIR}"),
        ({"size": (2, 0.5)}, f"size is (2, 0.5): {PAIR}"),
        ({"size": (2, 3, 4)}, f"size is (2, 3, 4): {PAIR}"),
        ({"size": "23"}, f"size is '23': {PAIR}"),
        ({"size": None}, f"size is None: {PAIR}"),
        ({"tails": 0}, "tails is 0: expected a whole number from 1"),
        ({"tails": 2.0}, "tails is 2.0: expected a whole number from 1"),
        ({"tails": True}, "tails is True: expected a whole number from 1"),
        ({"tails": None}, "tails is None: expected a whole number from 1"),
        ({"tails": "two"}, "tails is 'two': expected a whole number from 1"),
        ({"colour": "green"}, "colour is 'green': choose 'red' or 'blue'"),
        ({"line_length": 0}, "line length is 0: expected a number above 0"),
        ({"line_length": float("inf")}, "line length is inf: expected a number above 0"),
        ({"line_length": 10**309}, f"line length is 1{'0' * 309}: expected a number above 0"),
        ({"line_length": "long"}, "line length is 'long': expected a number above 0"),
        ({"line_length": True}, "line length is True: expected a number above 0"),
        ({"slack": 1}, "slack is 1: expected a number from 0 to below 1"),
        ({"slack": -0.1}, "slack is -0.1: expected a number from 0 to below 1"),
        ({"slack": float("nan")}, "slack is nan: expected a number from 0 to below 1"),
        ({"folds": 1}, "folds is 1: expected True or False"),
        ({"knots": 0}, "knots is 0: expected a whole number from 1, or None"),
        ({"weight": 2}, "weight is 2: expected less than 2 kg"),
        ({"flights": ()}, f"flights is (): {LIST}"),
        ({"flights": [3, 0]}, f"flights is [3, 0]: {LIST}"),
        ({"flights": 0}, f"flights is 0: {LIST}"),
        ({"flights": "3x4"}, f"flights is '3x4': {LIST}"),
        ({"maker": 7}, "maker is 7: expected a word"),
        ({"old_style": 0.5}, "old style is 0.5: expected a whole number"),
    ],
)
def test_a_value_that_is_not_allowed_is_named_with_what_is(change, sentence):
    with pytest.raises(InputError) as error:
        kite(**change)
    assert str(error.value) == sentence


def test_what_is_allowed_is_kept_as_a_plain_value():
    found = kite(tails=np.int64(3), line_length=np.float32(0.5), slack=0, knots=2)
    kept = (found.tails, found.line_length, found.slack, found.knots)
    assert kept == (3, 0.5, 0.0, 2)
    assert list(map(type, kept)) == [int, float, float, int]
    sizes = [kite(size=size).size for size in (4, [4, 2], np.array([4, 2]))]
    assert sizes == [(4, 4), (4, 2), (4, 2)]
    assert {type(side) for size in sizes for side in size} == {int}
    flights = [kite(flights=given).flights for given in ([5, 2, 9], np.array([4]), 4)]
    assert flights == [(5, 2, 9), (4,), (4,)]


def test_a_field_that_is_declared_elsewhere():
    @dataclasses.dataclass
    class Balloon:
        colour: str = like(Kite, "colour")

    assert described_fields(Balloon) == [f for f in described_fields(Kite) if f.name == "colour"]


def test_what_differs_from_the_defaults():
    assert changes_in_words(kite(tails=5, maker="me")) == ""  # neither default nor description
    found = changes_in_words(kite(colour="blue", folds=False, line_length=7, knots=3))
    assert found == "colour blue, line length 7, folds no, knots 3"


@pytest.mark.parametrize(
    ("value", "words"),
    [((4, 2), "4x2"), (2.0, "2"), (1e-6, "1e-06"), (7, "7"), (0, "0"), (1, "1"), (True, "yes"),
     (False, "no"), (None, "none"), ("cls", "cls")],
)  # fmt: skip
def test_values_in_words(value, words):
    assert in_words(value) == words
