import pytest
from small_training import recipe

from minivit import InputError


@pytest.mark.parametrize(
    "change",
    [
        {"batch": 0}, {"batch": -3}, {"epochs": -1}, {"learning_rate": 0.0},
        {"learning_rate": float("nan")}, {"learning_rate": float("inf")}, {"weight_decay": -1.0},
        {"smoothing": 1.0}, {"clip": 0.0}, {"seed": -1}, {"shift": -1}, {"hold_out": 1.5},
    ],
)  # fmt: skip
def test_a_recipe_that_cannot_be_meant(change):
    with pytest.raises(InputError, match=f"{next(iter(change)).replace('_', '.')} is"):
        recipe(**change)
