"""`minivit explain`: where the page goes, which images it shows, and bad input."""

import re

import numpy as np
import pytest
from PIL import Image, ImageDraw

from minivit import ViT, load_dataset, save, variant
from minivit.cli.main import main
from minivit.cli.subjects import mistake_and_right
from minivit.figures.page.shell import told_in
from minivit.training import evaluate, load_run


def made(**changes) -> ViT:
    model = ViT(variant("digits", depth=1, **changes), seed=3, zero_head=False)
    model.preprocessing = load_dataset("digits").preprocessing
    model.class_names = list("0123456789")
    return model


@pytest.fixture
def run(on_numpy, tmp_path):
    (tmp_path / "a").mkdir()
    save(made(), tmp_path / "a" / "checkpoint.safetensors")
    picture = Image.new("L", (40, 60), 255)
    ImageDraw.Draw(picture).line([(10, 5), (20, 55)], fill=0, width=6)
    picture.save(tmp_path / "one.png")
    return tmp_path


def explain(*arguments, code=0):
    assert main(["explain", *map(str, arguments)]) == code


def told(path) -> dict:
    return told_in(path.read_text("utf-8"))


def test_a_run_gets_a_page_in_its_folder_which_is_not_written_over(run, capsys):
    explain("a")
    page = run / "a" / "explain.html"
    before = page.read_bytes()
    said = capsys.readouterr().out
    assert said.startswith("a/explain.html  0.") and "MB, 2 images and 360 to choose from;" in said
    explain("a", code=2)
    assert "a/explain.html exists: write over it by --force" in capsys.readouterr().err
    page.write_bytes(before + b"<!-- older -->")
    explain("a", "--force")
    assert page.read_bytes() == before
    assert str(run).encode() not in before
    assert [type(one["name"]) for one in told(page)["images"]] == [int, int]  # of test images


def test_pictures_with_a_label_at_another_place(run):
    explain("a", "one.png", "--label", "7", "--out", "new/page.html")
    (image,) = told(run / "new" / "page.html")["images"]
    assert image["name"] == "one.png" and image["label"] == 7
    explain("a/checkpoint.safetensors", "one.png", "--out", "b.html")
    assert told(run / "b.html")["images"][0]["label"] is None


def test_a_class_to_ask_about_is_told_by_its_name(run):
    explain("a", "--target", "4", "--out", "with.html")
    explain("a", "--out", "without.html")
    assert told(run / "with.html")["target"] == 4 and told(run / "without.html")["target"] is None


def test_without_a_picture_the_surest_mistake_and_a_right_image_of_its_class(run):
    model = made()
    test = load_dataset("digits").test
    found = mistake_and_right(model)
    numbers = found.names
    probabilities = evaluate(model, test.images, test.labels).probabilities
    said = probabilities.argmax(axis=1)
    is_wrong = said != test.labels
    assert is_wrong[numbers[0]] and not is_wrong[numbers[1:]].any()
    surest = probabilities.max(axis=1)[is_wrong].max()
    assert probabilities[numbers[0]].max() == pytest.approx(surest, abs=1e-6)
    assert np.array_equal(found.labels, test.labels[numbers])


def test_the_test_images_are_in_the_page_where_they_are_at_hand(run):
    explain("a", "one.png", "--out", "with.html")
    test = load_dataset("digits").test
    assert told(run / "with.html")["gallery"]["labels"] == test.labels.tolist()
    model = made()
    model.class_names = list("abcdefghij")
    save(model, run / "others.safetensors")
    explain("others.safetensors", "--out", "without.html")
    assert told(run / "without.html")["gallery"] is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere"], "nowhere"),
        (["a", "nowhere.png"], "nowhere.png"),
        (["a", "one.png", "--label", "eleven"], "the model has no class 'eleven'"),
        (["a", "--target", "eleven"], "the model has no class 'eleven'"),
        (["a", "--label", "7"], "--label tells the class of pictures, and none is given"),
        (["a", "--max-mb", "0.1"], "and its limit is 0.1 MB: allow it by --max-mb 1"),
        (["a", "--weights", "none", "--blocks", "0,1"], "block 1 can't be recorded"),
        (["a", "--blocks", "0"], "leave it out, or add --weights none"),
        (["a", "--out", "a"], '"a" is a folder'),
        (["a", "a/checkpoint.safetensors"], "checkpoint.safetensors"),
    ],
)
def test_bad_input_is_a_sentence_and_nothing_is_written(run, words, sentence, capsys):
    before = sorted(run.rglob("*"))
    explain(*words, code=2)
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
    assert sorted(run.rglob("*")) == before


def test_a_page_without_the_weights(run, capsys):
    explain("a", "one.png", "--weights", "none", "--blocks", "0", "--out", "r.html")
    out = capsys.readouterr().out
    assert out.endswith("; without the weights: recorded in half precision, blocks 0\n")
    found = told(run / "r.html")
    assert found["recorded"]["blocks"] == [0] and len(found["gallery"]["labels"]) > 0


def test_of_images_that_nobody_asked_for_there_is_one_where_two_do_not_fit(run, capsys):
    model = ViT(variant("digits", depth=4, patch=(1, 1)), seed=3, zero_head=False)
    data = load_dataset("digits")
    model.preprocessing, model.class_names = data.preprocessing, list(data.class_names)
    save(model, run / "b.safetensors")
    explain("b.safetensors", "one.png", "--weights", "none", "--out", "one.html")
    gallery = len(re.search(r'id="gallery">(.*?)</script>', (run / "one.html").read_text())[1])
    limit = ((run / "one.html").stat().st_size - gallery) / 1e6 + 0.05  # another takes 0.2
    explain("b.safetensors", "--weights", "none", "--max-mb", limit, "--out", "c.html")
    (image,) = told(run / "c.html")["images"]
    assert isinstance(image["name"], int)  # a test image
    given = ["one.png", "one.png", "--weights", "none", "--max-mb", limit, "--out", "d.html"]
    explain("b.safetensors", *given, code=2)
    assert "record fewer of its 4 blocks, as by --blocks 0,3, or choose" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "a", "0,", "-1", "1.5", "0 1"])
