"""A likely cause, as it is told."""

from typing import NamedTuple

LAW = "the law of an op, see `pydoc minivit.ops`"
CHAIN = "d loss / d x = sum over y of dy (d y / d x)"


class Named(NamedTuple):
    """A likely cause, in words."""

    name: str  # an identifier
    sentence: str
    hint: str
    line: str  # of the derivation, that is broken
    is_of_op: bool = False  # not a mistake that any op may have


def plain_values(named: Named | None) -> dict | None:
    """The cause as plain values for JSON."""
    return named and {
        "identifier": named.name,
        "sentence": named.sentence,
        "hint": named.hint,
        "derivation": named.line,
    }
