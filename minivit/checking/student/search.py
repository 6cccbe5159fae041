"""Points that Hypothesis draws: one that a layer fails at, and the smallest such."""

import functools
import warnings
from collections.abc import Callable
from random import Random

try:
    import hypothesis
except ImportError as error:
    raise ImportError(
        "minivit's checker needs Hypothesis, which draws the inputs: pip install 'minivit[check]'"
    ) from error
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from minivit.checking.calls import calls
from minivit.checking.sizes import SMALL, Sizes
from minivit.checking.student.isolation.answers import Failed
from minivit.checking.student.plans import SPECIALS, Plan, fits
from minivit.checking.student.point import Numbers
from minivit.checking.student.unstored import nothing_stored

LARGEST = {"B": 3, "T": 5, "H": 3, "K": 4, "M": 5, "C": 5, "P": 3, "channels": 3}
SEEDS = 9  # the last of the seeds that numbers are drawn from
AT_ZERO = ("relu",)  # ops that have a kink where whole numbers fall
SHRINKS = 150  # points that are tried, at most, to make one smaller


def first_failing(op: str, ways: list[int], fails: Callable, points: int) -> Plan | None:
    """The smallest of what Hypothesis finds among so many points; None where all pass."""
    return found(any_plan(op, ways), fails, points)


def smallest_like(plan: Plan, fails: Callable) -> Plan | None:
    """The smallest plan that fails, called as this one is; None where none was found."""
    return found(plans_like(plan), fails, SHRINKS)


def found(strategy: st.SearchStrategy, fails: Callable, points: int) -> Plan | None:
    """The smallest plan that Hypothesis finds; Failed as soon as `fails` raises it.

    Hypothesis asks for some plans again: one answer for each is enough.
    """
    known: dict[Plan, bool] = {}
    ended: list[Failed] = []

    def condition(plan: Plan) -> bool:
        if plan not in known:
            try:
                known[plan] = not ended and len(known) < points + SHRINKS and fails(plan)
            except Failed as failed:  # Hypothesis would look for a smaller plan that raises it
                ended.append(failed)
                return False
        return known[plan]

    settings = hypothesis.settings(
        max_examples=points, deadline=None, database=None, report_multiple_bugs=False,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    with nothing_stored(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Hypothesis's advice is for whoever writes a test
        try:
            smallest = hypothesis.find(strategy, condition, settings=settings, random=Random(0))
        except NoSuchExample:
            smallest = None
    if ended:
        raise ended[0]
    return smallest


@st.composite
def any_plan(draw, op: str, ways: list[int]) -> Plan:
    """A way to call the op, at any sizes and with any numbers."""
    way = draw(st.sampled_from(ways))
    fitting = [special for special, taken in SPECIALS.items() if op in taken]
    special = draw(st.sampled_from(["", *(one for one in fitting if fits(op, way, one))]))
    dtype = draw(st.sampled_from(["float64", "float32"]))
    return draw(plans_like(Plan(op, way, special, dtype)))


@st.composite
def plans_like(draw, plan: Plan) -> Plan:
    """The same call at other sizes, with other numbers; the simplest are small whole ones."""
    letters = letters_of(plan.op, plan.way)
    numbers = {letter: draw(st.integers(1, most)) for letter, most in LARGEST.items()
               if letter in letters}  # fmt: skip
    if "grid" in letters:
        numbers["grid"] = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    decimals = draw(st.sampled_from([None] if plan.op in AT_ZERO else [0, 1, None]))
    seed = draw(st.integers(0, SEEDS))
    return plan._replace(sizes=SMALL._replace(**numbers), numbers=Numbers(seed, decimals))


@functools.cache
def letters_of(op: str, way: int) -> list[str]:
    """The letters that the shapes or options of a call depend on."""
    plain = shown(op, way, SMALL)
    changed = {letter: getattr(SMALL, letter) + 1 for letter in LARGEST}
    changed["grid"] = (3, 4)
    return [letter for letter, value in changed.items()
            if shown(op, way, SMALL._replace(**{letter: value})) != plain]  # fmt: skip


def shown(op: str, way: int, sizes: Sizes) -> str:
    call = calls(op, sizes)[way]
    return f"{call.inputs} {call.options}"