def test_blocks_are_whole_numbers(run, text, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["explain", "a", "--weights", "none", f"--blocks={text}"])
    assert "expected whole numbers from 0, as 0,5,11" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "much"])
def test_a_limit_is_a_number_above_0(run, text, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["explain", "a", "--max-mb", text])
    assert "expected a number above 0" in capsys.readouterr().err


def test_a_model_that_no_page_computes_is_refused_by_name(run, capsys):
    save(made(window=3), run / "w.safetensors")
    explain("w.safetensors", code=2)
    assert "this model has attention in a window (window 3)" in capsys.readouterr().err
    assert not (run / "explain.html").exists()


def test_a_file_that_is_no_page_of_ours_is_never_written_over(run, capsys):
    (run / "mine.html").write_text("mine")
    for force in ([], ["--force"]):
        explain("a", "--out", "mine.html", *force, code=2)
        assert "mine.html was not written by this command, and stays" in capsys.readouterr().err
        assert (run / "mine.html").read_text() == "mine"


def train(*options, code=0):
    sizes = ["--depth", "1", "--width", "16", "--heads", "2", "--mlp", "16", "--epochs", "1"]
    assert main(["train", "--out", "r", *sizes, *options]) == code


def test_the_page_of_a_run_tells_how_it_learned(on_numpy, tmp_path, capsys):
    train("--snapshots", "4", "--explain", "--epochs", "2")
    one = told(tmp_path / "r" / "explain.html")["learning"]
    history = load_run("r").state.history
    assert one["curve"]["epoch"] == [1, 2] and one["measured_on"] == "test"
    assert one["smoothing"] == 0.1 and one["mixes"] is False  # as the recipe has it
    assert one["curve"]["loss"] == pytest.approx([row["train_loss"] for row in history], rel=1e-4)
    accuracy = [row["test_accuracy"] for row in history]
    assert one["curve"]["accuracy"] == pytest.approx(accuracy, rel=1e-4)
    assert one["snapshots"]["epochs"] == [0, 0.667, 1.333, 2]  # thirds of two epochs of 45 steps
    capsys.readouterr()
    explain("r", "--force")
    assert "2 images and 360 to choose from, 4 of 4 snapshots; it holds" in capsys.readouterr().out
    limit = ((tmp_path / "r" / "explain.html").stat().st_size - 15_000) / 1e6  # two have room
    explain("r", "--out", "small.html", "--max-mb", str(limit))
    kept = told(tmp_path / "small.html")["learning"]["snapshots"]
    assert f"to choose from, {len(kept['epochs'])} of 4 snapshots" in capsys.readouterr().out
    assert kept["kind"] == "int8" and kept["of"] == 4 and 1 <= len(kept["epochs"]) < 4


def test_without_snapshots_there_is_the_curve_and_without_a_run_neither(on_numpy, tmp_path, run):
    train("--smoothing", "0.2", "--mixup", "0.3")
    explain("r")
    one = told(tmp_path / "r" / "explain.html")["learning"]
    assert one["curve"]["epoch"] == [1] and one["snapshots"]["of"] == 0
    assert one["smoothing"] == 0.2 and one["mixes"] is True
    explain("a")
    assert told(run / "a" / "explain.html")["learning"] is None


def test_a_damaged_snapshot_is_a_sentence_and_nothing_is_written(on_numpy, tmp_path, capsys):
    train("--snapshots", "2")
    last = tmp_path / "r" / "snapshots" / "step-000045.safetensors"
    content = last.read_bytes()
    last.write_bytes(content[:-9])
    capsys.readouterr()
    explain("r", code=2)
    said = capsys.readouterr().err
    assert "step-000045.safetensors" in said and said.count("\n") == 1
    assert "remove it, and the page is written without it" in said
    assert not (tmp_path / "r" / "explain.html").exists()
    last.unlink()
    explain("r")
    assert told(tmp_path / "r" / "explain.html")["learning"]["snapshots"]["epochs"] == [0]


def test_a_damaged_log_is_a_sentence_and_nothing_is_written(on_numpy, tmp_path, capsys):
    train()
    path = tmp_path / "r" / "checkpoint.safetensors"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"test_accuracy", b"best_accuracy"))
    explain("r", code=2)
    said = capsys.readouterr().err
    assert "the log of the run is damaged: its test accuracy after an epoch is 'None'" in said
    assert not (tmp_path / "r" / "explain.html").exists()


@pytest.mark.parametrize(
    ("against", "words"),
    [
        (["other-grid"], "its grid is 2x2 patches, not 4x4 patches"),
        (["other-classes"], "its classes are a, b, c, d, e, f, g, h, i, j, not 0, 1"),
        (["a"], "--against names a run twice, or the one that is explained"),
        (["b", "b"], "--against names a run twice"),
        (["nowhere"], "nowhere does not exist"),
    ],
)
def test_a_run_that_can_not_stand_beside_it_is_refused(run, against, words, capsys):
    models = {"b": made(), "other-grid": made(patch=(4, 4)), "other-classes": made()}
    models["other-classes"].class_names = list("abcdefghij")
    for name, model in models.items():
        (run / name).mkdir()
        save(model, run / name / "checkpoint.safetensors")
    before = sorted(run.rglob("*"))
    explain("a", *(word for one in against for word in ("--against", one)), code=2)
    assert words in capsys.readouterr().err
    assert sorted(run.rglob("*")) == before
