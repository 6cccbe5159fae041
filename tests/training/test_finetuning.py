"""Fine-tuning, from Python: where it begins, what learns, and that it goes on as any training."""

import numpy as np
import pytest
from small_training import recipe, small_data

from minivit import InputError, ViT, load_dataset, train, variant
from minivit.checkpoints import resize_positions
from minivit.training import (
    all_but_head,
    evaluate,
    finetune,
    finetuning,
    first_blocks,
    load_recipe,
    load_run,
    save_run,
)

SIZES = {"width": 16, "depth": 2, "heads": 2, "mlp": 16}
QUICK = {"epochs": 2, "batch": 20, "warmup_epochs": 0.0}


def learnt() -> ViT:
    return train(recipe(model=variant("digits", **SIZES), epochs=1), small_data()).model


def enlarged(images: int = 96, test: int = 20):
    data = load_dataset("digits", image=12)
    some, few = np.arange(images), np.arange(test)
    return data._replace(
        train=data.train._replace(images=data.train.images[some], labels=data.train.labels[some]),
        test=data.test._replace(images=data.test.images[few], labels=data.test.labels[few]),
    )


def test_it_begins_with_the_parameters_and_a_zero_head():
    model = learnt()
    begun = finetuning(model, enlarged(), training={"average": 0.9}, method="timm")
    new, old = begun.model.parameters, model.parameters
    assert not new["head.w"].any() and not new["head.b"].any() and old["head.w"].any()
    table = resize_positions(old["embed.positions"], (4, 4), (6, 6), method="timm")
    assert np.array_equal(new["embed.positions"], table)
    rest = [n for n in new if n not in ("head.w", "head.b", "embed.positions")]
    assert all(np.array_equal(new[n], old[n]) for n in rest)
    assert np.array_equal(begun.averaged_model().parameters.flat, new.flat)
    assert abs(evaluate(begun.model, *begun.data.test).loss - np.log(10)) < 1e-6


NORMED = {"root": 4, "root_side": 3, "root_stride": 1, "unit": "plain", "norm": "batch", "patch": 1}


def test_running_statistics_come_along_and_stay_where_nothing_learns():
    config = variant("digits", **SIZES, **NORMED)
    model = train(recipe(model=config, epochs=1, average=0.9), small_data()).model
    frozen = {"freeze": all_but_head(config), "average": 0.9, **QUICK}
    begun = finetuning(model, enlarged(), training=frozen)
    before = model.buffers.flat.copy()
    assert np.array_equal(begun.model.buffers.flat, before) and before.any()
    done = train(begun.config, begun.data, training=begun)
    assert np.array_equal(done.model.buffers.flat, before)
    moved = finetune(model, enlarged(), training={"average": 0.9, **QUICK})
    assert not np.array_equal(moved.model.buffers.flat, before)
    assert np.array_equal(moved.averaged_model().buffers.flat, moved.model.buffers.flat)
    assert np.array_equal(model.buffers.flat, before)


def test_images_become_what_the_model_takes():
    """Black and white are those of the model, of three channels."""
    model = ViT(variant("digits", channels=3, **SIZES), seed=0)
    model.preprocessing = {"low": [0.0, 1.0, 2.0], "high": [1.0, 5.0, 9.0]}
    grey = (small_data().test.images[:] + 1) / 2  # black 0, white 1
    begun = finetuning(model, small_data(), image=8)
    wanted = np.concatenate([grey, grey * 4 + 1, grey * 7 + 2], axis=3)
    assert np.abs(begun.data.test.images[:] - wanted).max() < 1e-5
    assert begun.model.preprocessing["high"] == [1.0, 5.0, 9.0]
    assert finetuning(model, small_data(), image=(12, 12)).config.model.grid == (6, 6)


def test_the_usual_recipe_is_the_papers():
    config = finetuning(learnt(), small_data()).config
    assert (config.optimiser, config.momentum, config.schedule, config.clip) == (
        "sgd", 0.9, "cosine", 1.0)  # fmt: skip
    assert (config.weight_decay, config.smoothing, config.model.dropout) == (0, 0, 0)
    assert load_recipe("finetune").name == config.name == "finetune"


def test_it_learns():
    data = small_data(300, 60)
    done = finetune(learnt(), data, training=QUICK | {"epochs": 8, "learning_rate": 0.1})
    assert len(done.state.history) == 8 and done.state.history[-1]["test_accuracy"] > 0.5


@pytest.mark.parametrize("positions", ["learned", "learned-2d", "none"])
def test_what_is_frozen_stays(positions):
    model = train(
        recipe(model=variant("digits", positions=positions, **SIZES), epochs=1), small_data()
    ).model
    c = model.config
    for freeze, learning in (
        (all_but_head(c), ("head.",)),
        (first_blocks(c, 1), ("head.", "norm.", "blocks.1.")),
        (first_blocks(c, 2), ("head.", "norm.")),
    ):
        begun = finetuning(model, small_data(), training=QUICK | {"freeze": freeze})
        before = {name: array.copy() for name, array in begun.model.parameters.items()}
        finetuned = train(begun.config, begun.data, training=begun).model.parameters
        changed = {n for n in before if not np.array_equal(finetuned[n], before[n])}
        assert changed == {name for name in before if name.startswith(learning)}


def test_a_run_that_is_broken_off_goes_on_to_the_same_bits(tmp_path):
    model, data = learnt(), load_dataset("digits", image=12)
    how = {"training": QUICK | {"batch": 480, "average": 0.9, "freeze": "blocks.0"}}
    whole = finetune(model, data, **how)
    half = finetuning(model, data, started_from="a_model --heads 2", **how)
    for batch in half.epoch():
        half.train_batch(batch)
    half.finish_epoch()
    save_run(half, tmp_path)
    again = load_run(tmp_path)
    assert again.config.started_from == "a_model --heads 2"
    train(again.config, again.data, training=again)
    assert np.array_equal(again.model.parameters.flat, whole.model.parameters.flat)
    assert again.state.history == whole.state.history
    text = (tmp_path / "recipe.toml").read_text()
    line = "# minivit finetune a_model --heads 2 --recipe THIS_FILE --image-size 12x12"
    assert f"{line} --method google\n" in text
    assert load_recipe(tmp_path).training["freeze"] == "blocks.0"


def test_what_cannot_be_is_told():
    model = learnt()
    with pytest.raises(InputError, match="freeze blocks is 3 and the model has 2 blocks"):
        first_blocks(model.config, 3)
    with pytest.raises(InputError, match="freeze blocks is 0"):
        first_blocks(model.config, 0)
    with pytest.raises(InputError, match="no blocks: freeze it by its places, such as root,stages"):
        first_blocks(variant("resnet-28"), 1)
    with pytest.raises(InputError, match="no blocks: freeze it by its places, such as embed, by"):
        first_blocks(variant("digits", depth=0), 1)
    with pytest.raises(InputError, match="image is 9x9 and patch side is 2"):
        finetuning(model, load_dataset("digits", image=9))
    with pytest.raises(InputError, match="'google' takes square grids alone"):
        finetuning(model, load_dataset("digits", image=(8, 12)))
    two = ViT(variant("digits", channels=2, **SIZES), seed=0)
    with pytest.raises(InputError, match="coloured ones"):
        finetuning(two, small_data())
    with pytest.raises(InputError, match="nothing is left to learn"):
        finetuning(model, small_data(), training={"freeze": "embed,blocks,norm,head"})
