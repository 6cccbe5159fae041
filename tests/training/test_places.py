from dataclasses import replace

import numpy as np
import pytest
from small_training import SMALL, recipe, small_data

from minivit import InputError, train
from minivit.checkpoints import read_checkpoint, write_checkpoint
from minivit.optim import warmup_cosine
from minivit.training import Training, load_run, save_run
from minivit.training.places import checked_rows

SHARED = {"positions": "learned-2d", "positions_at": "every-layer-shared", "depth": 2}


def rms(arrays, place):
    own = [a.astype(np.float64).ravel() for n, a in arrays.items() if n.rpartition(".")[0] == place]
    return np.sqrt(np.mean(np.concatenate(own) ** 2))


@pytest.mark.usefixtures("ops")  # on both backends
@pytest.mark.parametrize("changes", [{}, SHARED])
def test_the_last_step_of_an_epoch_is_noted_for_every_place_that_learns(changes):
    training = Training(recipe(model=replace(SMALL, **changes)), small_data())
    *batches, last = training.epoch()
    for batch in batches:
        training.train_batch(batch)
    assert training.places.arrays() == {}
    before = {name: array.copy() for name, array in training.model.parameters.items()}
    training.train_batch(last)
    assert training.places.table(0) == []  # the epoch isn't over
    training.finish_epoch()
    rows = training.places.table(1)
    after, gradients = training.model.parameters, training.model.gradients
    places = [p for p in training.model.layout.places if training.model.layout.count(p)]
    assert [(row["epoch"], row["place"]) for row in rows] == [(1, place) for place in places]
    step = {name: after[name].astype(np.float64) - before[name] for name in before}
    for row in rows:
        place = row["place"]
        assert row["weight_rms"] == pytest.approx(rms(after, place), rel=1e-6)
        assert row["gradient_rms"] == pytest.approx(rms(gradients, place), rel=1e-6)
        ratio = rms(step, place) / rms(after, place)
        assert row["update_ratio"] == pytest.approx(ratio, rel=1e-3)  # after - before in float32


def test_the_history_has_the_last_rate_and_the_mean_norm_before_clipping():
    norms = []

    def on_step(training, loss):
        norms.append(np.linalg.norm(training.model.gradients.flat.astype(np.float64)))

    training = train(recipe(clip=1e-3, warmup_epochs=1.0), small_data(), on_step=on_step)
    for epoch, row in enumerate(training.state.history):
        mean = np.mean(norms[5 * epoch : 5 * epoch + 5])
        assert row["gradient_norm"] == pytest.approx(mean, rel=1e-6) and mean > 0.1
        rate = warmup_cosine(5 * epoch + 4, steps=15, warmup=5, peak=2e-3)
        assert row["learning_rate"] == rate


def test_weights_of_zero_and_places_that_stand_still_have_a_ratio():
    training = Training(recipe(learning_rate=1e-300), small_data())
    training.model.parameters["head.w"][:] = 0
    for batch in training.epoch():
        training.train_batch(batch)
    training.finish_epoch()
    ratios = {row["place"]: row["update_ratio"] for row in training.places.table(1)}
    assert set(ratios.values()) == {0.0}


@pytest.mark.parametrize("shape", [(4,), (2, 3), (1, 4, 1)])
def test_a_damaged_log_is_refused(shape, tmp_path):
    with pytest.raises(InputError, match=r"damaged log of 'head'.*should be \(epochs, 4\)"):
        checked_rows(np.zeros(shape), "head", "run")
    training = Training(recipe(), small_data())
    save_run(training, tmp_path)
    path = tmp_path / "checkpoint.safetensors"
    header, groups = read_checkpoint(tmp_path, ("parameters", "first_moment", "second_moment"))
    for place in ("head", "wings"):
        write_checkpoint(path, header, groups | {"places": {place: np.zeros(shape)}})
        with pytest.raises(InputError, match=r"damaged log|does not have"):
            load_run(tmp_path, small_data())
