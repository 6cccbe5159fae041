"""`minivit look`: figures of a run, of pictures, of several runs; and bad input."""

import io

import numpy as np
import pytest
from looked_at import build
from PIL import Image, ImageDraw

import minivit
from minivit import ViT, load_dataset, save, variant
from minivit.checkpoints import export
from minivit.cli import subjects
from minivit.cli.main import main
from minivit.figures import saving
from minivit.figures.views import VIEWS

pytest.importorskip("matplotlib")


@pytest.fixture
def runs(on_numpy, tmp_path):
    """A run "a" of the digits, a run "b" with other positions, and pictures, in this folder."""
    for name, changes in (("a", {}), ("b", {"positions": "sincos", "pool": "mean"})):
        model = ViT(variant("digits", depth=1, **changes), seed=3, zero_head=False)
        model.preprocessing = load_dataset("digits").preprocessing
        model.class_names = list("0123456789")
        (tmp_path / name).mkdir()
        save(model, tmp_path / name / "checkpoint.safetensors")
    (tmp_path / "pictures").mkdir()
    for i in range(3):
        picture = Image.new("L", (40, 60), 255)
        ImageDraw.Draw(picture).line([(10 + 8 * i, 5), (20, 55)], fill=0, width=6)
        picture.save(tmp_path / "pictures" / f"{i}$x_.png")
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def look(*arguments, code=0):
    assert main(["look", *map(str, arguments)]) == code


def all_files(folder):
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def test_a_run_is_drawn_into_its_folder_again_and_again(runs, capsys):
    look("a")
    said = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in said] == [f"a/look/{name}.png" for name in VIEWS]
    for name in VIEWS:
        with Image.open(runs / "a" / "look" / f"{name}.png") as picture:
            assert picture.format == "PNG"
    before = all_files(runs / "a" / "look")
    look("a/checkpoint.safetensors", "--only", "heads", "--out", "a/look")
    assert all_files(runs / "a" / "look") == before  # the same bytes


def test_pictures_of_a_folder_options_in_any_order_and_svg(runs, capsys):
    look("a", "--svg", "--only", "rollout,lens", "pictures", "--out", "new/here")
    assert capsys.readouterr().out.startswith("new/here/rollout.svg  attention through all")
    drawn = sorted(path.name for path in (runs / "new" / "here").iterdir())
    assert drawn == ["lens.svg", "rollout.svg"]
    text = (runs / "new" / "here" / "rollout.svg").read_text()
    assert "minivit look" in text and "2$x" in text  # the third picture's name, as it is


def test_standard_input_is_a_picture(runs, monkeypatch, capsys):
    content = io.BytesIO((runs / "pictures" / "1$x_.png").read_bytes())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(content))
    look("a", "-", "--only", "heads")
    assert (runs / "a" / "look" / "heads.png").exists()


def test_several_runs_stand_beside_each_other(runs, capsys):
    look("a", "--against", "b", "--against", "a", "--only", "positions,distances", "--svg")
    text = (runs / "a" / "look" / "positions.svg").read_text()
    assert "<!-- a" in text and "<!-- b" in text and "sincos" in text


def test_what_can_not_be_drawn_is_said_and_the_rest_is_drawn(runs, capsys):
    """Somebody else's checkpoint knows no test images; and these positions are none."""
    model = build(channels=3, gelu="erf", qkv_bias=False)
    export(model, "timm", runs / "foreign")
    look("foreign")
    said = capsys.readouterr().out
    assert "look/model.png  " in said and "look/positions.png  " in said
    for name in ("distances", "heads", "rollout", "lens", "why"):
        assert f"no {name}: no test images are at hand: it does not tell which data" in said
    assert sorted(path.name for path in (runs / "look").iterdir()) == ["model.png", "positions.png"]
    assert not (runs / "foreign" / "look").exists()  # it is no run's folder
    look("a", "--against", "foreign", "--only", "positions,why")
    save(ViT(variant("digits", positions="relative", depth=1)), runs / "relative.safetensors")
    look("relative.safetensors")
    assert "no positions: positions are relative: no vec" in capsys.readouterr().out


def test_a_resnet_is_looked_at_too(runs, capsys):
    config = minivit.ResNetConfig((8, 8), 1, 10, root=4, root_side=3, root_pool=False, groups=2)
    model = minivit.ResNet(config, seed=3, zero_head=False)
    model.preprocessing = load_dataset("digits").preprocessing
    (runs / "r").mkdir()
    save(model, runs / "r" / "checkpoint.safetensors")
    look("r", "--svg")
    drawn, left_out = [], []
    for line in capsys.readouterr().out.splitlines():
        (left_out if line.startswith("no ") else drawn).append(line.split("  ")[0])
    assert drawn == [f"r/look/{name}.svg" for name in ("model", "maps", "why")]
    assert "no heads: this needs attention, and the model is a ResNet, which has none" in left_out
    assert len(drawn) + len(left_out) == len(VIEWS)
    look("r", "--only", "why,rollout", code=2)
    assert "rollout can't be drawn: this needs attention" in capsys.readouterr().err


def test_of_many_pictures_some_are_shown_and_more_are_measured(runs, monkeypatch):
    monkeypatch.setattr(subjects, "SHOWN", 2)
    model = minivit.load("a")
    found = subjects.pictures_for(model, ["pictures"])
    assert found.names == ["0$x_.png", "1$x_.png"] and found.labels is None
    assert found.shown.shape == (2, 8, 8, 1) and found.measured.shape == (3, 8, 8, 1)


