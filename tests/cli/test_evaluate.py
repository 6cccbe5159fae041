"""`minivit evaluate`: figures, tables, JSON."""

import json

import numpy as np
import pytest

from minivit import ViT, load_dataset, save, variant
from minivit.cli.evaluate import confusion, confusions
from minivit.cli.main import main


@pytest.fixture(scope="module")
def model():
    model = ViT(variant("digits"), seed=3, zero_head=False)
    data = load_dataset("digits")
    model.preprocessing, model.class_names = data.preprocessing, data.class_names
    return model


@pytest.fixture
def run(model, tmp_path):
    save(model, tmp_path / "checkpoint.safetensors")
    return str(tmp_path)


def test_json_has_exactly_the_three_figures(model, run, capsys):
    assert main(["evaluate", run, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    images, labels = load_dataset("digits").test
    logits = model.logits(images).astype(np.float64)
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert list(found) == ["accuracy", "loss", "images"]
    assert found["images"] == 360
    assert found["accuracy"] == np.mean(logits.argmax(axis=1) == labels)
    assert found["loss"] == pytest.approx(-log_probs[np.arange(360), labels].mean(), rel=1e-5)


def test_tables(model, run, capsys):
    assert main(["evaluate", run]) == 0
    out = capsys.readouterr().out
    images, labels = load_dataset("digits").test
    answers = model.logits(images).argmax(axis=1)
    right = int((answers == labels).sum())
    assert f"({right} of 360 right)" in out
    lines = [line.split() for line in out.splitlines()]
    matrix = lines[lines.index(["true", *"0123456789"]) + 1 :]
    counts = [[0 if x == "." else int(x) for x in line[1:]] for line in matrix]
    assert counts == confusion(labels, answers, 10).tolist()
    assert ["3", "36", str(counts[3][3]), f"{counts[3][3] / 36:.1%}"] in lines


def test_confusion_counts_rows_of_truth():
    found = confusion(np.array([0, 0, 1, 2]), np.array([0, 2, 1, 1]), 3)
    assert found.tolist() == [[1, 0, 1], [0, 1, 0], [0, 1, 0]]


def test_of_many_classes_the_most_frequent_mistakes():
    counts = np.eye(30, dtype=int) * 9
    counts[3, 7], counts[20, 1] = 2, 5
    lines = confusions(counts, [f"c{i}" for i in range(30)]).splitlines()
    assert [line.split() for line in lines[2:]] == [
        ["true", "answer", "images"], ["c20", "c1", "5"], ["c3", "c7", "2"],
    ]  # fmt: skip


def test_a_model_without_a_dataset(tmp_path, capsys):
    save(ViT(variant("digits")), tmp_path / "m.safetensors")
    assert main(["evaluate", str(tmp_path / "m.safetensors")]) == 2
    assert "does not say which dataset it was trained on" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, b"", b"not a checkpoint"])
def test_no_checkpoint(content, tmp_path, capsys):
    path = tmp_path / "m.safetensors"
    if content is not None:
        path.write_bytes(content)
    assert main(["evaluate", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("minivit: ") and captured.err.count("\n") == 1
    assert str(path) in captured.err and captured.out == ""


def test_a_truncated_checkpoint(run, tmp_path, capsys):
    whole = (tmp_path / "checkpoint.safetensors").read_bytes()
    (tmp_path / "checkpoint.safetensors").write_bytes(whole[: len(whole) // 2])
    assert main(["evaluate", run]) == 2
    assert "truncated" in capsys.readouterr().err


def test_answers_that_overflow(model, tmp_path, capsys):
    huge = ViT(model.config, seed=3, zero_head=False)
    huge.preprocessing = model.preprocessing
    huge.parameters.flat[:] *= np.float32(1e30)
    save(huge, tmp_path / "m.safetensors")
    assert main(["evaluate", str(tmp_path / "m.safetensors"), "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "overflow" in captured.err


def test_a_run_on_own_data_says_how_to_measure_it(tmp_path, capsys):
    model = ViT(variant("digits"))
    model.preprocessing = {"dataset": "mine"}
    save(model, tmp_path / "mine.safetensors")
    assert main(["evaluate", str(tmp_path / "mine.safetensors")]) == 2
    error = capsys.readouterr().err
    assert "data of your own, 'mine': hand them in" in error
    assert "minivit.training.evaluate(minivit.load(" in error
