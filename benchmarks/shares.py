"""Shares of a ceiling, none above 100 %: what would be is measured again.

A ceiling is only as good as the moments in which it was measured. Where something was faster than
it, the ceiling is measured again, and then that something: in a machine with slow phases one of the
two was mistaken.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from .ceiling import CeilingTurns

SHARES = ("share_of_ceiling", "their_share")
ROUNDS = 3  # then the share is left out

Case, Found = TypeVar("Case"), TypeVar("Found")


def settled(
    cases: Iterable[Case],
    measure: Callable[[Case], Found],
    rows_of: Callable[[Case, Found], list[dict]],
    *ceilings: CeilingTurns,
) -> list[dict]:
    """Measure every case, a turn of the ceilings around each; then the rows, with their shares.

    `rows_of` works the shares out by what the ceilings are when it is called.
    """
    found = []
    for case in cases:
        turn_all(ceilings)
        found.append((case, measure(case)))
    turn_all(ceilings)
    for _ in range(ROUNDS):
        if not any(above(rows_of(*one)) for one in found):
            break
        for ceiling in ceilings:
            ceiling.again()
        for i, (case, result) in enumerate(found):
            if above(rows_of(case, result)):
                found[i] = case, measure(case)
    rows = [row for one in found for row in rows_of(*one)]
    for row in rows:
        row.update({share: None for share in SHARES if exceeds(row, share)})
    return rows


def turn_all(ceilings: Iterable[CeilingTurns]) -> None:
    for ceiling in ceilings:
        ceiling.turn()


def above(rows: list[dict]) -> bool:
    """Whether one of the rows has a share above 100 %."""
    return any(exceeds(row, share) for row in rows for share in SHARES)


def exceeds(row: dict, share: str) -> bool:
    return (row.get(share) or 0) > 1