def test_test_images_are_some_that_are_read_right_and_the_surest_mistakes(runs):
    model = minivit.load("a")
    found = subjects.pictures_for(model, [])
    images, labels = load_dataset("digits").test
    numbers = [int(name.removeprefix("test image ")) for name in found.names]
    assert np.array_equal(images[numbers], found.shown)
    assert np.array_equal(labels[numbers], found.labels)
    right = model.logits(found.shown).argmax(axis=1) == found.labels
    assert len(set(numbers)) == len(numbers) <= 12 and 0 < right.sum() < len(numbers)
    assert found.measured.shape == (128, 8, 8, 1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["pictures"], "pictures has no checkpoint"),
        (["a", "notes.txt"], "notes.txt"),
        (["a", "pictures", "none.png"], "none.png does not exist"),
        (["a", ""], '"" is no name of a picture'),
        (["a", "--target", "ten"], "the model has no class 'ten'; it knows 0, 1, 2"),
        (["a", "--only", "roll-out"], "expected model or positions or"),
        (["a", "--only", ""], "expected model or positions or"),
        (["a", "--fill", "grey"], "'grey': expected black or white or mean"),
        (["a", "--block", "1"], "--block is 1: the model has blocks from 0 to 0"),
        (["a", "--block", "-1"], "'-1': expected a whole number from 0"),
        (["a", "--start-block", "3"], "--start-block is 3: the model has blocks from 0 to 0"),
        (["a", "--fuse", "sum"], "'sum': expected mean or max or min"),
        (["a", "--discard", "1"], "'1': expected a part from 0 to below 1"),
        (["a", "--discard", "most"], "'most': expected a part from 0 to below 1"),
        (["a", "--discard", "nan"], "'nan': expected a part from 0 to below 1"),
        (["a", "--against", "nowhere"], "nowhere does not exist"),
        (["a", "--against", "relative", "--only", "heads,positions"],
         "positions can't be drawn: of relative, positions are relative"),
        (["b"], "b/look is a file: choose a folder by --out"),
        (["a", "--out", "notes.txt"], '"notes.txt" is no folder'),
        (["a", "--out", ""], '"" is no folder'),
        (["a", "--out", "others"], "heads.png exists, and `minivit look` has not drawn it"),
        (["a", "--out", "folders"], "why.png is a folder: choose another --out"),
        (["own"], "overflow"),
        (["foreign", "--only", "why"],
         "why can't be drawn: no test images are at hand"),
        (["a", "--against", "foreign", "--only", "distances"],
         "distances can't be drawn: of foreign, no test images are at hand"),
        (["a", "--heads", "4"], "heads"),
        (["a", "--thing"], "look has no option --thing"),
    ],
)  # fmt: skip
def test_bad_input_is_a_sentence_and_leaves_all_as_it_was(runs, capsys, arguments, sentence):
    (runs / "b" / "look").write_text("mine")
    (runs / "others").mkdir()
    Image.new("RGB", (5, 5)).save(runs / "others" / "heads.png")
    (runs / "folders" / "why.png").mkdir(parents=True)
    (runs / "relative").mkdir()
    relative = ViT(variant("digits", positions="relative", depth=1), zero_head=False)
    relative.preprocessing = load_dataset("digits").preprocessing
    save(relative, runs / "relative" / "checkpoint.safetensors")
    export(build(channels=3, gelu="erf"), "timm", runs / "foreign")
    large = minivit.load("a")
    large.parameters["head.w"] = 3e38
    (runs / "own").mkdir()
    save(large, runs / "own" / "checkpoint.safetensors")
    before = all_files(runs)
    try:
        look(*arguments, code=2)
    except SystemExit as stopped:  # argparse's own errors
        assert stopped.code == 2
    error = capsys.readouterr().err
    assert error.startswith("minivit") and sentence in error and "Traceback" not in error
    assert all_files(runs) == before


def test_the_class_that_is_asked_about_is_shown(runs, capsys):
    look("a", "pictures", "--target", "7", "--fill", "white", "--only", "why", "--svg")
    text = (runs / "a" / "look" / "why.svg").read_text()
    assert "asked: 7: " in text and "Occlusion covers a patch by white (1)" in text


def test_a_rollout_of_another_kind_says_so_and_a_run_tells_what_each_depth_reads(runs, capsys):
    look("a", "--fuse", "min", "--discard", "0.25", "--only", "rollout,lens", "--svg")
    text = (runs / "a" / "look" / "rollout.svg").read_text()
    assert "The least attention of all heads, without the least 25% of its" in text
    assert "of 128 images" in (runs / "a" / "look" / "lens.svg").read_text()
    look("a", "pictures", "--only", "lens", "--svg", "--block", "7")  # a block that nobody draws
    assert "read right" not in (runs / "a" / "look" / "lens.svg").read_text()


def test_without_matplotlib_a_sentence_says_so(runs, capsys, monkeypatch):
    monkeypatch.setattr(saving, "can_draw", lambda: False)
    look("a", code=2)
    assert "drawing needs matplotlib, which is not installed" in capsys.readouterr().err
    assert not (runs / "a" / "look").exists()
