"""A mistake in a part of an op, seen from the whole: a wrong GELU makes a wrong MLP.

An op that is made of others, one after the other, is a list of steps. A step's wrong result goes on
through the steps after it, a wrong gradient back through those before it.
"""

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from minivit import ops
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.point import as_tuple


class Step(NamedTuple):
    """A smaller op inside a larger one; its first input, x, is what the step before it returned."""

    op: str
    rest: dict[str, str]  # its other inputs: {its name of it: the whole's name of it}
    options: dict  # all of them
    called: str = ""  # where an op stands twice
    source: object = ops  # where its forward and its backward are

    @property
    def name(self) -> str:
        return self.called or self.op

    def forward(self, at: SimpleNamespace, x: np.ndarray) -> tuple:
        others = [getattr(at, name) for name in self.rest.values()]
        return getattr(self.source, f"{self.op}_forward")(x, *others, **self.options)

    def backward(self, dy: np.ndarray, cache) -> dict[str, np.ndarray | None]:
        gradients = as_tuple(getattr(self.source, f"{self.op}_backward")(dy, cache))
        return dict(zip(["dx", *(f"d{name}" for name in self.rest)], gradients, strict=True))


def walked(at: SimpleNamespace, x: np.ndarray, steps: list[Step]) -> list[SimpleNamespace]:
    """What each step sees of x on its way, and of dy on its way back: as in `Point.views`."""
    views = []
    for step in steps:
        others = {name: getattr(at, of_whole) for name, of_whole in step.rest.items()}
        view = SimpleNamespace(x=x, **others, **step.options, letters=at.letters)
        view.output, view.cache = step.forward(at, x)
        views.append(view)
        x = view.output
    dy = at.dy
    for step, view in zip(reversed(steps), reversed(views), strict=True):
        view.dy, view.right = dy, step.backward(dy, view.cache)
        dy = view.right["dx"]
    return views


def carried(at: SimpleNamespace, steps: list[Step], views: list, place: int, wrong: dict) -> dict:
    """What the whole returns where the step at `place` returns `wrong`: y or gradients."""
    view, found = views[place], {}
    rights = {"y": view.output, **view.right}
    if any(np.shape(came) != np.shape(rights[name]) for name, came in wrong.items()):
        return {}  # the next step would raise
    if (y := wrong.get("y")) is not None:
        for step in steps[place + 1 :]:
            y, _ = step.forward(at, y)
        found["y"] = y
    for k in range(place, -1, -1):
        names = steps[k].rest
        found |= {f"d{names[name[1:]]}": x for name, x in wrong.items() if name[1:] in names}
        if "dx" not in wrong:
            break
        found["dx"] = wrong["dx"]
        if k:
            wrong = steps[k - 1].backward(found["dx"], views[k - 1].cache)
    return found


def inside(
    causes: list[Cause],
    part: str,
    steps: Callable[[SimpleNamespace], list[Step]],
    first: str = "x",
    finish: Callable[[SimpleNamespace, dict], dict] = lambda at, found: found,
    where: str = "",
) -> list[Cause]:
    """The causes of a part, made in the whole.

    `steps(at)` are the whole's, and `part` is the name of one of them, where it is there. `first`
    is the whole's first input; `finish` does what is left to do after the steps: a branch adds x.
    `where` tells the part from another one of the same op: "in the second map".
    """

    def made(cause: Cause, at: SimpleNamespace) -> dict | None:
        parts = vars(at).setdefault("parts", {})  # kept for the next cause
        if steps not in parts:
            every = steps(at)
            parts[steps] = every, walked(at, getattr(at, first), every)
        every, views = parts[steps]
        place = next((i for i, step in enumerate(every) if step.name == part), None)
        if place is None:
            return None
        found = carried(at, every, views, place, cause.mistake(views[place]) or {})
        if "dx" in found:
            found[f"d{first}"] = found.pop("dx")
        return finish(at, found)

    return [
        cause._replace(
            name="-".join([cause.name, *where.replace(",", "").split()]),
            sentence=f"{cause.sentence}, {where}" if where else cause.sentence,
            mistake=functools.partial(made, cause),
        )
        for cause in causes
    ]
