"""A configuration's fields as options of the command line: one for each that is described.

None of them has a default in the namespace: what is there was typed.
"""

import argparse
from collections.abc import Collection

from minivit.errors import InputError
from minivit.fields import Described, asked, described_fields, in_words

METAVARS = {int: "N", float: "X", str: "NAME", tuple: "N", list: "NxN"}
TYPED = {
    tuple: "expected a whole number, or two such as 4x2 (height x width)",
    list: "expected whole numbers such as 3x4x9",
}


def add_options(
    parser: argparse.ArgumentParser,
    title: str,
    configuration: type,
    *,
    defaults=None,
    called: str = "default",
    without: Collection[str] = (),
) -> None:
    """Add `--learning-rate X` for the field learning_rate of a dataclass, and so on.

    The options stand under a title, "the model", and those of a group of fields under "the model:
    attention". The help names the values of `defaults`, an instance, under the word `called`.
    Fields in `without` get no option: they are decided otherwise, e.g. by the data.
    """
    groups = {}
    for field in described_fields(configuration):
        if field.help and field.name not in without:
            heading = f"{title}: {field.group}" if field.group else title
            if heading not in groups:
                groups[heading] = parser.add_argument_group(heading)
            text = field.help.replace("%", "%%")
            if defaults is not None:
                text += f" ({called}: {in_words(getattr(defaults, field.name))})"
            groups[heading].add_argument(
                f"--{field.name.replace('_', '-')}",
                default=argparse.SUPPRESS, help=text, **reading(field),
            )  # fmt: skip


def reading(field: Described) -> dict:
    """How argparse reads a field's value. Bounds and choices are checked by the configuration."""
    if field.kind is bool:
        return {"action": argparse.BooleanOptionalAction}
    metavar = "|".join(field.choices) or METAVARS[field.kind]
    if field.may_be_none:
        metavar += "|none"
    return {"type": read(field), "metavar": metavar}


def read(field: Described):
    """A type of argument: what was typed as a value of the field, or a sentence."""

    def parse(text: str):
        if field.may_be_none and text.lower() == "none":
            return None
        try:
            typed = {tuple: pair, list: several}.get(field.kind, field.kind)
            return typed(text)
        except ValueError:
            expected = TYPED.get(field.kind) or asked(field).replace("or None", 'or "none"')
            raise argparse.ArgumentTypeError(f"{text!r}: {expected}") from None

    return parse


def pair(text: str) -> tuple[int, int]:
    """ "4" -> (4, 4), "4x2" -> (4, 2); ValueError for anything else."""
    height, _, width = text.partition("x")
    return int(height), int(width or height)


def several(text: str) -> tuple[int, ...]:
    """ "3x4x9" -> (3, 4, 9); ValueError for anything else."""
    return tuple(int(number) for number in text.split("x"))


def given(arguments: argparse.Namespace, configuration: type) -> dict[str, object]:
    """The fields that were typed, with their values."""
    typed = vars(arguments)
    names = [field.name for field in described_fields(configuration) if field.help]
    return {name: typed[name] for name in names if name in typed}


def refuse(changes: Collection[str], reason: str) -> None:
    """InputError when options of a model were typed for something that they can't change."""
    if changes:
        option = next(iter(changes)).replace("_", "-")
        raise InputError(
            f"--{option} changes a variant, and {reason}; leave it out, or give a variant such as "
            "B/16"
        )
