"""The whole way in small: learn clothes at 28 pixels, go on with digits at 42, in the same patches.

Against the same training from parameters that were drawn: as many steps of the same model on the
same images, which is as much time. (The README's figures come from the commands, not from here.)
"""

import numpy as np
from small_training import recipe

from minivit import ViT, ViTConfig, finetune, load, load_dataset, probe, save, train
from minivit.data import Dataset

MODEL = ViTConfig((28, 28), 1, 7, 32, 2, 2, 64, 10)
STEPS = {"epochs": 4, "batch": 20, "warmup_epochs": 0.5}


def some(data: Dataset, train: int, test: int) -> Dataset:
    """So many images of each side, drawn by chance but always the same."""
    parts = []
    for split, count in ((data.train, train), (data.test, test)):
        chosen = np.random.default_rng(0).permutation(len(split.labels))[:count]
        parts.append(split._replace(images=split.images[chosen], labels=split.labels[chosen]))
    return data._replace(train=parts[0], test=parts[1])


def test_what_was_learnt_of_clothes_helps_with_digits_at_a_higher_resolution(tmp_path):
    clothes = some(load_dataset("fashion-small"), 2000, 200)
    digits = some(load_dataset("digits", image=42), 200, 200)
    learnt = train(recipe(model=MODEL, epochs=6, batch=50, position_std=None), clothes)
    save(learnt.model, tmp_path / "clothes.safetensors")
    model = load(tmp_path / "clothes.safetensors")

    tuned = finetune(model, digits, training=STEPS)
    scratch = finetune(ViT(MODEL, seed=0), digits, training=STEPS)
    assert tuned.config == scratch.config and tuned.config.model.grid == (6, 6)
    after, before = (t.state.history[-1]["test_accuracy"] for t in (tuned, scratch))
    assert after > before + 0.1, (after, before)

    of_clothes, of_chance = (probe(m, clothes, shots=5) for m in (model, ViT(MODEL, seed=0)))
    assert of_clothes.accuracy > of_chance.accuracy + 0.1
