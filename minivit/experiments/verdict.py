"""What a table says of a claim, worked out from the seeds: no verdict is written by hand.

The spread of a setting is the largest of its seeds' results minus the least. A difference between
two settings counts only if their means are further apart than the larger of the two spreads; what
is nearer can't be told from chance with so few seeds.
"""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

AGREES, IN_PART, DOES_NOT, UNDECIDED = (
    "agrees", "agrees in part", "does not agree", "can't be decided at this size",
)  # fmt: skip
WORDS = AGREES, IN_PART, DOES_NOT, UNDECIDED
NARROW = 0.15  # of the spread: a difference that exceeds it by less hangs on little
ANSWERS = {True: "yes", False: "no", None: "can't be told"}


class Finding(NamedTuple):
    """One part of a claim: whether the table bears it out (None: can't be told), and in words.

    A control is no part of the claim: it is told beside it, and the verdict doesn't count it.
    """

    holds: bool | None
    words: str
    control: bool = False
    members: tuple[bool | None, ...] = ()  # of a group, what each of its members comes to
    narrow: str = ""  # the words that tell of a spread which is hardly exceeded


def as_control(finding: Finding) -> Finding:
    """The same beside the claim, as no part of it."""
    return finding._replace(control=True)


def with_words(finding: Finding, words: str) -> Finding:
    """The same, and something that the table tells besides."""
    return finding._replace(words=f"{finding.words}; {words}") if words else finding


class Verdict(NamedTuple):
    word: str  # one of WORDS
    sentence: str  # all of it: the word, what was found, the reason
    findings: tuple[Finding, ...]
    reason: str  # a guess why that is so, as a sentence; or nothing

    @property
    def counts(self) -> str:
        """How many parts got which answer; with groups among them, their members one by one too."""
        parts = [finding for finding in self.findings if not finding.control]
        words = counted([part.holds for part in parts])
        if any(part.members for part in parts):
            one_by_one = [holds for part in parts for holds in part.members or (part.holds,)]
            words += f"; one by one {counted(one_by_one)}"
        return words


def counted(answers: Sequence[bool | None]) -> str:
    return ", ".join(f"{word} {answers.count(holds)}" for holds, word in ANSWERS.items())


def verdict(findings: Sequence[Finding], why: Mapping[str, str]) -> Verdict:
    """What all parts of a claim come to; `why` that may be is guessed by its word, and said so."""
    told = [finding.holds for finding in findings if not finding.control]
    if True in told:
        word = AGREES if all(told) else IN_PART
    else:
        word = DOES_NOT if False in told else UNDECIDED
    parts = "; ".join(
        f"{'as a control, ' * f.control}{f.words}: {ANSWERS[f.holds]}" for f in findings
    )
    reason = f"It may be that {why[word]}." if why.get(word) else ""
    sentence = f"{word[0].upper()}{word[1:]}: {parts}. {reason}".rstrip()
    return Verdict(word, sentence, tuple(findings), reason)


def above(
    a: Sequence[float], b: Sequence[float], names: tuple[str, str], unit: str = " %"
) -> Finding:
    """The claim that `a` lies above `b`: both the results of the seeds, in the unit."""
    first, second = (f"{n} ({shown(v)}{unit})" for n, v in zip(names, (a, b), strict=True))
    said = f"{first} above {second}, {spread_in_words(a, b)}"
    if not enough(a, b):
        return Finding(None, said)
    gap, spread = statistics.fmean(a) - statistics.fmean(b), larger_spread(a, b)
    return told_narrow(Finding(gap > 0 if abs(gap) > spread else None, said), abs(gap), spread)


def alike(
    a: Sequence[float], b: Sequence[float], names: tuple[str, str], within: float, unit: str = " %"
) -> Finding:
    """The claim that two settings don't differ by more than `within`.

    It holds where difference and spread together are not more; it fails where the difference is
    more than both `within` and the spread; else it can't be told.
    """
    first, second = (f"{n} ({shown(v)}{unit})" for n, v in zip(names, (a, b), strict=True))
    points = f"{shown([within])} point{'s' * (within != 1)}"
    said = f"{first} within {points} of {second}, {spread_in_words(a, b)}"
    if not enough(a, b):
        return Finding(None, said)
    gap, spread = abs(statistics.fmean(a) - statistics.fmean(b)), larger_spread(a, b)
    if gap + spread <= within:
        return Finding(True, said)
    return told_narrow(Finding(False if gap > max(within, spread) else None, said), gap, spread)


def told_narrow(finding: Finding, gap: float, spread: float) -> Finding:
    """The same; where it is decided by a difference that hardly exceeds the spread, by how much."""
    beyond = gap - spread
    if finding.holds is None or not 0 < beyond < NARROW * spread:
        return finding
    by = f", exceeded by {shown([beyond])} alone"
    return finding._replace(words=finding.words + by, narrow=f"spread {shown([spread])}{by}")


def reaches(a: Sequence[float], least: float, name: str, unit: str = " %") -> Finding:
    """The claim that all seeds reach `least`; it fails where none does."""
    said = f"{name} ({shown(a)}{unit}) at least {least:g}{unit}, {spread_in_words(a)}"
    reached = {value >= least for value in a}
    return Finding(reached.pop() if len(reached) == 1 and enough(a) else None, said)


def at_most(a: Sequence[float], most: float, name: str, unit: str = "") -> Finding:
    """The claim that no seed is above `most`; it fails where all are."""
    said = f"{name} ({shown(a)}{unit}) at most {most:g}{unit}, {spread_in_words(a)}"
    kept = {value <= most for value in a}
    return Finding(kept.pop() if len(kept) == 1 and enough(a) else None, said)


def together(parts: Mapping[str, Finding], said: str) -> Finding:
    """The claim that all parts hold, by their names: one that fails is enough to break it."""
    answers = {
        word: [beside(name, part.narrow) for name, part in parts.items() if part.holds is holds]
        for holds, word in ANSWERS.items()
    }
    told = "; ".join(f"{word}: {', '.join(names)}" for word, names in answers.items() if names)
    held = tuple(part.holds for part in parts.values())
    holds = False if False in held else None if None in held else True
    return Finding(holds, f"{said} ({told})", members=held)


def beside(name: str, words: str) -> str:
    """The words in brackets behind the name, or within those that it ends with."""
    if not words:
        return name
    return f"{name[:-1]}, {words})" if name.endswith(")") else f"{name} ({words})"


def enough(*settings: Sequence[float]) -> bool:
    """Whether there is a spread at all: two seeds of each, and finite results."""
    return all(len(values) > 1 and all(map(math.isfinite, values)) for values in settings)


def larger_spread(*settings: Sequence[float]) -> float:
    return max(max(values) - min(values) for values in settings)


def spread_in_words(*settings: Sequence[float]) -> str:
    if not all(len(values) > 1 for values in settings):
        return "fewer than two seeds, so no spread"
    if not enough(*settings):
        return "not a number for every seed, so no spread"
    return f"spread {shown([larger_spread(*settings)])}"


def shown(values: Sequence[float]) -> str:
    """The mean, with as many digits as people read: 71.3, 0.42."""
    if not values:
        return "-"
    mean = statistics.fmean(values)
    return f"{mean:.1f}" if abs(mean) >= 10 else f"{mean:.3g}"


def of_seeds(rows: Iterable[Mapping], column: str, **settings) -> list[float]:
    """A column of the rows with these settings, seed by seed."""
    chosen = [row for row in rows if all(row[name] == value for name, value in settings.items())]
    return [row[column] for row in sorted(chosen, key=lambda row: row["seed"])]
