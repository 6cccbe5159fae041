"""`minivit predict`: files, folders, JSON, and bad files that stop no others."""

import io
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from minivit import ViT, load_dataset, save, variant
from minivit.cli.main import main


@pytest.fixture
def run(tmp_path):
    model = ViT(variant("digits"), seed=3, zero_head=False)
    model.preprocessing = load_dataset("digits").preprocessing
    model.class_names = ["zero", *"123456789"]
    (tmp_path / "run").mkdir()
    save(model, tmp_path / "run" / "checkpoint.safetensors")
    return str(tmp_path / "run")


@pytest.fixture
def folder(tmp_path):
    """Two pictures, a hidden one, and a file that is none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("b.png", "a.jpg", ".hidden.png"):
        picture = Image.new("L", (40, 60), 255)
        ImageDraw.Draw(picture).line([(20, 5), (20, 55)], fill=0, width=6)
        picture.save(folder / name)
    (folder / "notes.txt").write_text("not a picture")
    return folder


def test_one_picture(run, folder, capsys):
    assert main(["predict", run, str(folder / "b.png")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(folder / "b.png")
    shares = [float(line.split()[1].rstrip("%")) for line in lines[1:4]]
    assert shares == sorted(shares, reverse=True)
    done = " ".join(lines[4:])
    for words in ("40x60 pixels", "inverted", "8x8", "black is -1 and white is 1"):
        assert words in done


def test_json_of_a_folder(run, folder, capsys):
    assert main(["predict", run, str(folder), "--json", "--top", "99"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [entry["file"] for entry in found] == [str(folder / "a.jpg"), str(folder / "b.png")]
    for entry in found:
        assert list(entry) == ["file", "classes", "preprocessing"]
        assert {c["name"] for c in entry["classes"]} == {"zero", *"123456789"}
        assert sum(c["probability"] for c in entry["classes"]) == pytest.approx(1, abs=1e-5)


def test_top(run, folder, capsys):
    assert main(["predict", run, str(folder / "b.png"), "--json", "--top", "2"]) == 0
    assert len(json.loads(capsys.readouterr().out)[0]["classes"]) == 2


def test_a_bad_file_stops_no_other(run, folder, capsys):
    (folder / "aa.png").write_bytes(b"")
    (folder / "c.png").write_bytes((folder / "b.png").read_bytes()[:60])
    assert main(["predict", run, str(folder), str(folder / "none.png"), "--json"]) == 1
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    names = [entry["file"].rpartition("/")[2] for entry in found]
    assert names == ["a.jpg", "aa.png", "b.png", "c.png", "none.png"]
    assert [entry["classes"] is None for entry in found] == [False, True, False, True, True]
    assert f"minivit: {found[1]['reason']}" == captured.err.splitlines()[0]
    errors = captured.err.splitlines()
    assert len(errors) == 3 and all(line.startswith("minivit: ") for line in errors)
    for line, words in zip(
        errors, ("aa.png is empty", "c.png can't be read", "none.png does not"), strict=True
    ):
        assert words in line


@pytest.mark.parametrize("name", ["none.png", "notes.txt", "empty"])
def test_nothing_predicted(name, run, folder, capsys):
    (folder / "empty").mkdir()
    assert main(["predict", run, str(folder / name)]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and name in captured.err and captured.err.count("\n") == 1


def test_nothing_predicted_is_null_in_json(run, folder, capsys):
    missing = str(folder / "none.png")
    assert main(["predict", run, missing, "--json"]) == 2
    reason = f"{missing} does not exist: give a picture, e.g. a PNG or JPEG file"
    assert json.loads(capsys.readouterr().out) == [
        {"file": missing, "classes": None, "reason": reason}
    ]


def test_a_picture_with_nothing_to_read(run, folder, capsys):
    Image.new("L", (40, 60), 255).save(folder / "blank.png")
    blank = str(folder / "blank.png")
    assert main(["predict", run, blank]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and f"{blank}: there is nothing to read" in captured.err
    assert main(["predict", run, blank, str(folder / "b.png"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found[0]["classes"] is None and "nothing to read" in found[0]["reason"]
    assert len(found[1]["classes"]) == 3


def test_standard_input(run, folder, monkeypatch, capsys):
    content = io.BytesIO((folder / "b.png").read_bytes())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(content))
    assert main(["predict", run, "-", "--json"]) == 0
    assert [entry["file"] for entry in json.loads(capsys.readouterr().out)] == ["-"]


def test_an_empty_name_is_not_the_current_folder(run, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert main(["predict", run, ""]) == 2
    assert '"" is no name of a picture' in capsys.readouterr().err
    assert main(["predict", "", "b.png"]) == 2
    assert '"" is no name of a checkpoint' in capsys.readouterr().err


def test_patterns_are_spelled_out_where_the_shell_left_them(run, folder, capsys):
    (folder / "[b].png").write_bytes((folder / "b.png").read_bytes())
    expected = [str(folder / "[b].png"), str(folder / "b.png")]  # no hidden one, as in a shell
    assert main(["predict", run, str(folder / "*.png"), "--json"]) == 0
    assert [entry["file"] for entry in json.loads(capsys.readouterr().out)] == expected
    for given in ("[b].png", "?.png"):  # the first is a file's name, although it looks like b.png's
        assert main(["predict", run, str(folder / given), "--json"]) == 0
        (entry,) = json.loads(capsys.readouterr().out)
        assert entry["file"] == str(folder / given.replace("?", "b"))


def test_a_pattern_that_fits_nothing_is_no_file(run, folder, capsys):
    assert main(["predict", run, str(folder / "*.tiff")]) == 2
    assert "*.tiff" in capsys.readouterr().err


def test_names_stay_on_their_line(run, folder, capsys):
    (folder / "b.png").rename(folder / "b\n\x1b[2J.png")
    assert main(["predict", run, str(folder)]) == 0
    assert "b\\n\\x1b[2J.png\n" in capsys.readouterr().out


def test_a_model_that_does_not_know_its_input(tmp_path, folder, capsys):
    save(ViT(variant("digits")), tmp_path / "m.safetensors")
    assert main(["predict", str(tmp_path / "m.safetensors"), str(folder)]) == 2
    error = capsys.readouterr().err
    assert "does not say how a picture becomes its input" in error and error.count("\n") == 1


def test_pictures_that_are_taken_as_they_are(tmp_path, capsys):
    config = variant("Ti/16", image=(32, 48), depth=1, classes=3)
    model = ViT(config, zero_head=False)
    sizes = {"height": 32, "width": 48, "channels": 3}
    model.preprocessing = {**sizes, "low": -1.0, "high": 1.0, "ink": "any"}
    save(model, tmp_path / "m.safetensors")
    noise = np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    command = ["predict", str(tmp_path / "m.safetensors"), str(tmp_path / "noise.png")]
    assert main(command) == 0
    assert "not inverted" in capsys.readouterr().out


def test_an_answer_that_overflows(tmp_path, folder, capsys):
    model = ViT(variant("digits"), seed=3, zero_head=False)
    model.preprocessing = load_dataset("digits").preprocessing
    model.parameters.flat[:] *= np.float32(1e30)
    save(model, tmp_path / "m.safetensors")
    assert main(["predict", str(tmp_path / "m.safetensors"), str(folder / "b.png")]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "overflows" in captured.err
