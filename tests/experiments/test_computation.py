"""Accuracy for the computation: that rivals cost the same, and findings on made tables."""

import numpy as np
import pytest
from made_tables import spread_out

from minivit.experiments import EXPERIMENTS, FULL, computation
from minivit.experiments.cell import loaded
from minivit.experiments.pool import HYBRID, RESNET, VIT
from minivit.models.cost import cost
from minivit.training import load_recipe


def flops(cell) -> int:
    """What an image costs in a cell's model."""
    recipe = load_recipe(cell.recipe)
    made = recipe.config(loaded(cell.images), model=dict(cell.model), training=dict(cell.training))
    return cost(made.model, batch=1).forward_flops


def test_rivals_of_a_size_cost_the_same():
    costs_of = {}
    for point in EXPERIMENTS["computation"].points(FULL):
        costs_of.setdefault(point.settings["size"], set()).add(flops(point.cells[0]))
    assert [len(found) for found in costs_of.values()] == [3, 3, 3]
    assert all(max(found) < 1.05 * min(found) for found in costs_of.values())
    assert min(costs_of[computation.LARGE]) > 2 * max(costs_of[computation.MIDDLE])


def by_computation(**means) -> list[dict]:
    """A made table: the accuracies of each model's sizes, which cost 1, 2 and 4."""
    return [{"model": model, "size": size, "seed": s, "flops": 2.0**i, "accuracy": a}
            for model, of_sizes in means.items()
            for i, (size, mean) in enumerate(zip(computation.SIZES, of_sizes, strict=True))
            for s, a in spread_out(mean)]  # fmt: skip


@pytest.mark.parametrize(
    ("vit", "resnet", "hybrid", "held"),
    [
        # a step of 2 % for twice the computation: 4 % are four times
        ((80, 82, 84), (76, 78, 80), (83, 84, 84.1), [True, True, True, True]),
        ((80, 82, 84), (79, 81, 83), (80, 82, 84), [True, False, None, None]),
        ((76, 78, 80), (80, 82, 84), (70, 75, 79.9), [False, False, False, None]),
        ((80, 82, 84), (80, 82, 84), (83, 84, 87), [None, False, True, False]),
        ((80, 82, 84), (76, 78, 80), (83, 84, 82), [True, True, True, True]),  # behind: not ahead
        ((84, 82, 80), (70, 71, 72), (84, 82, 80), [True, None, None, None]),  # falls
    ],
)
def test_computation_on_made_tables(vit, resnet, hybrid, held):
    found = computation.findings(by_computation(**{VIT: vit, RESNET: resnet, HYBRID: hybrid}))
    assert [finding.holds for finding in found] == held
    leads = hybrid[0] - vit[0], hybrid[2] - vit[2]
    told = "; the means differ by {:.1f} points when small, by {:.1f} when large".format(*leads)
    assert told in found[3].words


def test_how_many_times_less_is_read_off_two_lines():
    rows = by_computation(**{VIT: (80, 82, 84), RESNET: (76, 78, 80)})
    np.testing.assert_allclose(computation.times_less(rows), [4, 4, 4])
    assert computation.beyond(rows, [3.9, 4, 0.25]) == (
        "in 2 of 3 seeds it is more, or less, than all sizes span"
    )
    rows = by_computation(**{VIT: (90, 91, 92), RESNET: (60, 61, 62)})
    assert computation.times_less(rows) == [4, 4, 4]  # the sizes reach no further
    assert computation.beyond(rows, [2, 2, np.nan]) == "in 1 of 3 seeds a line doesn't rise"
