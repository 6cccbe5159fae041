"""What a configuration's field may be is declared once, with the field:

    width: int = described("width D of a token", default=64, least=1)

`check_fields` checks the values against this, and the command line makes an option of every field
that is described.
"""

import dataclasses
import math
import numbers
import types
import typing
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from minivit.errors import InputError

# Any other value, e.g. a configuration, checks itself. The last two are kept as tuples.
KINDS = (bool, int, float, str, tuple, list)


class Described(NamedTuple):
    """One field of a configuration, as it was declared."""

    name: str
    kind: type  # one of KINDS; tuple: a pair (height, width); list: whole numbers, one or more
    may_be_none: bool
    default: object  # dataclasses.MISSING if there is none
    help: str = ""  # without it, the field is no option
    least: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    words: str = ""  # what is expected, where the bounds say it badly
    group: str = ""  # which part of the configuration it belongs to


def described(
    help: str,
    *,
    default=dataclasses.MISSING,
    least: float | None = None,
    above: float | None = None,
    below: float | None = None,
    choices: Sequence[str] = (),
    words: str = "",
    group: str = "",
):
    """A dataclass field with its meaning in a few words, and what its value may be.

    A number must be `least` or more, `above` a bound, `below` a bound, as far as these are given; a
    word must be one of `choices`. `words` replace the bounds in a message where they read badly.
    Fields of one `group` stand together in the help of a command.
    """
    declared = {"help": help, "least": least, "above": above, "below": below, "words": words}
    declared |= {"group": group, "choices": tuple(choices)}
    return dataclasses.field(default=default, metadata=declared)


def like(configuration: type, name: str):
    """A field as it is declared in another dataclass: its meaning is told once."""
    field = next(field for field in dataclasses.fields(configuration) if field.name == name)
    return dataclasses.field(default=field.default, metadata=field.metadata)


def described_fields(configuration) -> list[Described]:
    """The fields of a dataclass (or of an instance of it) whose kind is known, in their order."""
    cls = configuration if isinstance(configuration, type) else type(configuration)
    return list(fields_of(cls))


@cache
def fields_of(cls: type) -> tuple[Described, ...]:
    """The same, worked out once for each class."""
    hints = typing.get_type_hints(cls)
    known = set(Described._fields)
    found = []
    for field in dataclasses.fields(cls):
        kind, may_be_none = kind_of(hints[field.name])
        if kind in KINDS:
            declared = {name: field.metadata[name] for name in known & set(field.metadata)}
            found.append(Described(field.name, kind, may_be_none, field.default, **declared))
    return tuple(found)


def kind_of(hint) -> tuple[type, bool]:
    """A type hint's class, and whether None is allowed: `int | None` -> (int, True).

    tuple[int, ...] is a list of whole numbers; tuple[int, int] is a pair, a tuple.
    """
    parts = [hint]
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        parts = list(typing.get_args(hint))
    may_be_none = type(None) in parts
    kind = next(part for part in parts if part is not type(None))
    if Ellipsis in typing.get_args(kind):
        return list, may_be_none
    return typing.get_origin(kind) or kind, may_be_none


def check_fields(configuration) -> None:
    """Check every field against its declaration; InputError for a value that is not allowed.

    Values become plain ones: np.int64(3) becomes 3, or (3, 3) in a field that is a pair.
    """
    for field in described_fields(configuration):
        value = getattr(configuration, field.name)
        if value is None and field.may_be_none:
            continue
        if not allowed(field, value):
            raise InputError(f"{field.name.replace('_', ' ')} is {shown(value)}: {asked(field)}")
        kept = sides_of(field, value) if field.kind in (tuple, list) else field.kind(value)
        object.__setattr__(configuration, field.name, kept)  # it may be frozen


def allowed(field: Described, value) -> bool:
    """Whether a value is of the field's kind and within its bounds."""
    if field.kind is bool:
        return isinstance(value, bool)
    if field.kind is str:
        return isinstance(value, str) and (not field.choices or value in field.choices)
    if field.kind is float:
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        return is_number and is_finite(value) and within(field, value)
    if field.kind in (tuple, list):
        found = sides_of(field, value)
        is_long_enough = len(found) == 2 if field.kind is tuple else len(found) > 0
        return is_long_enough and all(is_whole_number(s) and within(field, s) for s in found)
    return is_whole_number(value) and within(field, value)


def within(field: Described, number) -> bool:
    """Whether a number is within the field's bounds."""
    return (
        (field.least is None or number >= field.least)
        and (field.above is None or number > field.above)
        and (field.below is None or number < field.below)
    )


def is_finite(number) -> bool:
    """Whether it is a number that a float can hold; a whole number may be too large for one."""
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def sides_of(field: Described, value) -> tuple:
    """The numbers of a pair, or of a list, where one number alone is a list of one."""
    alone = field.kind is list and is_whole_number(value)
    return (int(value),) if alone else sides(value)


def sides(value) -> tuple:
    """A pair of sides: 3 -> (3, 3), np.array([3, 4]) -> (3, 4); () for no sides."""
    if is_whole_number(value):
        return int(value), int(value)
    if isinstance(value, str) or not isinstance(value, Iterable):
        return ()
    return tuple(int(side) if is_whole_number(side) else side for side in value)


def is_whole_number(value) -> bool:
    """True for 3 and np.int64(3), but not for 3.0 and True."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def asked(field: Described) -> str:
    """What a field may be, as the end of a sentence."""
    if field.choices:
        sentence = f"choose {' or '.join(map(repr, field.choices))}"
    elif field.words:
        sentence = f"expected {field.words}"
    else:
        words = {bool: "True or False", float: "a number", str: "a word"}
        below = "below" if field.least is None and field.above is None else "to below"
        bounds = ("from", field.least), ("above", field.above), (below, field.below)
        limits = [f" {word} {bound:g}" for word, bound in bounds if bound is not None]
        sentence = f"expected {words.get(field.kind, 'a whole number')}{''.join(limits)}"
        if field.kind is tuple:
            sentence += ", or a pair (height, width) of them"
        if field.kind is list:
            sentence = sentence.replace("a whole number", "whole numbers") + ", such as (3, 4, 9)"
    return f"{sentence}, or None" if field.may_be_none else sentence


def shown(value) -> str:
    """A value in a message: numbers plain, words in quotation marks."""
    return str(value) if isinstance(value, numbers.Number) else repr(value)


def changes_in_words(configuration) -> str:
    """The described fields whose values are not their defaults: "pool mean, top k 8"."""
    values = {
        field.name: (getattr(configuration, field.name), field.default)
        for field in described_fields(configuration)
        if field.help and field.default is not dataclasses.MISSING
    }
    changes = [
        f"{name.replace('_', ' ')} {in_words(value)}"
        for name, (value, default) in values.items()
        if value != default
    ]
    return ", ".join(changes)


def in_words(value) -> str:
    """A value as it is typed: (4, 2) -> "4x2", 2.0 -> "2", True -> "yes", None -> "none"."""
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}"
    words = {None: "none", True: "yes", False: "no"}
    return words[value] if value is None or isinstance(value, bool) else str(value)
