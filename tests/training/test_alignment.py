import numpy as np
import pytest

from minivit import InputError, ViTConfig
from minivit.models.script import script_of
from minivit.models.two_towers import LARGEST_SCALE, LOG_SCALE, TwoTowers
from minivit.training.alignment import Alignment, align

NAMES = [f"{light} {tint}" for light in ("dark", "light") for tint in ("red", "blue")]
TOWER = ViTConfig((1, 2), 2, (1, 1), 16, 1, 2, 16, 8, pool="mean", positions="none")
HOW = Alignment(epochs=12, batch=16)


def pictures(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Two pixels; their first channel is dark or light, their second red or blue."""
    labels, rng = np.arange(count) % 4, np.random.default_rng(count)
    levels = np.stack([labels // 2, labels % 2], axis=1)[:, None, None] - 0.5  # (n, 1, 1, 2)
    return (levels + 0.1 * rng.standard_normal((count, 1, 2, 2))).astype(np.float32), labels


def aligned(how=HOW, labels=(0, 1, 2), seed=0):
    images, of = pictures(160)
    shown = np.isin(of, labels)
    model, losses = TwoTowers(TOWER, script_of(NAMES), seed), []
    align(model, images[shown], of[shown], NAMES, how,
          on_step=lambda step, loss: losses.append(loss))  # fmt: skip
    return model, losses


def test_it_learns_the_names_that_it_is_shown():
    model, losses = aligned(labels=(0, 1, 2, 3))
    images, labels = pictures(40)
    assert np.mean(losses[-5:]) < 0.9 < np.mean(losses[:5]) and len(losses) == 12 * 10
    assert (model.named(images, NAMES) == labels).mean() > 0.95
    backwards = model.named(images, NAMES[::-1])
    assert np.array_equal(3 - backwards, model.named(images, NAMES))


def test_one_seed_one_model():
    first, again = (aligned(Alignment(epochs=1, batch=16, seed=3))[0] for _ in range(2))
    other, _ = aligned(Alignment(epochs=1, batch=16, seed=4))
    assert np.array_equal(first.parameters.flat, again.parameters.flat)
    assert not np.array_equal(first.parameters.flat, other.parameters.flat)


def test_the_scale_is_kept_in_bounds():
    model = TwoTowers(TOWER, script_of(NAMES))
    model.parameters[LOG_SCALE] = np.array([20.0])
    align(model, *pictures(16), NAMES, Alignment(epochs=1))
    assert np.exp(model.parameters[LOG_SCALE]) <= LARGEST_SCALE * 1.0001


def test_no_image_no_name():
    model = TwoTowers(TOWER, script_of(NAMES))
    assert model.named(np.zeros((0, 1, 2, 2)), NAMES).shape == (0,)


def test_what_can_not_be_learnt_is_refused():
    model, (images, labels) = TwoTowers(TOWER, script_of(NAMES)), pictures(8)
    with pytest.raises(InputError, match="labels run from 0 to 3: with 3 classes"):
        align(model, images, labels, NAMES[:3])
    with pytest.raises(InputError, match="every name must be another one"):
        align(model, images, labels, [*NAMES[:3], NAMES[0]])
    with pytest.raises(InputError, match="every name must be another one, and 3 of 4"):
        align(model, images, labels, [*NAMES[:3], NAMES[0].replace(" ", "  ")])  # written alike
    with pytest.raises(InputError, match="give a list of names"):
        align(model, images, labels, [*NAMES[:3], 3])
    for how in (Alignment(batch=0), Alignment(batch=1.5), Alignment(epochs=True)):
        with pytest.raises(InputError, match="expected whole numbers from 1"):
            align(model, images, labels, NAMES, how)
    with pytest.raises(InputError, match="at least one image"):
        align(model, images[:0], labels[:0], NAMES)
    with pytest.raises(InputError, match="the loss is nan at step 0"):
        model.parameters[LOG_SCALE] = np.array([np.nan])
        align(model, images, labels, NAMES)
