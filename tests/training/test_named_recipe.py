"""Recipes with names: what the data decide, and what those that come with minivit say."""

import math

import numpy as np
import pytest
from small_training import small_data

from minivit import InputError, TrainingConfig, load_recipe, parameter_count, train, variant
from minivit.data import Dataset, Split
from minivit.training import Recipe, recipe_names
from minivit.training.named_recipe import usual_patch

SMALL = Recipe("small", model={"patch": 4, "width": 8, "depth": 1, "heads": 2, "mlp": 8})


def blank(height: int, width: int, channels: int, classes: int) -> Dataset:
    """Images of these sizes that take no memory."""
    images = np.broadcast_to(np.float32(0), (2 * classes, height, width, channels))
    labels = np.arange(2 * classes) % classes
    split = Split(images, labels)
    return Dataset("blank", [str(c) for c in range(classes)], {}, split, split)


def test_the_recipe_of_the_digits_is_that_of_a_plain_training():
    assert load_recipe("digits").config(small_data()) == TrainingConfig()


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_that_comes_with_minivit_tells_what_it_is_and_is_allowed(name):
    found = load_recipe(name)
    assert found.name == name and found.about and found.source
    grey = name == "digits" or name.startswith(("mnist", "fashion"))
    side = 8 if name == "digits" else 28 if grey else 32 if name.startswith("cifar10") else 224
    data = blank(side, side, 1 if grey else 3, 10)
    if name == "finetune":
        with pytest.raises(InputError, match="minivit finetune CHECKPOINT --recipe"):
            found.config(data)
        return
    config = found.config(data)
    assert config.name == name and config.model.image == (side, side)


@pytest.mark.parametrize(
    ("name", "parameters"), [("mnist-28k", 28_202), ("mnist", 400_000), ("fashion", 400_000)]
)
def test_the_models_are_no_larger_than_promised(name, parameters):
    assert parameter_count(load_recipe(name).config(blank(28, 28, 1, 10)).model) <= parameters


# Table 3: model, images, epochs, rate, decay of weights, dropout.
TABLE_3 = {
    "paper-jft-b": ("B/16", 303_000_000, 7, 8e-4, 0.1, 0),
    "paper-jft-l32": ("L/32", 303_000_000, 7, 6e-4, 0.1, 0),
    "paper-jft-l16": ("L/16", 303_000_000, 14, 4e-4, 0.1, 0),
    "paper-jft-h14": ("H/14", 303_000_000, 14, 3e-4, 0.1, 0),
    "paper-imagenet21k-b": ("B/16", 14_197_122, 90, 1e-3, 0.03, 0.1),
    "paper-imagenet21k-l": ("L/16", 14_197_122, 90, 1e-3, 0.03, 0.1),
    "paper-imagenet": ("B/16", 1_281_167, 300, 3e-3, 0.3, 0.1),
}


@pytest.mark.parametrize("name", TABLE_3)
def test_pre_training_is_that_of_the_paper(name):
    model, images, epochs, rate, decay, dropout = TABLE_3[name]
    config = load_recipe(name).config(blank(224, 224, 3, 1000))
    plain = variant(model, dropout=dropout, pre_logits=variant(model).width)
    assert config.model == plain
    assert (config.epochs, config.learning_rate, config.weight_decay) == (epochs, rate, decay)
    assert config.batch == 4096 and config.smoothing == 0
    assert (config.optimiser, config.beta1, config.beta2) == ("adamw", 0.9, 0.999)
    assert config.schedule == ("cosine" if name == "paper-imagenet" else "linear")
    assert round(config.warmup_epochs * math.ceil(images / 4096)) == 10_000  # steps


# Table 4: images, steps, rate.
TABLE_4 = {
    "paper-finetune-imagenet": (1_281_167, 20_000, 0.03),
    "paper-finetune-cifar10": (50_000, 10_000, 0.01),
    "paper-finetune-pets": (3_680, 500, 0.01),
    "paper-finetune-vtab": (1_000, 2_500, 0.01),
}


@pytest.mark.parametrize("name", TABLE_4)
def test_fine_tuning_is_that_of_the_paper(name):
    images, steps, rate = TABLE_4[name]
    config = load_recipe(name).config(blank(384, 384, 3, 10))
    assert (config.batch, config.learning_rate, config.weight_decay) == (512, rate, 0)
    assert (config.optimiser, config.momentum, config.schedule) == ("sgd", 0.9, "cosine")
    assert config.epochs * math.ceil(images / 512) == pytest.approx(steps, rel=0.01)


@pytest.mark.parametrize(
    ("images", "sizes"),
    [
        (np.zeros((6, 8, 12)), ((8, 12), 1)),
        (np.zeros((6, 8, 12)).tolist(), ((8, 12), 1)),
        (np.zeros((6, 8, 12, 5)), ((8, 12), 5)),
    ],
)
@pytest.mark.parametrize(("names", "classes"), [(None, 4), (["a", "b", "c", "d", "e"], 5)])
def test_the_data_decide_the_sizes(images, sizes, names, classes):
    data = Dataset("mine", names, {}, Split(images, [0, 1, 2] * 2), Split(images, [0, 1, 3] * 2))
    model = SMALL.config(data, model={"classes": 77}).model
    assert (model.image, model.channels) == sizes
    assert model.classes == classes


def test_what_is_no_image_is_refused():
    data = Dataset("mine", None, {}, Split(np.zeros((6, 8)), [0] * 6), Split([], []))
    with pytest.raises(InputError, match=r"images have shape \(6, 8\): expected"):
        SMALL.config(data)


@pytest.mark.parametrize(
    ("image", "patch"),
    [((28, 28), 4), ((32, 32), 4), ((64, 64), 8), ((48, 64), 8), ((30, 30), 5), ((224, 224), 32),
     ((8, 8), 1), ((31, 31), 1)],
)  # fmt: skip
def test_images_decide_the_patch_where_the_recipe_does_not(image, patch):
    assert usual_patch(*image) == patch
    config = load_recipe("pictures").config(blank(*image, 3, 2))
    assert config.model.patch == (patch, patch)


def test_changes_win_over_the_recipe_and_a_variant_over_nothing():
    data = blank(32, 32, 3, 10)
    config = SMALL.config(data, model={"depth": 2}, training={"epochs": 3})
    assert (config.model.depth, config.model.width, config.epochs) == (2, 8, 3)
    assert config.name == config.model.name == "small"
    tiny = Recipe("mine", model={"variant": "Ti/16", "depth": 1}).config(data, model={"heads": 6})
    assert tiny.model == variant("Ti/16", image=(32, 32), classes=10, depth=1, heads=6)


@pytest.mark.parametrize(
    ("recipe", "changes", "sentence"),
    [
        (Recipe("empty"), {}, "'empty' doesn't tell the model's width, depth, heads, mlp"),
        (SMALL, {"model": {"wings": 2}}, "wings"),
        (SMALL, {"training": {"wings": 2}}, "wings"),
        (SMALL, {"model": {"heads": 3}}, "width is 8 and heads is 3"),
        (SMALL, {"training": {"epochs": -1}}, "epochs is -1: expected"),
    ],
)
def test_what_cannot_be_meant_is_refused(recipe, changes, sentence):
    with pytest.raises(InputError, match=sentence):
        recipe.config(blank(32, 32, 3, 10), **changes)


def test_it_trains_from_python():
    changes = {"epochs": 1, "batch": 20}
    config = load_recipe("digits").config(small_data(), model={"depth": 1}, training=changes)
    assert train(config, small_data()).state.epoch == 1
