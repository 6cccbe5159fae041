"""The likely cause of numbers that are wrong: all that looks at them, in order."""

from collections.abc import Iterable

from minivit.checking.diagnosis.explaining import explanation
from minivit.checking.diagnosis.factors import of_factor
from minivit.checking.diagnosis.named import Named
from minivit.checking.diagnosis.sight import Sight
from minivit.checking.diagnosis.values import of_draws, of_few_digits, of_no_numbers
from minivit.checking.student.causes.cause import Cause


def likely(causes: Iterable[Cause], part: str, sights: list[Sight]) -> Named | None:
    """The cause of what is wrong with a part (y, dx, ...), given some results of it, right ones
    among them; None where none is known."""
    found = explanation(causes, part, sights)
    return found or of_values(part, [sight for sight in sights if sight.wrong])


def of_values(part: str, wrong: list[Sight]) -> Named | None:
    """What wrong results of a part have in common, of whatever op they are."""
    if not wrong:
        return None
    found = of_no_numbers(wrong) or of_few_digits(wrong)
    return found or of_draws(wrong) or of_factor(part, wrong)
