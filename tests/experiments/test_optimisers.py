"""Adam or SGD, on made tables: rates are chosen on held-out images, never on the test's."""

import itertools

import pytest

from minivit.data import hold_out
from minivit.experiments import FULL, committed, optimisers, verdict
from minivit.experiments.cell import loaded
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
    assert [one.holds for one in found if not one.control] == answers
    assert verdict(found, {}).word == word
    assert "by Adam at 0.01" in found[0].words and "by SGD at 0.3" in found[0].words
    assert "largest that was tried" not in found[0].words


def test_the_next_best_rates_are_told_as_controls():
    """Made: of clothes the middle rates read most, and the smallest are next; these test at 99."""
    controls = [one for one in optimisers.findings(made(0)) if one.control]
    assert [one.holds for one in controls] == [True, True, True, True, True, None, None, None]
    assert controls[0].words == (
        "held-out clothes: Adam at 0.01 (81.0 %) above at 0.003 (80.0 %), spread 0"
    )
    assert controls[3].words == (
        "mean of the sets: SGD at 0.1 (98.0 %) above Adam at 0.01 (60.5 %), spread 2"
    )


def test_the_table_that_came_is_told_by_its_own_numbers():
    found = optimisers.findings(committed("optimisers").rows)
    assert found[0].words.endswith(
        "; both rates are the largest that were tried; of the fine-tuning's rates it is always the "
        "larger, 0.1"
    )
    assert found[10].words == (
        "shapes: SGD at 0.3 (38.8 %) above Adam at 0.01 (35.1 %), spread 1.4"
    )
    assert [one.holds for one in found[8:]] == [None, None, True]
    assert "SGD at 0.3 (62.7 %) above SGD at 1 (52.3 %)" in found[5].words and found[5].holds
    assert [one.holds for one in found[3:5]] == [None, None]


def test_the_claim_tells_how_many_images_are_learnt_from():
    first = optimisers.pre_trained(ADAM, 0.01, 0, FULL)
    images = [hold_out(loaded(first.images), 0.2).train.labels]
    for name in SETS:
        tuned = optimisers.tuned(first, name, 0.03, FULL)
        images.append(hold_out(loaded(tuned.images), 0.2).train.labels)
    assert [len(labels) for labels in images] == [4000, 800, 800]
    assert "4,000 clothes" in optimisers.EXPERIMENT.claim
    assert "800 images of each of two sets" in optimisers.EXPERIMENT.claim


def test_what_is_reached_is_told_seed_by_seed():
    table = made(4, on="digits")
    assert optimisers.reached(table, ADAM, 0.01, "digits") == [64, 64.5, 65]
    assert optimisers.reached(table, SGD, 0.3, "digits") == [60, 60.5, 61]
    assert optimisers.reached(table, ADAM, 0.01, MEAN) == [62, 62.5, 63]


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
