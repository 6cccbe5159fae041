import json
from pathlib import Path

import numpy as np
import pytest
from data_files import write_pictures
from PIL import Image
from safetensors.numpy import save_file

import minivit
from minivit import ViT, ViTConfig, load_dataset
from minivit.checking import targets
from minivit.checkpoints.foreign.table import written
from minivit.checkpoints.foreign.timm import TIMM
from minivit.cli.main import main


@pytest.fixture
def theirs(tmp_path, monkeypatch):
    """A file of timm's, without a config.json beside it."""
    monkeypatch.setenv("MINIVIT_BACKEND", "numpy")
    model = ViT(ViTConfig((6, 6), 3, (2, 2), 8, 1, 2, 12, 3))
    model.parameters.flat[:] = np.random.default_rng(0).standard_normal(model.layout.size)
    path = tmp_path / "theirs.safetensors"
    save_file(written(TIMM.table, model.config, model.parameters), path)
    Image.effect_noise((20, 10), 90).convert("RGB").save(tmp_path / "noise.png")
    return path


def test_export_says_what_it_wrote_and_how_to_read_it(theirs, tmp_path, capsys):
    out = tmp_path / "for-others"
    command = ["export", str(theirs), "--heads", "2", "--to", "hf", "--out", str(out)]
    assert main(command) == 0
    streams = capsys.readouterr()
    assert "ViTForImageClassification.from_pretrained" in streams.out
    assert "squashes it" in streams.err
    assert "middle part" not in streams.out
    assert {path.name for path in out.iterdir()} == {
        "config.json", "preprocessor_config.json", "model.safetensors"
    }  # fmt: skip
    assert minivit.load(out).config.heads == 2
    assert main(command) == 2
    assert "not empty" in capsys.readouterr().err
    assert main([*command[:4], "--to", "google"]) == 2
    assert "gelu is erf" in capsys.readouterr().err


def test_predict_info_and_gradcheck_work_on_it(theirs, tmp_path, capsys, monkeypatch):
    assert main(["info", str(theirs)]) == 2
    assert "--heads" in capsys.readouterr().err
    assert main(["info", str(theirs), "--heads", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["config"]["heads"] == 2 and told["foreign"]["layout"] == "timm's"
    picture = str(tmp_path / "noise.png")
    assert main(["predict", str(theirs), picture, "--heads", "2"]) == 0
    assert "middle 90% resized to 6x6" in capsys.readouterr().out
    monkeypatch.setattr(targets, "LARGE", 100)
    assert main(["gradcheck", str(theirs), "--heads", "2"]) == 0
    streams = capsys.readouterr()
    assert "forward passes in float64, about 1 min" in streams.err
    assert "On 1 random image." in streams.out and "along 1 random direction" in streams.out


def test_a_head_of_zeros_is_said_once(theirs, tmp_path, capsys):
    model = minivit.load(theirs, heads=2)
    model.parameters["head.w"][:] = 0
    minivit.export(model, "timm", tmp_path / "zero")
    assert main(["predict", str(tmp_path / "zero"), str(tmp_path / "noise.png")]) == 0
    assert capsys.readouterr().err.count("all 0") == 1


def test_assumed_names_are_said_once(tmp_path, capsys):
    model = ViT(ViTConfig((6, 6), 3, (2, 2), 8, 1, 2, 12, 1000), zero_head=False)
    path = tmp_path / "theirs.safetensors"
    save_file(written(TIMM.table, model.config, model.parameters), path)
    Image.effect_noise((20, 10), 90).convert("RGB").save(tmp_path / "noise.png")
    picture = str(tmp_path / "noise.png")
    assert main(["predict", str(path), picture, picture, "--heads", "2"]) == 0
    said = capsys.readouterr().err
    assert said.count("ImageNet's, as no file tells them") == 1


def test_it_is_measured_fine_tuned_and_probed(theirs, tmp_path, capsys):
    write_pictures(tmp_path / "colours", each=4)
    export = ["export", str(theirs), "--heads", "2", "--to", "timm", "--out"]
    assert main([*export, str(tmp_path / "timm")]) == 0
    told = tmp_path / "timm" / "config.json"
    config = json.loads(told.read_text())
    config["label_names"] = ["blue", "green", "red"]
    config["pretrained_cfg"]["mean"] = [0.4, 0.5, 0.6]
    told.write_text(json.dumps(config))
    model, data = str(tmp_path / "timm"), ["--data", str(tmp_path / "colours")]
    capsys.readouterr()
    assert main(["evaluate", model, *data, "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    pictures = load_dataset(tmp_path / "colours").test.images
    assert main(["predict", model, *(str(tmp_path / "colours" / n) for n in pictures.names),
                 "--top", "1", "--json"]) == 0  # fmt: skip
    answers = json.loads(capsys.readouterr().out)
    right = [a["classes"][0]["name"] == Path(a["file"]).parent.name for a in answers]
    assert measured["accuracy"] == np.mean(right)
    out = tmp_path / "run"
    quick = ["--image-size", "8", "--method", "timm", "--epochs", "1", "--out", str(out)]
    assert main(["finetune", model, *data, *quick]) == 0
    assert "3x3 patches become 4x4; positions are interpolated as timm" in capsys.readouterr().out
    preprocessing = minivit.load(out).preprocessing
    assert preprocessing["interpolation"] == "bicubic" and preprocessing["low"][0] < -0.5
    assert main(["train", "--resume", str(out)]) == 0
    assert main(["probe", str(theirs), "--heads", "2", *data]) == 0
