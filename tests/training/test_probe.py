"""The linear probe, against the same worked out image by image."""

import numpy as np
import pytest
from small_training import small_data

from minivit import InputError, ViT, variant
from minivit.data import seen_by
from minivit.models import representation
from minivit.training import probe, probes
from minivit.training.probe import REGULARISERS, few, fitted, left_out_error, targets


def normal_equations(x, t, r):
    """The least of |x w + b - t|^2 + r |w|^2, b not regularised: (D + 1, C), b last."""
    x = np.column_stack([x, np.ones(len(x))])
    penalty = np.diag([r] * (x.shape[1] - 1) + [0])
    return np.linalg.solve(x.T @ x + penalty, x.T @ t)


@pytest.mark.parametrize("sizes", [(20, 3, 2), (6, 15, 3)])  # more images, and fewer, than features
@pytest.mark.parametrize("r", [0.01, 3.0])
def test_it_solves_regularised_least_squares(sizes, r):
    n, D, C = sizes
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, D)) * rng.uniform(0.1, 10, D) + 5
    t = targets(np.arange(n) % C, C)
    w, b, used = fitted(x, t, r)
    spread = x.std(axis=0) + 1e-5
    wanted = normal_equations(x / spread, t, r)
    assert used == r and np.abs(w * spread[:, None] - wanted[:-1]).max() < 1e-9
    assert np.abs(b - wanted[-1]).max() < 1e-8


@pytest.mark.parametrize("r", [0.1, 4.0])
def test_the_error_of_images_left_out_is_what_leaving_each_out_gives(r):
    rng = np.random.default_rng(1)
    x, t = rng.normal(size=(12, 4)), rng.normal(size=(12, 2))
    x, t = x - x.mean(axis=0), t - t.mean(axis=0)
    U, S, _ = np.linalg.svd(x, full_matrices=False)
    total = 0.0
    for i in range(12):
        rest = np.arange(12) != i
        solved = normal_equations(x[rest], t[rest], r)
        total += np.square(np.append(x[i], 1) @ solved - t[i]).sum()
    assert abs(left_out_error(U, S, U.T @ t, t, r) - total / 24) < 1e-10


def test_images_become_what_the_model_has_learnt():
    """Half as large, black and white other numbers, as the command line's."""
    model = ViT(variant("digits", image=(4, 4), patch=2), seed=0)
    model.preprocessing = {"low": 0.0, "high": 5.0}
    data = small_data(60, 20)
    seen = [split.images[:] for split in seen_by(model, data, 4)[3:5]]
    assert seen[0].shape == (60, 4, 4, 1) and 0 <= seen[0].min() < seen[0].max() <= 5
    by_hand = data._replace(
        preprocessing=model.preprocessing,
        train=data.train._replace(images=seen[0]), test=data.test._replace(images=seen[1]),
    )  # fmt: skip
    assert np.array_equal(probe(model, data).w, probe(model, by_hand).w)


def test_noise_asks_for_a_large_regulariser_and_a_clear_line_for_a_small_one():
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(40, 30)), targets(rng.integers(0, 2, 40), 2)
    assert fitted(x, t)[2] >= 2.0**6
    clear = np.where(x[:, :1] @ [[1.0, -1.0]] > 0, 1.0, -1.0)
    assert fitted(x[:, :1] + 0, x[:, :1] @ [[1.0, -1.0]])[2] == min(REGULARISERS)
    assert fitted(x, clear)[2] < fitted(x, t)[2]


def small() -> ViT:
    return ViT(variant("digits", width=16, depth=1, heads=2, mlp=16), seed=0)


def test_a_model_that_stays_as_it_is_tells_digits_apart():
    model, data = small(), small_data(300, 60)
    before = model.parameters.flat.copy()
    found = probe(model, data)
    assert found.images == 300 and found.w.shape == (16, 10)
    assert found.accuracy > 0.3  # features that were drawn by chance: without them it is 0.1
    assert np.array_equal(model.parameters.flat, before)
    answers = representation(model, data.test.images) @ found.w + found.b
    assert (answers.argmax(axis=1) == data.test.labels).mean() == found.accuracy


def test_few_shots_are_drawn_from_the_seed():
    model, data = small(), small_data(300, 60)
    one, again, other = (probe(model, data, shots=3, seed=seed) for seed in (0, 0, 1))
    assert (
        one.images == 30 and np.array_equal(one.w, again.w) and not np.array_equal(one.w, other.w)
    )
    two = probes(model, data, shots=3, draws=2)
    assert np.array_equal(two[0].w, one.w) and np.array_equal(two[1].w, other.w)
    labels = np.array([1, 1, 3, 1, 3, 3, 3])
    chosen = few(labels, 2, 0)
    assert np.bincount(labels[chosen]).tolist() == [0, 2, 0, 2] and len(set(chosen)) == 4
    assert len(few(labels, None, 0)) == 7


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shots": 1000}, "shots is 1000, and the smallest class has"),
        ({"shots": 0}, "shots is 0"),
        ({"shots": 2.5}, "shots is 2.5"),
        ({"regulariser": 0.0}, "regulariser is 0.0: expected a number above 0"),
        ({"regulariser": float("nan")}, "regulariser is nan"),
    ],
)
def test_bad_input_is_told(options, words):
    with pytest.raises(InputError) as caught:
        probe(small(), small_data(), **options)
    assert words in str(caught.value)


def test_features_that_overflow_and_other_images_are_refused():
    model = small()
    model.parameters.flat[:] = 1e30
    with pytest.raises(InputError, match="the model's features overflow"):
        probe(model, small_data())
    two = ViT(variant("digits", channels=2, width=16, depth=1, heads=2, mlp=16))
    with pytest.raises(InputError, match="coloured ones"):
        probe(two, small_data())
