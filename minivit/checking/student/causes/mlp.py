"""Mistakes in the MLP: its own, and those that are made in its parts."""

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.dropping import DROPOUT
from minivit.checking.student.causes.gelu import GELU
from minivit.checking.student.causes.inside import Step, inside
from minivit.checking.student.causes.linear import LINEAR, SQUARE, rows
from minivit.ops.dropout import value_factors
from minivit.ops.gelu import gelu_forward
from minivit.ops.linear import linear_forward

OUT = "out = gelu(x w1 + b1) w2 + b2"
DW2 = "dw2 = h^T dout"
PLACE = "Write the four lines of the forward one below the other: where does the bend stand?"
DROP = "What becomes 0 in dropout, and after which line?"
SECOND = "Which numbers did w2 meet in the forward? Which ones are in your cache?"


def first(at):
    return linear_forward(at.x, at.w1, at.b1)[0]


def second(at, h):
    return linear_forward(h, at.w2, at.b2)[0]


def bend(at, z):
    return gelu_forward(z, form=at.gelu)[0]


def drop(at, x):
    return x if at.drop is None else x * value_factors(at.drop, x)


def if_dropped(at, mistaken):
    return None if at.drop is None else mistaken()


def steps(at):
    dropped = [] if at.drop is None else [Step("dropout", {}, {"drop": at.drop})]
    return [
        Step("linear", {"w": "w1", "b": "b1"}, {}, "first"),
        Step("gelu", {}, {"form": at.gelu}),
        *dropped,
        Step("linear", {"w": "w2", "b": "b2"}, {}, "second"),
    ]


OWN = [
    Cause("mlp-bend-forgotten",
          "there is no bend between the two maps: together they are one linear map", PLACE, OUT,
          lambda at: {"y": second(at, drop(at, first(at)))}),
    Cause("mlp-bend-at-the-end", "the bend stands behind the second map, not between the two",
          PLACE, OUT, lambda at: {"y": bend(at, second(at, drop(at, first(at))))}),
    Cause("mlp-bend-at-the-end-too", "there is a second bend, behind the second map", PLACE, OUT,
          lambda at: {"y": bend(at, at.output)}),
    Cause("mlp-dropout-before-the-bend", "dropout acts on z, before the bend", DROP, OUT,
          lambda at: if_dropped(at, lambda: {"y": second(at, bend(at, drop(at, first(at))))})),
    Cause("mlp-dropout-of-the-result",
          "dropout acts on the result, not on what lies between the two maps", DROP, OUT,
          lambda at: if_dropped(at, lambda: {"y": drop(at, second(at, bend(at, first(at))))})),
    Cause("mlp-second-weights-from-before-the-bend",
          "dw2 is made with z = x w1 + b1, which has not been bent", SECOND, DW2,
          lambda at: {"dw2": rows(first(at)).T @ rows(at.dy)}),
    Cause("mlp-second-weights-from-before-dropout", "dw2 is made with h from before dropout",
          SECOND, DW2, lambda at: {"dw2": rows(bend(at, first(at))).T @ rows(at.dy)}),
]  # fmt: skip
MLP = [
    *OWN,
    *inside(LINEAR + SQUARE, "first", steps, where="in the first map"),
    *inside(GELU, "gelu", steps),
    *inside(DROPOUT, "dropout", steps),
    *inside(LINEAR + SQUARE, "second", steps, where="in the second map"),
]
UNSEEN = "dropout-first-image-ignored"  # no call of the op alone is for a part of a batch
CAUSES = {"mlp": [cause for cause in MLP if cause.name != UNSEEN]}
