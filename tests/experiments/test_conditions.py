"""What the page says of how its tables were made is so."""

import re

import numpy as np
import pytest

from minivit.experiments import EXPERIMENTS, FULL, claims, committed
from minivit.experiments.cell import Images, loaded
from minivit.experiments.pool import BEGUN
from minivit.experiments.verdict import larger_spread, of_seeds

HEAD = " ".join(claims.HEAD.split())
RIVALS = "data", "computation", "robustness", "shift", "patch", "biases"


def cells_of(name: str) -> list:
    return [cell for point in EXPERIMENTS[name].points(FULL) for cell in point.cells]


def settings(cells, *names) -> set[tuple]:
    return {tuple(cell.told["training"].get(name) for name in names) for cell in cells}


@pytest.mark.parametrize("name", ["positions", "attention", "sizes", "distances", "computation"])
def test_where_nothing_else_is_said_it_is_as_the_head_has_it(name):
    cells = cells_of(name)
    assert {cell.images.name for cell in cells} == {"fashion-small"}
    data = loaded(cells[0].images)
    assert (len(data.train.labels), len(data.test.labels)) == (5000, 1000)
    assert data.train.images.shape[1:3] == (28, 28)
    assert "5,000 clothes" in HEAD and "28 x 28 pixels" in HEAD and "tested on 1,000" in HEAD
    vits = [cell for cell in cells if cell.recipe == "fashion-small"]
    assert settings(vits, "optimiser", "learning_rate", "beginning", "shift", "flip") == {
        ("muon", 0.01, "mimetic", 1, "alternating")
    }
    assert "trained by Muon, at a rate of 0.01, and begins as trained models often end" in HEAD


@pytest.mark.parametrize("name", RIVALS)
def test_all_rivals_have_one_rate(name):
    assert settings(cells_of(name), "learning_rate") == {(0.01,)}
    assert "All have one rate, 0.01, and not one chosen for each." in BEGUN
    assert BEGUN in EXPERIMENTS[name].claim


def test_another_processor_gives_as_different_a_result_as_another_seed():
    """Two tables have the same trainings, on an Intel and on an AMD processor."""
    one, other = (committed(name) for name in ("computation", "robustness"))
    assert "Intel" in one.machine and "AMD" in other.machine
    first = of_seeds(one.rows, "accuracy", model="ResNet", size="middle")
    second = of_seeds(other.rows, "accuracy", model="ResNet", change="none")
    apart = max(abs(a - b) for a, b in zip(first, second, strict=True))
    assert larger_spread(first) <= apart
    assert "what another processor gives for the same seed" in HEAD


def test_the_other_conditions_that_claims_tell():
    claim = {name: EXPERIMENTS[name].claim for name in EXPERIMENTS}
    assert settings(cells_of("pooling"), "optimiser", "beginning", "hold_out") == {
        ("adamw", "google", 0.2)
    }
    assert (
        "on 4,000 clothes, and they begin as in Google's code. A rate is chosen on 1,000"
        in claim["pooling"]
    )
    first, then = (
        [cell for cell in cells_of("resolution") if (cell.recipe == "finetune") == tuned]
        for tuned in (False, True)
    )
    assert settings(first, "optimiser", "epochs") == {("muon", 6)}  # those from scratch
    assert settings(then, "optimiser", "epochs") == {("sgd", 6)}
    assert settings([cell.begins for cell in then], "optimiser", "epochs") == {("muon", 16)}
    assert len(loaded(first[0].images).train.labels) == 6000
    assert (
        "on 6,000 coloured shapes at 16 pixels, in 16 epochs; it and the training from scratch, "
        "which has 6, are by Muon, the fine-tuning on the same shapes in 6 epochs by SGD. The test "
        "is on 1,000 shapes." in claim["resolution"]
    )
    assert settings(cells_of("attention"), "epochs") == {(8,)}
    assert "learn for 8 epochs" in claim["attention"]
    assert settings(cells_of("forming"), "optimiser", "beginning") == {("muon", "google")}


def test_claims_that_test_on_other_images_tell_on_which():
    tested = {
        (name, cell.images.name): len(loaded(cell.images).test.labels)
        for name in ("resolution", "optimisers", "masked") for cell in cells_of(name)
    }  # fmt: skip
    assert tested == {
        ("resolution", "shapes"): 1000, ("optimisers", "digits"): 360,
        ("optimisers", "shapes"): 1000, ("optimisers", "fashion-small"): 1000,
        ("masked", "fashion-small"): 1000, ("masked", "shapes"): 1000,
    }  # fmt: skip
    claim = {name: EXPERIMENTS[name].claim for name in EXPERIMENTS}
    assert "Tested on 360 digits and 1,000 shapes" in claim["optimisers"]
    assert "The test has 1,000 images of either." in claim["masked"]
    assert {cell.images.test for cell in cells_of("data")} == {10_000}  # as many as there are
    assert "10,000 clothes (all of Fashion-MNIST's) and on 360 digits" in claim["data"]
    assert len(loaded(Images("digits", test=10_000)).test.labels) == 360
    looked = {"distances": "over 128 test", "biases": "32 test", "attention": "of 64 test"}
    assert all(f"{words} images" in claim[name] for name, words in looked.items())


def test_the_head_tells_how_long_it_takes_and_on_what_tables_were_made():
    minutes = sorted(one.minutes for one in EXPERIMENTS.values())
    assert f"on two cores it takes {minutes[0]} to {minutes[-1]} minutes" in HEAD
    cores = [re.search(r", (\d+) cores,", committed(name).machine)[1] for name in EXPERIMENTS]
    assert (cores.count("16"), cores.count("2")) == (5, 12)
    assert "of five of the seventeen this was one of sixteen cores" in HEAD


def test_what_the_head_says_of_chance_is_so():
    """Of three normal numbers each: how often settings that are equal differ beyond the spread."""
    a, b = np.random.default_rng(0).standard_normal((2, 200_000, 3))
    spreads = [np.ptp(seeds, axis=1) for seeds in (a, b)]
    apart = np.abs(a.mean(axis=1) - b.mean(axis=1)) > np.maximum(*spreads)
    fixed = np.abs(a.mean(axis=1)) > spreads[0]
    assert (round(100 * apart.mean()), round(100 * fixed.mean())) == (5, 8)
    assert "some 5 in 100 differ" in HEAD and "a fixed number some 8 in 100" in HEAD
    assert abs((a > 0).all(axis=1).mean() - 1 / 8) < 0.005 and "in 1 of 8 cases" in HEAD


def test_the_digits_of_a_shift_are_counted():
    digits = next(c.images for c in cells_of("shift") if c.images.name == "digits")
    data, claim = loaded(digits), EXPERIMENTS["shift"].claim
    assert (len(data.train.labels), len(data.test.labels)) == (1437, 360)
    assert round(100 / 360, 2) == 0.28
    assert "from 1,437 digits in 30, none mirrored; the tests have 2,000 and 360 images" in claim
    mnist = next(c.images for c in cells_of("shift") if c.images.name == "mnist")
    assert (mnist.train, mnist.test) == (10_000, 2000)
    assert settings(cells_of("shift"), "epochs", "flip") == {(4, "none"), (30, "none")}
