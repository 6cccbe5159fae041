"""Learning without labels, then with them: that it learns, and what fine-tuning begins with."""

import numpy as np
import pytest
from small_training import recipe, small_data

from minivit import InputError, finetune, load, probe, save, train, variant
from minivit.data import Dataset, Split
from minivit.training import all_but_head, evaluate, finetuning, measured

SIZES = {"width": 16, "depth": 2, "heads": 2, "mlp": 32}
HIDDEN = [{"objective": "masked-patches"}, {"objective": "mae", "decoder_width": 8}]


def pretrained(changes, epochs=8, **more):
    config = recipe(model=variant("digits", **SIZES, **changes), epochs=epochs, **more)
    return train(config, small_data())


@pytest.mark.parametrize("changes", HIDDEN)
def test_it_learns_what_is_hidden(changes):
    """Better than a guess that looks at nothing: the colour that is most frequent, the mean."""
    training = pretrained(changes, epochs=30, batch=12, learning_rate=5e-3)
    history, images = training.state.history, small_data().test.images
    if changes["objective"] == "mae":
        assert history[-1]["test_loss"] < 0.8 * images.var()
        assert not any("accuracy" in name for name in history[-1])
    else:
        assert history[-1]["test_loss"] < history[0]["test_loss"] < np.log(8)
        assert history[-1]["test_accuracy"] > 0.5
    assert measured(training.model, images, small_data().test.labels) == measured(
        training.model, images, np.zeros(20, int)
    )


@pytest.mark.parametrize("changes", HIDDEN)
def test_labels_are_not_asked(changes):
    data = small_data()
    others = data._replace(train=data.train._replace(labels=data.train.labels[::-1].copy()))
    config = recipe(model=variant("digits", **SIZES, **changes), epochs=2)
    one, two = (train(config, given) for given in (data, others))
    assert np.array_equal(one.model.parameters.flat, two.model.parameters.flat)


@pytest.mark.parametrize("changes", HIDDEN)
def test_fine_tuning_begins_with_the_encoder_and_a_zero_head(changes, tmp_path):
    save(pretrained(changes, epochs=1).model, tmp_path / "model")
    model = load(tmp_path / "model")
    begun = finetuning(model, small_data())
    new, old = begun.model.parameters, model.parameters
    assert begun.config.model == variant("digits", **SIZES)
    assert not new["head.w"].any()
    assert all(np.array_equal(new[n], old[n]) for n in new if not n.startswith("head."))
    frozen = finetuning(model, small_data(), training={"freeze": all_but_head(model.config)})
    assert sum(part.stop - part.start for part in frozen.ranges) == new["head.w"].size + 10
    tuned = finetune(model, small_data(), training={"epochs": 3, "batch": 20, "shift": 0})
    losses = [row["train_loss"] for row in tuned.state.history]
    assert losses[-1] < losses[0] - 0.005


@pytest.mark.parametrize("changes", HIDDEN)
def test_it_tells_no_classes_and_its_features_can_be_probed(changes):
    model = pretrained(changes, epochs=1).model
    with pytest.raises(InputError, match=r"was pre-trained by .* and tells no classes: teach it"):
        evaluate(model, *small_data().test)
    assert probe(model, small_data()).accuracy > 0.2


def test_data_that_do_not_tell_black_and_white_have_them_from_their_images():
    images = np.random.default_rng(0).uniform(2, 5, (20, 8, 8, 1)).astype(np.float32)
    split = Split(images, np.zeros(20, int))
    data = Dataset("mine", ["a"], {}, split, split)
    config = recipe(model=variant("digits", **SIZES, classes=1, **HIDDEN[0]), epochs=1)
    told = train(config, data).model.preprocessing
    assert told == {"low": float(images.min()), "high": float(images.max())}
    bytes_ = Split((images * 50).astype(np.uint8), np.zeros(20, int))
    with pytest.raises(InputError, match="they look unscaled"):
        train(config, data._replace(train=bytes_, test=bytes_))
