"""`minivit probe`, as it is typed."""

import json

import pytest

from minivit import ViT, load_dataset, save, variant
from minivit.cli.main import main


@pytest.fixture(autouse=True)
def on_numpy(monkeypatch):
    monkeypatch.setenv("MINIVIT_BACKEND", "numpy")


@pytest.fixture
def model(tmp_path):
    """One for grey images of 8 pixels, as it begins."""
    fresh = ViT(variant("digits", width=16, depth=1, heads=2, mlp=16), seed=0)
    fresh.preprocessing = load_dataset("digits").preprocessing
    save(fresh, tmp_path / "model.safetensors")
    return str(tmp_path / "model.safetensors")


def test_without_a_word_it_is_a_test_over_all_that_is_at_hand(model, capsys):
    assert main(["probe", model, "--shots", "2", "--draws", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "16 features (cls) of images of 8x8 pixels, from 2 images of each class" in lines[0]
    rows = [line.split() for line in lines[2:]]
    assert [row[0] for row in rows] == ["data", "digits", "fashion-small", "shapes", "mean"]
    assert [row[1:3] for row in rows[1:4]] == [["10", "20"], ["10", "20"], ["8", "16"]]
    shares = [float(row[3].rstrip("%")) for row in rows[1:4]]
    assert abs(sum(shares) / 3 - float(rows[4][1].rstrip("%"))) < 0.11


def test_programs_get_a_line_for_each(model, capsys):
    assert main(["probe", model, "--data", "digits", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["images"] == 1437 and found["draws"] == 1 and found["test_images"] == 360
    assert found["least"] == found["accuracy"] == found["most"] > 0.3
    assert main(["probe", model, "--data", "digits", "--json", "--regulariser", "7"]) == 0
    assert json.loads(capsys.readouterr().out)["regularisers"] == [7.0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--shots", "500", "--data", "digits"], "the smallest class has"),
        (["--shots", "0"], "'0': expected a whole number from 1"),
        (["--draws", "3"], "--draws draws the images of --shots"),
        (["--regulariser", "-1", "--data", "digits"], "regulariser is -1.0: expected"),
        (["--data", "digit"], "the nearest is digits"),
        (["--averaged"], "holds no averaged weights"),
    ],
)
def test_bad_input_is_a_sentence(model, capsys, arguments, sentence):
    try:
        assert main(["probe", model, *arguments]) == 2
    except SystemExit as stopped:
        assert stopped.code == 2
    error = capsys.readouterr().err
    assert sentence in error and "Traceback" not in error


def test_what_is_no_checkpoint_is_refused(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("years of work " * 10)
    for given in (tmp_path / "notes.txt", tmp_path, tmp_path / "nowhere"):
        assert main(["probe", str(given)]) == 2
        assert capsys.readouterr().err.startswith(f"minivit: {given} ")
