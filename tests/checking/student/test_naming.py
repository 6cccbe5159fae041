"""A cause is named where it foresees what came, at every point, and nowhere else."""

import numpy as np
import pytest
from direct import Direct
from students_files import LAYERNORM, changed

from minivit.checking.diagnosis.explaining import explained
from minivit.checking.student.causes import OF_OPS, causes_of
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.naming import Group, named, sights
from minivit.checking.student.plans import made, plans
from minivit.checking.student.trial import asked, tried

FORGOTTEN = changed(LAYERNORM, "g - g.mean(axis=-1, keepdims=True)", "g")


def trials(source: str, op: str):
    functions = Direct(source)
    points = filter(None, map(made, plans(op)))
    return [tried(functions, at, how) for at in points
            if (how := asked(at.call, functions.found[op]))]  # fmt: skip


def seen(found, part):
    return [sight for trial in found for sight in sights(trial, part)]


def cause(mistake) -> Cause:
    return Cause("a-name", "a sentence", "a hint", "a line", mistake)


def without_the_mean(at):
    x_hat, rstd, gamma = at.cache
    g = at.dy * gamma
    return {"dx": rstd * (g - x_hat * (g * x_hat).mean(axis=-1, keepdims=True))}


@pytest.mark.parametrize(
    ("mistake", "explains"),
    [
        (without_the_mean, True),
        (lambda at: {"dx": at.right["dx"]}, False),  # what is right
        (lambda at: {"dx": 1.001 * without_the_mean(at)["dx"]}, False),
        (lambda at: {"dgamma": 2 * at.right["dgamma"]}, False),  # another part
        (lambda at: None, False),
        (lambda at: {"dx": without_the_mean(at)["dx"][:1]}, False),  # another shape
        (lambda at: without_the_mean(at) if at.letters.T == 7 else None, True),
        (lambda at: without_the_mean(at) if at.letters.T == 7 else at.right, False),
    ],
)
def test_a_cause_must_foresee_what_came_everywhere(mistake, explains):
    found = trials(FORGOTTEN, "layernorm")
    assert bool(explained(cause(mistake), "dx", seen(found, "dx"))) == explains


def test_a_mistake_close_to_what_is_right_is_told_from_it():
    """eps beside the root changes y by half a millionth: a cause must be closer than that."""
    variance = "(centred * centred).mean(axis=-1, keepdims=True)"
    outside = changed(
        LAYERNORM, f"1 / np.sqrt({variance} + eps)", f"1 / (np.sqrt({variance}) + eps)"
    )
    found = trials(outside, "layernorm")

    def beside_the_root(at):
        centred = at.x - at.x.mean(axis=-1, keepdims=True)
        std = np.sqrt((centred**2).mean(axis=-1, keepdims=True))
        return {"y": centred / (std + at.eps) * at.gamma + at.beta}

    assert explained(cause(beside_the_root), "y", seen(found, "y"))
    assert not explained(cause(lambda at: {"y": at.output}), "y", seen(found, "y"))


def test_a_mistake_at_some_shapes_only_is_named():
    """No cause foresees it at the others, where the layer is right."""
    some = changed(LAYERNORM, "g - g.mean(axis=-1, keepdims=True)",
                   "g - (g.mean(axis=-1, keepdims=True) if len(dy) < 3 else 0)")  # fmt: skip
    found = trials(some, "layernorm")
    wrong = [trial for trial in found if "dx" in trial.parts]
    assert 3 <= len(wrong) < len(found) - 3
    group = Group("dx", "values", [(trial, trial.faults[0]) for trial in wrong])
    assert named("layernorm", group, found).name == "layernorm-mean-correction-forgotten"


def test_causes_have_identifiers_of_their_own():
    names = [one.name for causes in OF_OPS.values() for one in causes]
    for name in names:
        assert name == name.lower() and " " not in name
    assert len({id(one) for causes in OF_OPS.values() for one in causes}) == len(names)
    for op, causes in OF_OPS.items():
        # What differs by a number or an order alone, eps 1e-6 or 1e-8, is one mistake.
        told = {(one.name, one.line) for one in causes}
        assert len({name for name, _ in told}) == len(told), op


@pytest.mark.parametrize("op", OF_OPS)
def test_what_is_told_of_a_cause_is_whole(op):
    for one in causes_of(op):
        assert one.sentence and not one.sentence.endswith(".")
        assert one.hint.endswith((".", "?"))
        assert one.line


@pytest.mark.parametrize("op", OF_OPS)
def test_a_cause_foresees_arrays_of_real_parts_and_differs_from_what_is_right(op):
    """At some point of the list; a cause that never differs explains nothing."""
    views = [view for plan in plans(op) if (at := made(plan)) for view in at.views()]
    for one in OF_OPS[op]:
        differs = False
        for view in views:
            with np.errstate(all="ignore"):
                foreseen = one.mistake(view) or {}
            right = {"y": view.output, **view.right}
            assert set(foreseen) <= set(right), one.name
            for name, array in foreseen.items():
                if array is not None and right[name] is not None:
                    array = np.asarray(array)
                    differs |= array.shape != right[name].shape or not np.allclose(
                        array, right[name], rtol=1e-9, atol=1e-12, equal_nan=True
                    )
        assert differs, one.name
