"""Which known mistake explains a result: each is tried on the same inputs, and compared.

A cause explains a part (y, dx, ...) if it foresees what came wherever it foresees anything, and if
that is wrong once at least.
"""

from collections.abc import Iterable

import numpy as np

from minivit.checking.diagnosis.named import Named
from minivit.checking.diagnosis.sight import Sight, distance, largest
from minivit.checking.student.causes.cause import Cause

# What came must be nearer to what a cause foresees than to the right result, of which some
# mistakes stay close.
NEARER, ROUNDING = 0.05, 1e-10


def explanation(causes: Iterable[Cause], part: str, sights: list[Sight]) -> Named | None:
    """The cause that explains most of what is wrong, the first of several; None for none."""
    best, most = None, 0
    wrong = sum(sight.wrong for sight in sights)
    for cause in causes:
        count = explained(cause, part, sights)
        if count > most:
            best, most = Named(cause.name, cause.sentence, cause.hint, cause.line), count
        if most == wrong:
            break
    return best


def explained(cause: Cause, part: str, sights: list[Sight]) -> int:
    """How many wrong results the cause explains; 0 where it foresees another one than came."""
    count = of_numbers = overflowing = 0
    for sight in sights:
        foreseen = foresaw(cause, sight.at).get(part)
        if foreseen is None:
            continue
        foreseen = np.asarray(foreseen)
        is_finite = np.isfinite(foreseen).all()
        if is_finite and not np.isfinite(sight.came).all():
            overflowing += 1  # it may be the same mistake, written so that it overflows besides
            continue
        if not distance(sight.came, foreseen) <= nearness(sight, foreseen):
            return 0
        count += sight.wrong
        of_numbers += sight.wrong and is_finite
    return 0 if overflowing and not of_numbers else count


def nearness(sight: Sight, foreseen: np.ndarray) -> float:
    """How near what is foreseen must be to what came."""
    size = max(largest(sight.right), largest(foreseen)) + 1e-3 * largest(sight.at.dy)
    within = sight.close
    if sight.wrong and sight.came.shape == sight.right.shape and size:
        within = min(within, NEARER * distance(sight.came, sight.right) / size)
    return (within + ROUNDING) * size


def foresaw(cause: Cause, at) -> dict:
    with np.errstate(all="ignore"):
        return cause.mistake(at) or {}
