"""Images of any sides and any number of channels, from training to the picture of attention."""

import json

import numpy as np
import pytest
from PIL import Image

from minivit import TrainingConfig, ViTConfig, load, save, train
from minivit.checking.targets import check_on_noise
from minivit.cli.main import main
from minivit.data import Dataset, Split
from minivit.figures import attention_picture
from minivit.inspection import cls_attention
from minivit.training import Training, load_run, save_run

PATCHES = [{"patch": (4, 2)}, {"patch": (4, 5), "stride": (2, 3)}]  # grids of 3 x 10 and 5 x 6


def own_data(channels: int) -> Dataset:
    """Images of 12 x 20, bright above or bright on the left."""
    rng = np.random.default_rng(channels)
    images, labels = rng.uniform(-1, 0, (60, 12, 20, channels)), np.arange(60) % 2
    images[labels == 0, :6] += 1
    images[labels == 1, :, :10] += 1
    parts = Split(images[:40], labels[:40]), Split(images[40:], labels[40:])
    return Dataset("stripes", ["above", "left"], {}, *parts)


def own_model(channels: int, **changes) -> ViTConfig:
    return ViTConfig((12, 20), channels, width=12, depth=2, heads=3, mlp=8, classes=2, **changes)


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("changes", PATCHES)
def test_train_save_load_look(tmp_path, channels, changes):
    data, model = own_data(channels), own_model(channels, **changes)
    recipe = TrainingConfig(model=model, epochs=4, batch=10, learning_rate=1e-2, warmup_epochs=0)
    training = train(recipe, data)
    history = training.state.history
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    save(training.model, tmp_path / "m.safetensors")
    again, images = load(tmp_path / "m.safetensors"), data.test.images
    assert again.config == model
    logits = training.model.logits(images)
    assert np.array_equal(again.logits(images), logits)
    rows, columns = again.config.grid
    assert cls_attention(again, images[:2]).shape == (2, 2, 3, rows, columns)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    attention_picture(again, images, data.test.labels, probabilities, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width == 1800
    save_run(training, tmp_path)
    assert np.array_equal(load_run(tmp_path, data).model.parameters.flat,
                          training.model.parameters.flat)  # fmt: skip


@pytest.mark.parametrize("changes", PATCHES)
def test_a_run_goes_on_to_the_same_bits(tmp_path, changes):
    def recipe():
        return TrainingConfig(model=own_model(3, **changes), epochs=2, batch=10)

    data = own_data(3)
    whole, half = train(recipe(), data), Training(recipe(), data)
    for batch in half.epoch():
        half.train_batch(batch)
    half.finish_epoch()
    save_run(half, tmp_path)
    rest = train(recipe(), data, training=load_run(tmp_path, data))
    assert np.array_equal(rest.model.parameters.flat, whole.model.parameters.flat)


@pytest.mark.parametrize("changes", PATCHES)
def test_info_and_gradients(tmp_path, capsys, changes):
    training = Training(TrainingConfig(model=own_model(5, **changes)), own_data(5))
    save(training.model, tmp_path / "m.safetensors")
    assert main(["info", str(tmp_path / "m.safetensors"), "--json"]) == 0
    stages = json.loads(capsys.readouterr().out)["stages"]
    (P, Q), (rows, columns) = changes["patch"], training.model.config.grid
    assert stages[0]["shape"] == ["B", rows * columns, P * Q * 5]
    assert check_on_noise(training.model).ok


@pytest.mark.parametrize(
    ("options", "patches"), [(["--patch", "4x2"], 8), (["--patch", "4x2", "--stride", "2x1"], 21)]
)
def test_on_the_command_line(tmp_path, monkeypatch, capsys, options, patches):
    """Digits are 8 x 8."""
    monkeypatch.setenv("MINIVIT_BACKEND", "numpy")
    small = ["--width", "16", "--depth", "1", "--heads", "2", "--mlp", "16", "--batch", "200"]
    out = str(tmp_path / "run")
    assert main(["train", "--epochs", "1", "--out", out, *small, *options]) == 0
    assert f"{patches} patches of 4x2" in capsys.readouterr().out
    assert (tmp_path / "run" / "attention.png").exists()
    Image.fromarray(np.full((30, 30), 255, np.uint8)).save(tmp_path / "blank.png")
    Image.fromarray(np.tri(30, dtype=np.uint8) * 255).save(tmp_path / "half.png")
    assert main(["predict", out, str(tmp_path / "half.png")]) == 0
    assert main(["gradcheck", out]) == 0
    assert main(["gradcheck", "digits", "--depth", "1", *options]) == 0
    assert main(["info", "digits", *options]) == 0
    assert f"(N = {patches})" in capsys.readouterr().out
