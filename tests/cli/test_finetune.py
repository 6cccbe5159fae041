"""`minivit finetune`, as it is typed."""

import numpy as np
import pytest
from data_files import write_pictures

from minivit.checkpoints import load, read_header, resize_positions
from minivit.cli.main import main
from minivit.training import held

SMALL = ["--width", "16", "--depth", "2", "--heads", "2", "--mlp", "16", "--batch", "120"]


@pytest.fixture(autouse=True)
def on_numpy(monkeypatch):
    monkeypatch.setenv("MINIVIT_BACKEND", "numpy")


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A run of the digits at 8 pixels, in patches of 2."""
    folder = tmp_path_factory.mktemp("learnt") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINIVIT_BACKEND", "numpy")
        assert main(["train", "--epochs", "1", "--quiet", "--out", str(folder), *SMALL]) == 0
    return folder


def run(*arguments, code=0):
    assert main(["finetune", *map(str, arguments)]) == code


def test_a_run_says_what_it_begins_with_and_leaves_its_files(learnt, tmp_path, capsys):
    out = tmp_path / "run"
    run(learnt, "--data", "digits", "--image-size", 12, "--epochs", 1, "--batch", 120, "--out", out)
    said = capsys.readouterr().out
    assert f"begins with {learnt}: 4x4 patches become 6x6; positions are interpolated as g" in said
    assert "a new head for 10 classes takes the place of that for 10\n" in said
    assert "images of 8x8 pixels: resized to 12x12" in said and "optimiser sgd" in said
    names = {"checkpoint.safetensors", "history.csv", "places.csv", "timing.csv", "attention.png",
             "curve.png", "recipe.toml"}  # fmt: skip
    assert {entry.name for entry in out.iterdir()} == names
    assert load(out).config.image == (12, 12)
    accuracy = said.partition("Test accuracy after the last epoch: ")[2].split()[0]
    assert main(["evaluate", str(out)]) == 0
    assert f"accuracy  {accuracy} " in capsys.readouterr().out
    assert main(["predict", str(out), str(out / "attention.png")]) == 0
    before = (out / "checkpoint.safetensors").read_bytes()
    assert main(["train", "--resume", str(out)]) == 0
    assert (out / "checkpoint.safetensors").read_bytes() == before


def test_its_recipe_begins_the_same_anew(learnt, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    run(learnt, "--data", "digits", "--image-size", 12, "--method", "timm", "--epochs", 1,
        "--batch", 240, "--freeze-blocks", 1, "--quiet", "--out", one)  # fmt: skip
    words = (one / "recipe.toml").read_text().splitlines()[1].split()
    assert words[1:3] == ["minivit", "finetune"]
    typed = [str(one) if word == "THIS_FILE" else word for word in words[3:]]
    run(*typed, "--quiet", "--out", two)
    assert np.array_equal(load(one).parameters.flat, load(two).parameters.flat)
    for block, is_kept in ((0, True), (1, False)):
        name = f"blocks.{block}.mlp.w1"
        kept = np.array_equal(load(one).parameters[name], load(learnt).parameters[name])
        assert kept is is_kept


def test_what_was_typed_of_the_checkpoint_is_in_the_command_and_train_refuses_it(
    learnt, tmp_path, capsys
):
    assert main(["export", str(learnt), "--to", "timm", "--out", str(tmp_path / "theirs")]) == 0
    for entry in (tmp_path / "theirs").glob("*.json"):
        entry.unlink()
    options = ("--heads", 2, "--pool", "cls")
    out = tmp_path / "run"
    run(tmp_path / "theirs", *options, "--data", "digits", "--epochs", 0, "--quiet", "--out", out)
    command = (out / "recipe.toml").read_text().splitlines()[1]
    assert f"minivit finetune {tmp_path / 'theirs'} --heads 2 --pool cls --recipe" in command
    capsys.readouterr()
    assert main(["train", "--recipe", str(out), "--out", str(tmp_path / "anew")]) == 2
    assert "minivit finetune CHECKPOINT --recipe" in capsys.readouterr().err
    assert not (tmp_path / "anew").exists()


def test_with_the_head_alone_all_else_is_kept(learnt, tmp_path, capsys):
    run(learnt, "--data", "digits", "--image-size", 12, "--head-only", "--epochs", 1, "--batch",
        240, "--out", tmp_path)  # fmt: skip
    assert "; 170 parameters learn\n" in capsys.readouterr().out
    old, new = load(learnt).parameters, load(tmp_path).parameters
    assert np.array_equal(new["blocks.1.mlp.w2"], old["blocks.1.mlp.w2"]) and new["head.w"].any()
    table = resize_positions(old["embed.positions"], (4, 4), (6, 6))
    assert np.array_equal(new["embed.positions"], table)


def test_pictures_of_a_folder_become_grey_and_of_the_models_size(learnt, tmp_path, capsys):
    write_pictures(tmp_path / "pets")
    run(learnt, "--data", tmp_path / "pets", "--epochs", 1, "--out", tmp_path / "run")
    model = load(tmp_path / "run")
    assert model.class_names == ["blue", "green", "red"] and model.config.image == (8, 8)
    assert "4x4 patches, as before" in capsys.readouterr().out
    assert read_header(tmp_path / "run")["training"]["recipe"]["started_from"] == str(learnt)
    picture = next((tmp_path / "pets").rglob("*.png"))
    assert main(["predict", str(tmp_path / "run"), str(picture)]) == 0
    assert main(["evaluate", str(tmp_path / "run")]) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data", "digits", "--image-size", 9], "image is 9x9 and patch side is 2"),
        (["--data", "digits", "--image-size", "8x12"], "choose 'timm' or 'timm-npz' or 'hugg"),
        (["--data", "digits", "--method", "pil"], "positions is 'pil': choose 'google' or"),
        ([], "say with --data what to learn"),
        (["--data", "digit"], "the nearest is digits"),
        (["--data", "digits", "--freeze-blocks", 3], "the model has 2 blocks"),
        (["--data", "digits", "--head-only", "--freeze", "embed"], "--head-only and --freeze both"),
        (["--data", "digits", "--optimiser", "adamw", "--momentum", 0.8], "has no such option"),
        (["--data", "digits", "--time", "1s", "--epochs", 2], "--epochs can't be given with it"),
        (["--data", "digits", "--width", 32], "finetune has no option --width"),
    ],
)
def test_bad_input_is_a_sentence_and_leaves_nothing(
    learnt, tmp_path, capsys, monkeypatch, arguments, sentence
):
    monkeypatch.chdir(tmp_path)
    run(learnt, *arguments, code=2)
    error = capsys.readouterr().err
    assert error.startswith("minivit: ") and sentence in error and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_checkpoint_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("years of work " * 10)
    (tmp_path / "empty").mkdir()
    begins = {"notes.txt": "notes.txt ", "empty": "empty ", "nowhere": "nowhere ",
              "": '"" is no name'}  # fmt: skip
    for given, sentence in begins.items():
        run(given, "--data", "digits", code=2)
        assert f"minivit: {sentence}" in capsys.readouterr().err
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["empty", "notes.txt"]


def test_a_run_is_overwritten_only_when_asked_and_never_one_in_use(learnt, tmp_path, capsys):
    arguments = (learnt, "--data", "digits", "--epochs", 0, "--quiet", "--out", tmp_path)
    run(*arguments)
    run(*arguments, code=2)
    assert "overwrite the run in it with --force" in capsys.readouterr().err
    run(*arguments, "--force")
    with held(tmp_path):
        run(*arguments, "--force", code=2)


def test_another_head_is_pointed_to(learnt, tmp_path, capsys):
    """Data with other classes than the model's head."""
    assert main(["evaluate", str(learnt), "--data", "fashion-small"]) == 2
    error = capsys.readouterr().err
    assert f"or teach it these: minivit finetune {learnt} --data fashion-small" in error
    write_pictures(tmp_path / "pets")
    assert main(["train", "--resume", str(learnt), "--data", str(tmp_path / "pets")]) == 2
    assert "`minivit finetune` goes on with others" in capsys.readouterr().err
