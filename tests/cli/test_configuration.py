"""A configuration's fields as options."""

import argparse
import dataclasses

import pytest

from minivit import InputError, TrainingConfig, ViTConfig
from minivit.cli.configuration import add_options, given, refuse
from minivit.cli.parser import build_parsers
from minivit.fields import described


@dataclasses.dataclass
class Kite:
    """A field of every kind."""

    size: tuple[int, int] = described("100% of it", default=(2, 3))
    tails: int = described("how many tails", default=1, least=1)
    colour: str = described(
        "of the paper", default="red", choices=("red", "blue"), group="its looks"
    )
    line_length: float = described("of the line", default=30.0)
    folds: bool = described("whether it folds", default=True, group="its looks")
    knots: int | None = described("in a tail", default=None)
    flights: tuple[int, ...] | None = described("minutes of each", default=None)
    maker: str = "somebody"


def parser(**options) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    add_options(parser, "the kite", Kite, **options)
    return parser


def typed(*words: str) -> dict:
    return given(parser().parse_args(words), Kite)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", {}),
        ("--size 4", {"size": (4, 4)}),
        ("--size 4x2", {"size": (4, 2)}),
        ("--tails 0", {"tails": 0}),  # the configuration refuses it, in a sentence
        ("--colour blue", {"colour": "blue"}),
        ("--line-length 1e2", {"line_length": 100.0}),
        ("--folds", {"folds": True}),
        ("--no-folds", {"folds": False}),
        ("--knots 3", {"knots": 3}),
        ("--knots none", {"knots": None}),
        ("--flights 3x4x9", {"flights": (3, 4, 9)}),
        ("--flights 5", {"flights": (5,)}),
        ("--flights none", {"flights": None}),
    ],
)
def test_what_is_typed_is_what_is_given(words, found):
    assert typed(*words.split()) == found


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--size big", "'big': expected a whole number, or two such as 4x2"),
        ("--size 4x2x1", "'4x2x1': expected a whole number, or two"),
        ("--flights 3,4", "'3,4': expected whole numbers such as 3x4x9"),
        ("--knots some", "'some': expected a whole number, or \"none\""),
    ],
)
def test_what_can_not_be_read_is_refused(words, sentence, capsys):
    with pytest.raises(SystemExit) as stop:
        typed(*words.split())
    assert stop.value.code == 2
    assert sentence in capsys.readouterr().err


def test_help_names_meaning_choices_and_defaults():
    words = " ".join(parser(defaults=Kite(tails=7)).format_help().split())
    assert "--size N 100% of it (default: 2x3)" in words
    assert "--tails N how many tails (default: 7)" in words
    assert "--colour red|blue of the paper (default: red)" in words
    assert "--line-length X of the line (default: 30)" in words
    assert "--folds, --no-folds whether it folds (default: yes)" in words
    assert "--flights NxN|none minutes of each (default: none)" in words
    assert "--knots N|none in a tail (default: none)" in words
    assert "maker" not in words  # it is not described
    assert "how many tails (red: 7)" in parser(defaults=Kite(tails=7), called="red").format_help()
    assert "default" not in parser().format_help()


def test_a_group_of_fields_stands_together():
    lines = [line.strip() for line in parser().format_help().splitlines()]
    looks = lines.index("the kite: its looks:")
    assert lines[looks + 1].startswith("--colour")
    assert lines[looks + 2].startswith("--folds")
    assert lines.index("the kite:") < looks
    assert not any(line.startswith("--colour") for line in lines[:looks])


def test_fields_may_be_left_out():
    assert "--tails" not in parser(without=["tails"]).format_help()


def test_options_of_a_model_are_refused_for_what_is_no_variant():
    refuse({}, "that is a run")
    with pytest.raises(InputError, match=r"--qkv-bias changes a variant, and that is a run; leave"):
        refuse({"qkv_bias": False}, "that is a run")


@pytest.mark.parametrize(
    ("verb", "configuration", "without"),
    [
        ("train", TrainingConfig, {"model", "name", "started_from", "resized_by"}),
        ("train", ViTConfig, {"name", "channels", "classes"}),  # which the data decides
        ("info", ViTConfig, {"name"}),
        ("gradcheck", ViTConfig, {"name"}),
    ],
)
def test_no_field_is_forgotten(verb, configuration, without, capsys):
    with pytest.raises(SystemExit):
        build_parsers(verb)[0].parse_args([verb, "--help"])
    words = capsys.readouterr().out.replace(",", " ").split()
    for field in dataclasses.fields(configuration):
        option = "--" + field.name.replace("_", "-")
        assert (option in words) == (field.name not in without), option
