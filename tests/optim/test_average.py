import numpy as np
import pytest

from minivit import InputError, ViT, variant
from minivit.optim import Average

MODEL = variant("digits", depth=1, width=16, mlp=16)


def test_it_is_the_mean_of_all_weights_in_which_old_ones_fade():
    model, rng = ViT(MODEL, dtype=np.float64), np.random.default_rng(0)
    average, seen = Average(model.parameters, 0.9), []
    for step in range(1, 8):
        model.parameters.flat[:] = rng.standard_normal(model.layout.size)
        average.update(step)
        seen.append(model.parameters.flat.copy())
        weights = 0.9 ** np.arange(step)[::-1]
        mean = np.average(seen, axis=0, weights=weights)
        assert np.abs(average.arrays.flat - mean).max() < 1e-14


def test_it_begins_as_the_weights_are():
    model = ViT(MODEL)
    average = Average(model.parameters, 0.9)
    assert np.array_equal(average.arrays.flat, model.parameters.flat)
    model.parameters.flat[:] = 7
    assert not (average.arrays.flat == 7).any()


def test_what_does_not_learn_is_not_averaged():
    model, other = ViT(MODEL, seed=0), ViT(MODEL, seed=1)
    average = Average(model.parameters, 0.5, names=["embed.w", "head.b", "norm.gamma"])
    assert set(average.arrays) == {"embed.w", "head.b", "norm.gamma"}
    model.parameters.flat[:] = 3
    average.update(1)
    before = other.parameters.flat.copy()
    average.write_into(other.parameters)
    for name, array in other.parameters.items():
        assert (array == 3).all() == (name in average.arrays), name
    assert (other.parameters.flat != before).sum() <= average.arrays.flat.size


def test_a_long_vector_is_averaged_like_a_short_one():
    """It is walked through in chunks: their edges must not show."""
    model = ViT(variant("digits", width=128, depth=2))  # more than two chunks
    average = Average(model.parameters, 0.75)
    rng = np.random.default_rng(0)
    first, second = (rng.standard_normal(model.layout.size).astype(np.float32) for _ in range(2))
    for step, values in enumerate((first, second), start=1):
        model.parameters.flat[:] = values
        average.update(step)
    assert np.abs(average.arrays.flat - (0.75 * first + second) / 1.75).max() < 1e-6


@pytest.mark.parametrize("decay", [1.0, -0.1])
def test_a_decay_that_makes_no_sense(decay):
    with pytest.raises(InputError, match=f"average is {decay}: expected a number from 0 to below"):
        Average(ViT(MODEL).parameters, decay)
