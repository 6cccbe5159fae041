"""Adam or SGD, on made tables: rates are chosen on held-out images, never on the test's."""

import itertools

import pytest

from minivit.experiments import FULL, optimisers, verdict
from minivit.experiments.optimisers import ADAM, FURTHER_RATES, MEAN, RATES, SETS, SGD


def made(better: float, on: str | None = None) -> list[dict]:
    """At the middle rate and the second of the fine-tuning Adam is `better`; others test best."""
    rows = []
    for optimiser, name, seed in itertools.product(RATES, SETS, range(3)):
        for rate, further in itertools.product(RATES[optimiser], FURTHER_RATES):
            chosen, right = rate == RATES[optimiser][1], further == FURTHER_RATES[1]
            gain = better * (optimiser == ADAM) * (on in (None, name))
            rows.append({
                "optimiser": optimiser, "rate": rate, "set": name, "tuning rate": further,
                "seed": seed, "clothes": 80.0 + chosen, "held_out": 70.0 + right,
                "accuracy": 60 + gain + 0.5 * seed if chosen and right else 99.0 - seed,
            })  # fmt: skip
    return rows


@pytest.mark.parametrize(
    ("table", "answers", "word"),  # of the mean, digits, shapes
    [
        (made(2), [True, True, True], "agrees"),
        (made(0.5), [None, None, None], "can't be decided at this size"),
        (made(-2), [False, False, False], "does not agree"),
        (made(4, on="digits"), [True, True, None], "agrees in part"),
    ],
)
def test_findings(table, answers, word):
    found = optimisers.findings(table)
    assert [one.holds for one in found] == answers and verdict(found, {}).word == word
    assert "by Adam at 0.01" in found[0].words and "by SGD at 0.3" in found[0].words


def test_what_is_reached_is_told_seed_by_seed():
    table = made(4, on="digits")
    assert optimisers.reached(table, ADAM, "digits") == [64, 64.5, 65]
    assert optimisers.reached(table, SGD, "digits") == [60, 60.5, 61]
    assert optimisers.reached(table, ADAM, MEAN) == [62, 62.5, 63]


def test_only_the_pre_training_differs():
    cells = {}
    for point in optimisers.points(FULL):
        after, before = point.cells
        assert after.begins == before and after.told["training"]["optimiser"] == "sgd"
        assert after.told["training"]["hold_out"] == before.told["training"]["hold_out"] == 0.2
        place = point.settings["set"], point.settings["tuning rate"], point.settings["seed"]
        cells.setdefault(place, set()).add(
            (after.images, after.recipe, tuple(after.training.items()))
        )
    assert all(len(found) == 1 for found in cells.values()) and len(cells) == 2 * 2 * 3
