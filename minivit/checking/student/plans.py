"""Which points an op is tried at: a list that every layer goes through, and what Hypothesis draws.

What the list holds is what students' layers were found to fail at: other ranks, axes of length 1,
sizes that are all alike, absent inputs, scores far apart, numbers far from 0, ties, float32.
"""

import functools
from typing import NamedTuple

from minivit.checking.calls import calls
from minivit.checking.sizes import SMALL, Array, Call, Sizes
from minivit.checking.student.point import Numbers, Point, point
from minivit.errors import InputError
from minivit.ops import Drop

ONES = Sizes(B=1, T=1, H=1, K=1, M=1, C=2, P=1, grid=(1, 1), channels=1)
ALIKE = Sizes(B=3, T=3, H=3, K=1, M=3, C=3, P=2, grid=(3, 3), channels=3)
ODD = Sizes(B=2, T=7, H=3, K=5, M=4, C=3, P=3, grid=(3, 1), channels=1)
ONE_IMAGE = Sizes(B=1, T=3, H=2, K=2, M=5, C=4, P=2, grid=(1, 3), channels=2)
SEVERAL = {"": SMALL, "axes of length 1": ONES, "sizes all alike": ALIKE, "odd sizes": ODD,
           "one image": ONE_IMAGE}  # fmt: skip
AXES = {2: "2 axes", 3: "3 axes", 5: "5 axes"}
FAR_APART, FAR, CLOSE_AND_FAR = "1e4 times as far apart", "around 1e6", "around -50, close by"
TIES, RATE, ABOVE = "whole numbers", "rate 0.3", "around 1000"
SPECIALS = {  # which ops take what, beside the plain numbers
    **dict.fromkeys(AXES.values(), ("linear", "layernorm", "softmax", "attention", "gelu", "mlp",
                                    "relu", "batchnorm")),
    FAR_APART: ("softmax", "attention", "cross_entropy"),
    ABOVE: ("cross_entropy",),
    FAR: ("layernorm", "groupnorm", "batchnorm"),
    CLOSE_AND_FAR: ("layernorm", "groupnorm", "batchnorm"),
    TIES: ("max_pool",),
    RATE: ("dropout", "stochastic_depth", "attention", "multihead_attention", "mlp",
           "attention_branch", "mlp_branch"),
}  # fmt: skip


class Plan(NamedTuple):
    """A point that is still to be made. The plainest is the default."""

    op: str
    way: int = 0  # a place in the table of calls
    special: str = ""  # one of SPECIALS
    dtype: str = "float64"
    sizes: Sizes = SMALL
    numbers: Numbers = Numbers()


def plans(op: str) -> list[Plan]:
    """The list: every way to call the op at several sizes, then what is special; float32 last."""
    ways = range(len(calls(op)))
    specials = [special for special, taken in SPECIALS.items() if op in taken]
    plain = [Plan(op, way, sizes=sizes) for sizes in SEVERAL.values() for way in ways]
    hard = [Plan(op, way, special) for special in specials for way in ways
            if fits(op, way, special)]  # fmt: skip
    single = [Plan(op, way, dtype="float32") for way in ways]
    return [*plain, *hard, *single, *(plan._replace(dtype="float32") for plan in hard)]


def fits(op: str, way: int, special: str) -> bool:
    """Whether a call can be special so: a rate is one of dropout, the others are of plain calls."""
    if special == RATE:
        return with_rate(calls(op)[way], 0.5) is not None
    return special == "" or way == 0


@functools.lru_cache(maxsize=4096)
def made(plan: Plan) -> Point | None:
    """The point of a plan; None where the op does not take such sizes or numbers."""
    call = calls(plan.op, plan.sizes)[plan.way]
    if plan.special:
        call = special_call(call, plan.special, plan.dtype)
    if call is None:
        return None
    try:
        return point(call, plan.sizes, plan.dtype, plan.numbers, plan.special)
    except InputError:
        return None


def special_call(call: Call, special: str, dtype: str) -> Call | None:
    """The call with other axes or numbers; None where there is no such."""
    if special in AXES.values():
        axes = next(n for n, words in AXES.items() if words == special)
        return call._replace(inputs=of_rank(axes, *call.inputs))
    if special == FAR_APART:
        return with_first(call, spread=1e4)
    if special == ABOVE:
        return with_first(call, around=1000.0)
    if special == FAR:
        return with_first(call, around=1e6) if dtype == "float64" else None
    if special == CLOSE_AND_FAR:
        return with_first(call, around=-50.0, spread=0.1)
    if special == TIES:
        return call._replace(inputs=(OfWholeNumbers(*call.inputs[0]), *call.inputs[1:]))
    return with_rate(call, 0.3)


def of_rank(axes: int, *inputs: Array | None) -> tuple:
    """The inputs, the tokens among them with so many axes: (B, T, D) -> (B, D), (2, 1, B, T, D)."""
    tokens = inputs[0].shape
    shape = {2: (tokens[0], tokens[-1]), 3: tokens[-3:], 5: (2, 1, *tokens)[-5:]}[axes]
    return tuple(x._replace(shape=shape) if x and x.shape == tokens else x for x in inputs)


def with_first(call: Call, **changes) -> Call:
    return call._replace(inputs=(call.inputs[0]._replace(**changes), *call.inputs[1:]))


def with_rate(call: Call, rate: float) -> Call | None:
    drop = call.options.get("drop")
    if drop is None:
        return None
    if isinstance(drop, Drop):
        drop = drop._replace(rate=rate)
    else:  # of a branch: several
        drop = type(drop)(*(d and d._replace(rate=rate) for d in drop))
    return call._replace(options={**call.options, "drop": drop})


class OfWholeNumbers(Array):
    """An input with many equal numbers."""

    def draw(self, rng, dtype):
        return super().draw(rng, dtype).round() + 0.0
