"""How names are written, so that a tower can read them: symbol by symbol, letters or words."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError

BY_LETTERS, BY_WORDS = "letters", "words"


class Script(NamedTuple):
    """The symbols in which names are written."""

    by: str  # BY_LETTERS or BY_WORDS
    symbols: tuple[str, ...]
    length: int  # symbols in a name, at most

    def written(self, names: Sequence[str]) -> np.ndarray:
        """N names -> (N, 1, length, symbols): 1 where a symbol stands, 0 elsewhere.

        Raises InputError for a name of unknown symbols, of none or of too many.
        """
        check_names(names)
        one_hot = np.zeros((len(names), 1, self.length, len(self.symbols)), np.float32)
        for row, name in enumerate(names):
            found = cut(name, self.by)
            self.check(name, found)
            numbers = [self.symbols.index(symbol) for symbol in found]
            one_hot[row, 0, range(len(found)), numbers] = 1
        return one_hot

    def check(self, name: str, found: Sequence[str]) -> None:
        """InputError unless the name can be written."""
        unknown = [symbol for symbol in found if symbol not in self.symbols]
        if unknown:
            raise InputError(
                f"{name!r} has {unknown[0]!r}: these towers read {', '.join(self.symbols)}"
            )
        if not 1 <= len(found) <= self.length:
            raise InputError(
                f"{name!r} has {len(found)} {self.by}: these towers read 1 to {self.length}"
            )


def script_of(names: Iterable[str], by: str = BY_WORDS) -> Script:
    """All symbols of these names, and room for the longest.

    Raises InputError for another `by`, for what is no list of names, and without names.
    """
    names = names if isinstance(names, str) else list(names)
    check_names(names)
    if by not in (BY_LETTERS, BY_WORDS):
        raise InputError(f"by is {by!r}: choose {BY_LETTERS!r} or {BY_WORDS!r}")
    found = [cut(name, by) for name in names]
    if not any(found):
        raise InputError("there are no names: give the names of the classes, written out")
    symbols = sorted({symbol for one in found for symbol in one})
    return Script(by, tuple(symbols), max(map(len, found)))


def check_names(names: Sequence[str]) -> None:
    """InputError for what is no list of words; a word alone would be a list of its letters."""
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise InputError(f"names are {names!r}: give a list of names, e.g. ['red star']")


def cut(name: str, by: str) -> list[str]:
    """ "red star" -> its letters, or ["red", "star"]."""
    return name.split() if by == BY_WORDS else list(name)
