"""Two towers: what they compute, written out; every gradient against finite differences."""

import numpy as np
import pytest

from minivit import InputError, ResNetConfig, ViT, ViTConfig, backend
from minivit.models.script import script_of
from minivit.models.two_towers import (
    IMAGE,
    LOG_SCALE,
    NAME,
    SIMILARITY,
    TwoTowers,
    contrastive_loss_backward,
    contrastive_loss_forward,
)

pytestmark = pytest.mark.usefixtures("ops")  # every test runs on both backends

TOWER = ViTConfig((2, 4), 1, (2, 2), 4, 1, 2, 6, 3, pool="mean", positions="sincos-2d")
NAMES = ["red star", "red ring", "blue star"]
rng = np.random.default_rng(0)
IMAGES, LABELS = rng.uniform(-1, 1, (4, 2, 4, 1)), np.array([0, 2, 1, 0])


def towers(dtype=np.float64, by="words", **changes) -> TwoTowers:
    config = ViTConfig.from_dict(TOWER.to_dict() | changes)
    return TwoTowers(config, script_of(NAMES, by), seed=1, dtype=dtype)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"by": "letters", "dropout": 0.3},
        {"positions": "relative", "positions_at": "every-layer-shared"},
        {"root": 2, "root_side": 3, "root_pool": False, "groups": 2, "image": (4, 4),
         "patch": (1, 1), "depth": 0},
    ],
)  # fmt: skip
def test_every_gradient_of_the_loss(changes):
    """Along two random directions of every parameter: each meets every element."""
    model, ops = towers(**changes), backend.current()
    images = rng.uniform(-1, 1, (4, *model.configs[IMAGE].image, 1))
    for name, array in model.parameters.items():  # biases begin at 0, as an accident would have it
        model.parameters[name] = array + 0.1 * rng.standard_normal(array.shape)

    def loss():
        logits, kept = model.forward(images, NAMES, seed=5)
        return *contrastive_loss_forward(ops, logits, LABELS), kept

    _, caches, kept = loss()
    model.backward(contrastive_loss_backward(ops, 1.0, caches), kept)
    for name in [*model.parameters] * 2:
        at, direction = (
            model.parameters[name].copy(),
            rng.standard_normal(model.parameters[name].shape),
        )
        sides = []
        for step in (2e-6, -2e-6):
            model.parameters[name] = at + step * direction
            sides.append(loss()[0])
        model.parameters[name] = at
        slope, expected = (sides[0] - sides[1]) / 4e-6, (model.gradients[name] * direction).sum()
        assert abs(slope - expected) < 1e-5 * (abs(slope) + 1e-2), name
    assert {name.split(".")[0] for name in model.parameters} == {IMAGE, NAME, SIMILARITY}


def test_a_tower_is_a_vit_on_what_it_is_given():
    model = towers()
    vectors = {}
    for tower, given in ((IMAGE, IMAGES), (NAME, model.script.written(NAMES))):
        alone = ViT(model.configs[tower], seed=None, dtype=np.float64)
        for name in alone.parameters:
            alone.parameters[name] = model.parameters[f"{tower}.{name}"]
        x = alone.logits(given)
        vectors[tower] = x / np.linalg.norm(x, axis=1, keepdims=True)
    expected = np.exp(model.parameters[LOG_SCALE]) * vectors[IMAGE] @ vectors[NAME].T
    assert np.exp(model.parameters[LOG_SCALE]) == pytest.approx(1 / 0.07)
    assert np.abs(model.logits(IMAGES, NAMES) - expected).max() < 1e-8
    assert np.abs(model.forward(IMAGES, NAMES)[0] - expected).max() < 1e-8


def test_a_name_that_comes_alone_is_told_as_beside_others():
    model = towers(np.float32)
    alone = model.logits(IMAGES, ["blue ring"])  # of known words, in an order that is new
    beside = model.logits(IMAGES, [*NAMES, "blue ring"])
    assert np.abs(alone[:, 0] - beside[:, 3]).max() < 1e-5


def test_the_loss_is_that_of_clip_where_every_image_has_a_name_of_its_own(ops):
    logits = rng.standard_normal((3, 3))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    q = np.exp(logits) / np.exp(logits).sum(axis=0, keepdims=True)
    expected = -(np.log(np.diag(p)).mean() + np.log(np.diag(q)).mean()) / 2
    loss, _ = contrastive_loss_forward(ops, logits, np.arange(3))
    assert loss == pytest.approx(expected)


def test_images_of_one_name_share_its_target(ops):
    """The best logits: an image is sure of its name, and a name of its two images alike."""
    logits = np.where(LABELS[:, None] == np.arange(3), 50.0, 0.0)
    loss, caches = contrastive_loss_forward(ops, logits, LABELS)
    assert loss == pytest.approx(np.log(2) / 3 / 2)  # no less can be reached: half and half
    assert np.abs(contrastive_loss_backward(ops, 1.0, caches)).max() < 1e-12


def test_a_name_without_an_image_is_refused(ops):
    with pytest.raises(InputError, match="name 1 has no image here"):
        contrastive_loss_forward(ops, np.zeros((2, 3)), np.array([0, 2]))


def test_the_seed_decides_how_it_begins():
    one, same = towers(), towers()
    other = TwoTowers(TOWER, one.script, seed=2, dtype=np.float64)
    assert np.array_equal(one.parameters.flat, same.parameters.flat)
    assert not np.array_equal(one.parameters.flat, other.parameters.flat)


def test_what_the_towers_can_not_take_is_refused():
    model = towers()
    with pytest.raises(InputError, match="'green': these towers read blue, red, ring, star"):
        model.logits(IMAGES, ["green star"])
    with pytest.raises(InputError, match="this model takes"):
        model.logits(IMAGES[:, :, :2], NAMES)
    with pytest.raises(InputError, match="float32 or float64"):
        towers(np.float16)
    with pytest.raises(InputError, match="seed is -1"):
        TwoTowers(TOWER, model.script, seed=-1)
    with pytest.raises(InputError, match="pre-trained by mae"):
        towers(objective="mae", positions="learned")
    with pytest.raises(InputError, match="norm is batch in the image tower: BatchNorm"):
        towers(root=2, root_side=3, root_pool=False, norm="batch", image=(4, 4), patch=(1, 1))
    for other in (ResNetConfig((8, 8), 1, 3, root=4, root_side=3, groups=2), "digits"):
        with pytest.raises(InputError, match="expected the ViTConfig of a ViT or a hybrid"):
            TwoTowers(other, model.script)
    with pytest.raises(InputError, match="there are no names"):
        model.named(IMAGES, [])
    logits, kept = model.forward(IMAGES, NAMES)
    with pytest.raises(InputError, match="dlogits have shape"):
        model.backward(logits.T, kept)
    model.parameters[LOG_SCALE] = np.zeros(1)
    with pytest.raises(InputError, match="the parameters have changed"):
        model.backward(logits, kept)
    logits, kept = model.forward(IMAGES, NAMES)
    model.backward(logits, kept)
    with pytest.raises(InputError, match="these caches are used up"):
        model.backward(logits, kept)


def test_the_tower_of_names_has_the_heads_of_the_other():
    """Three heads of two columns in a width that three does not divide."""
    configs = towers(width=8, heads=3, head_width=2).configs
    assert configs[NAME].heads_width == configs[IMAGE].heads_width == 6
