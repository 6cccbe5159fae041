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


def test_survives_a_dictionary_and_refuses_an_unknown_entry():
    one = recipe(learning_rate=0.01, hold_out=0.2, seed=3)
    assert TrainingConfig.from_dict(one.to_dict(), SMALL) == one
    with pytest.raises(InputError, match="a recipe has no entry wings"):
        TrainingConfig.from_dict({"wings": 2}, SMALL)
