import copy
from itertools import pairwise

import numpy as np
import pytest

from minivit import InputError, ViT, variant
from minivit.optim import SGD, Adam, Muon, gradient_norm, learning_names, ranges_of

MODEL = variant("digits", depth=12, width=8, heads=2, mlp=8)


@pytest.fixture(scope="module")
def layout():
    return ViT(MODEL, seed=None).layout


def test_with_nothing_frozen_there_is_one_range(layout):
    names = learning_names(layout, [])
    assert names == list(layout.shapes)
    assert ranges_of(layout, names) == [(0, layout.size, 0, layout.decayed)]
    assert layout.part(names) is layout


@pytest.mark.parametrize(
    "frozen",
    [["embed"], ["blocks"], ["blocks.1"], ["blocks.0", "blocks.11.mlp", "head.b"], ["norm.gamma"]],
)
def test_ranges_hold_just_what_learns(layout, frozen):
    names = learning_names(layout, frozen)
    expected = [n for n in layout.shapes if not any(f"{n}.".startswith(f"{f}.") for f in frozen)]
    assert names == expected
    ranges, part = ranges_of(layout, names), layout.part(names)
    inside, decayed = np.zeros(layout.size, bool), np.zeros(layout.size, bool)
    alone = np.full(layout.size, -1)  # where each element lies in a vector of what learns
    for each in ranges:
        assert not inside[each.start : each.stop].any()
        inside[each.start : each.stop] = True
        decayed[each.start : each.start + each.decayed] = True
        alone[each.start : each.stop] = np.arange(each.stop - each.start) + each.start_alone
    for name, shape in layout.shapes.items():
        where = slice(layout.offsets[name], layout.offsets[name] + int(np.prod(shape)))
        assert inside[where].all() == inside[where].any() == (name in names)
        assert decayed[where].all() == (name in names and layout.is_decayed(name))
        if name in names:
            assert alone[where][0] == part.offsets[name]
    assert part.size == inside.sum()
    assert all(one.stop < two.start for one, two in pairwise(ranges))


@pytest.mark.parametrize(
    ("frozen", "sentence"),
    [
        (["block.0"], "freeze names 'block.0', where this model learns nothing; the nearest is bl"),
        (["blocks.12"], "freeze names 'blocks.12', where this model learns nothing"),
        (["blocks.1."], r"'blocks\.1\.', where"),
        (["patchify"], "it learns at embed, blocks, norm, head, and at places within them"),
        (["embed", "blocks", "norm", "head"], "nothing is left to learn; leave a place out"),
    ],
)
def test_places_that_can_not_be_meant(layout, frozen, sentence):
    with pytest.raises(InputError, match=sentence):
        learning_names(layout, frozen)


def test_the_norm_is_that_of_what_learns(ops, layout):
    model = ViT(MODEL, dtype=np.float64)
    model.gradients.flat[:] = np.random.default_rng(0).standard_normal(layout.size)
    everything = ranges_of(layout, list(layout.shapes))
    assert gradient_norm(model.gradients, everything) == ops.global_norm(model.gradients.flat)
    names = learning_names(layout, ["embed", "blocks.3"])
    expected = np.sqrt(sum((model.gradients[name] ** 2).sum() for name in names))
    found = gradient_norm(model.gradients, ranges_of(layout, names))
    assert abs(found - expected) < 1e-12 * expected


@pytest.mark.parametrize("kind", [Adam, SGD, Muon])
def test_what_learns_steps_as_if_nothing_were_frozen_and_the_rest_stays(ops, kind):
    one, other = (ViT(MODEL, dtype=np.float64, zero_head=False) for _ in range(2))
    begun, frozen = one.parameters.flat.copy(), ["embed", "blocks.0", "blocks.3.mlp"]
    names = learning_names(one.layout, frozen)
    optimisers = (
        kind(one.parameters, weight_decay=0.1, names=names),
        kind(other.parameters, weight_decay=0.1),
    )
    begin = copy.deepcopy(one.parameters)
    for step in range(3):
        rng = np.random.default_rng(step)
        one.gradients.flat[:] = other.gradients.flat[:] = rng.standard_normal(one.layout.size)
        for model, optimiser in zip((one, other), optimisers, strict=True):
            optimiser.step(model.gradients, 0.01, scale=0.5)
    for name, array in one.parameters.items():
        expected = other.parameters[name] if name in names else begin[name]
        assert np.abs(array - expected).max() < 1e-15, name
        assert not np.array_equal(other.parameters[name], begin[name])
    for moment in optimisers[0].moments.values():
        assert set(moment) <= set(names)
    assert not np.array_equal(one.parameters.flat, begun)
