from dataclasses import replace

import pytest
from small_training import SMALL, recipe

from minivit import InputError, TrainingConfig


@pytest.mark.parametrize(
    "change",
    [
        {"batch": 0}, {"batch": -3}, {"epochs": -1}, {"learning_rate": 0.0},
        {"learning_rate": float("nan")}, {"learning_rate": float("inf")}, {"weight_decay": -1.0},
        {"smoothing": 1.0}, {"clip": 0.0}, {"seed": -1}, {"shift": -1}, {"hold_out": 1.5},
        {"warmup_epochs": "two"}, {"position_std": -0.1}, {"batch": 2.0},
    ],
)  # fmt: skip
def test_a_recipe_that_cannot_be_meant(change):
    name = next(iter(change)).replace("_", " ")
    with pytest.raises(InputError, match=f"^{name} is .*: expected a (whole )?number"):
        recipe(**change)


@pytest.mark.parametrize("positions", ["none", "sincos", "sincos-2d", "sincos-2d-mae"])
def test_a_spread_of_positions_that_are_not_learnt_is_refused(positions):
    model = replace(SMALL, positions=positions)
    with pytest.raises(InputError, match=f"std is 0.02, and positions are {positions}: none of"):
        recipe(model=model, position_std=0.02)
    assert recipe(model=model).position_std == 1
    assert recipe(model=model, position_std=None).position_std is None
    assert recipe(model=replace(SMALL, positions="relative"), position_std=0.02).position_std


def test_survives_a_dictionary_and_refuses_an_unknown_entry():
    one = recipe(learning_rate=0.01, hold_out=0.2, seed=3)
    assert TrainingConfig.from_dict(one.to_dict(), SMALL) == one
    with pytest.raises(InputError, match="a recipe has no entry wings"):
        TrainingConfig.from_dict({"wings": 2}, SMALL)
