"""Mistakes in the embedding: its own, and those of the linear map inside it."""

from types import SimpleNamespace

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.inside import Step, inside
from minivit.checking.student.causes.linear import LINEAR, rows
from minivit.ops.embed import embed_backward, embed_forward
from minivit.ops.linear import linear_forward

X = "x = [cls; patches w + b] + positions"
DCLS = "dcls = sum_b dx[b, 0]"
DPOSITIONS = "dpositions = sum_b dx[b]"
DB = "dprojected = dx without its cls token"
FIRST = "Which token is the cls token, and which row of the table is added to it?"
BATCH = "Every image uses the same cls token and the same table: what does one add to the loss?"


def projected(at):
    return at.patches if at.w is None else linear_forward(at.patches, at.w, at.b)[0]


def with_cls(at, cls):
    """[cls; projected], or projected alone where there is no cls token."""
    tokens = projected(at)
    if at.cls is None:
        return tokens
    return np.concatenate([np.broadcast_to(cls, tokens[:, :1].shape), tokens], axis=1)


def placed(at, tokens, positions=None):
    positions = at.positions if positions is None else positions
    return {"y": tokens if positions is None else tokens + positions}


def if_cls(at, mistaken):
    return None if at.cls is None else mistaken()


def if_positions(at, mistaken):
    return None if at.positions is None else mistaken()


def at_the_end(at):
    return placed(at, np.roll(with_cls(at, at.cls), -1, axis=1))


def cls_without_position(at):
    positions = at.positions.copy()
    positions[0] = 0
    return placed(at, with_cls(at, at.cls), positions)


def without_cls_row(at):
    wrong = at.right["dpositions"].copy()
    wrong[0] = 0
    return {"dpositions": wrong}


def off_by_one(at):
    """The gradient of all tokens but the last, as that of the patches."""
    d = at.dy[:, :-1]
    if at.w is None:
        return {"dpatches": d}
    return {"dpatches": d @ at.w.T, "dw": rows(at.patches).T @ rows(d), "db": rows(d).sum(0)}


def averaged(at):
    names = [name for name in ("dcls", "dpositions") if at.right[name] is not None]
    return {name: at.right[name] / len(at.dy) for name in names}


def tokens_forward(x, cls, positions):
    return embed_forward(x, None, None, cls, positions)


def tokens_backward(dx, cache):
    dtokens, _, _, dcls, dpositions = embed_backward(dx, cache)
    return dtokens, dcls, dpositions


TOKENS = SimpleNamespace(tokens_forward=tokens_forward, tokens_backward=tokens_backward)


def steps(at):
    linear = [] if at.w is None else [Step("linear", {"w": "w", "b": "b"}, {})]
    return [*linear, Step("tokens", {"cls": "cls", "positions": "positions"}, {}, source=TOKENS)]


OWN = [
    Cause("embed-cls-at-the-end", "the cls token stands behind the patches, not in front of them",
          FIRST, X, lambda at: if_cls(at, lambda: at_the_end(at))),
    Cause("embed-cls-of-zeros", "the token in front of the patches is 0, not cls",
          "Change cls: does x change?", X,
          lambda at: if_cls(at, lambda: placed(at, with_cls(at, 0 * at.cls)))),
    Cause("embed-bias-added-to-cls", "the bias of the projection is added to the cls token too",
          "Which tokens come out of the linear map?", X,
          lambda at: (
              if_cls(at, lambda: placed(at, with_cls(at, at.cls + at.b)))
              if at.b is not None
              else None
          )),
    Cause("embed-cls-without-its-position", "the cls token gets no position", FIRST, X,
          lambda at: if_cls(at, lambda: if_positions(at, lambda: cls_without_position(at)))),
    Cause("embed-position-of-cls-last",
          "the last row of the table is the cls token's: the patches have those before it", FIRST,
          X,
          lambda at: if_cls(
              at,
              lambda: if_positions(
                  at, lambda: placed(at, with_cls(at, at.cls), np.roll(at.positions, 1, axis=0))
              ),
          )),
    Cause("embed-positions-forgotten", "the positions are not added",
          "Exchange two patches: should x be the same but for their order?", X,
          lambda at: if_positions(at, lambda: {"y": with_cls(at, at.cls)})),
    Cause("embed-averaged-over-images",
          "the gradient of cls or of the positions is the mean over the batch, not the sum", BATCH,
          DPOSITIONS, averaged),
    Cause("embed-cls-gradient-of-the-last-token", "dcls is the gradient of the last token", FIRST,
          DCLS, lambda at: if_cls(at, lambda: {"dcls": at.dy[:, -1].sum(axis=0)})),
    Cause("embed-cls-gradient-of-all-tokens", "dcls is summed over all tokens", FIRST, DCLS,
          lambda at: if_cls(at, lambda: {"dcls": rows(at.dy).sum(axis=0)})),
    Cause("embed-cls-counts-in-the-bias",
          "db is summed over all tokens, the cls token among them, which never met the bias",
          "Which tokens come out of the linear map?", DB,
          lambda at: {"db": rows(at.dy).sum(axis=0)}),
    Cause("embed-patches-off-by-one",
          "the last token is left out of the patches' gradient, where the first should be", FIRST,
          DB, lambda at: if_cls(at, lambda: off_by_one(at))),
    Cause("embed-position-of-cls-forgotten-in-the-backward",
          "the table's row of the cls token gets no gradient", FIRST, DPOSITIONS,
          lambda at: if_cls(at, lambda: if_positions(at, lambda: without_cls_row(at)))),
]  # fmt: skip
EMBED = OWN + inside(LINEAR, "linear", steps, first="patches")
CAUSES = {"embed": EMBED}
