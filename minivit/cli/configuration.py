"""A configuration's fields as options of the command line: one for each that is described.

Nothing of it has a default in the namespace: what is there was typed.
"""

import argparse
from collections.abc import Collection

from minivit.errors import InputError
from minivit.fields import Described, described_fields, in_words

METAVARS = {int: "N", float: "X", str: "NAME", tuple: "N"}


def add_options(
    group, configuration: type, *, defaults=None, without: Collection[str] = ()
) -> None:
    """Add `--learning-rate X` for the field learning_rate of a dataclass, and so on.

    `defaults`, an instance, has the values that the help names. Fields in `without` are decided
    otherwise, e.g. by the data.
    """
    for field in described_fields(configuration):
        if field.help and field.name not in without:
            text = field.help.replace("%", "%%")
            if defaults is not None:
                text += f" (default: {in_words(getattr(defaults, field.name))})"
            group.add_argument(
                f"--{field.name.replace('_', '-')}",
                default=argparse.SUPPRESS, help=text, **reading(field),
            )  # fmt: skip


def reading(field: Described) -> dict:
    """How argparse reads a field's value. Bounds and choices are checked by the configuration."""
    if field.kind is bool:
        return {"action": argparse.BooleanOptionalAction}
    metavar = "|".join(field.choices) or METAVARS[field.kind]
    if field.may_be_none:
        return {"type": or_none(field.kind), "metavar": f"{metavar}|none"}
    return {"type": pair if field.kind is tuple else field.kind, "metavar": metavar}


def pair(text: str) -> tuple[int, int]:
    """ "4" -> (4, 4), "4x2" -> (4, 2)."""
    try:
        height, _, width = text.partition("x")
        return int(height), int(width or height)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected a whole number, or two such as 4x2 (height x width)"
        ) from None


def or_none(kind: type):
    """A type of argument that takes the word "none" as well."""

    def parse(text: str):
        if text.lower() == "none":
            return None
        try:
            return kind(text)
        except ValueError:
            what = {int: "a whole number", float: "a number"}[kind]
            raise argparse.ArgumentTypeError(f'{text!r}: expected {what}, or "none"') from None

    return parse


def given(arguments: argparse.Namespace, configuration: type) -> dict[str, object]:
    """The fields that were typed, with their values."""
    typed = vars(arguments)
    names = [field.name for field in described_fields(configuration) if field.help]
    return {name: typed[name] for name in names if name in typed}


def refuse(changes: Collection[str], reason: str) -> None:
    """InputError when options of a model were typed for something that is as it is."""
    if changes:
        option = next(iter(changes)).replace("_", "-")
        raise InputError(
            f"--{option} changes a variant, and {reason}; leave it out, or give a variant such as "
            "B/16"
        )
