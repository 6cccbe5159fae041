"""--precision and --emulate: which verbs have them, what they refuse, what a run remembers."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from minivit import ViT, backend, chosen, load, load_dataset, save, variant
from minivit.checkpoints import read_header
from minivit.cli.main import main
from minivit.cli.precision import as_typed
from minivit.training import load_run

VERBS = ["train", "finetune", "evaluate", "predict", "probe", "look", "warmup"]
SMALL = ["--width", "16", "--depth", "1", "--heads", "2", "--mlp", "16", "--batch", "120"]
BF16 = ["--precision", "bf16"]


@pytest.fixture
def no_instruction(monkeypatch):
    """Kernels on a processor that can't multiply bfloat16; the ops stand in for them."""
    monkeypatch.delenv("MINIVIT_BACKEND", raising=False)
    monkeypatch.setitem(backend.MODULES, "numba", "minivit.ops")
    without = SimpleNamespace(instruction=lambda: None)
    monkeypatch.setitem(sys.modules, "minivit.kernels.product.bf16.instructions", without)
    stand_in = SimpleNamespace(asked=lambda: "numba")
    monkeypatch.setitem(sys.modules, "minivit.kernels.product.choice", stand_in)


@pytest.fixture
def run(tmp_path):
    """The folder of a model that knows the digits' classes, by chance."""
    model = ViT(variant("digits"), seed=3, zero_head=False)
    data = load_dataset("digits")
    model.preprocessing, model.class_names = data.preprocessing, data.class_names
    (tmp_path / "run").mkdir()
    save(model, tmp_path / "run" / "checkpoint.safetensors")
    return tmp_path / "run"


@pytest.mark.parametrize("verb", VERBS)
def test_which_verbs_have_both_options(verb, capsys):
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    said = capsys.readouterr().out
    assert "--precision float32|bf16" in said and "--emulate" in said


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("word", ["fp16", "BF16", "float64", ""])
def test_another_word_is_refused_in_a_sentence(verb, word, capsys):
    with pytest.raises(SystemExit) as stop:
        main([verb, *["x"] * (verb not in ("train", "warmup")), "--precision", word])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert f"{word!r}: expected float32 or bf16" in said and said.count("\n") == 1


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.usefixtures("on_numpy")
def test_emulation_without_bf16_is_refused(verb, run, capsys):
    words = {"train": [], "warmup": [], "predict": [str(run), "x.png"]}.get(verb, [str(run)])
    assert main([verb, *words, "--emulate"]) == 2
    said = capsys.readouterr().err
    assert 'the precision is "float32", which needs none' in said and said.count("\n") == 1


@pytest.mark.usefixtures("no_instruction")
def test_without_the_instruction_bf16_is_refused_unless_it_is_emulated(run, capsys):
    assert main(["evaluate", str(run), *BF16]) == 2
    said = capsys.readouterr().err
    assert "no instruction here that multiplies bfloat16" in said and "--emulate" in said
    assert said.count("\n") == 1
    assert main(["evaluate", str(run), *BF16, "--emulate"]) == 0


@pytest.mark.usefixtures("on_numpy")
def test_numpy_needs_no_instruction_and_rounds(run, capsys):
    losses = []
    for words in ([], BF16, [*BF16, "--emulate"]):
        assert main(["evaluate", str(run), "--json", *words]) == 0
        losses.append(json.loads(capsys.readouterr().out)["loss"])
    images, labels = load_dataset("digits").test
    with backend.use("numpy", precision="bf16"):
        logits = load(run).logits(images).astype(np.float64)
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    expected = -log_probs[np.arange(360), labels].mean()
    assert losses[1] == losses[2] == pytest.approx(expected, rel=1e-6)
    assert abs(losses[0] - losses[1]) > 1e-5 * losses[0]


@pytest.mark.usefixtures("on_numpy")
def test_a_run_tells_in_which_precision_it_was_trained(tmp_path, capsys):
    for name, words in (("plain", []), ("rounded", BF16)):
        out = ["--out", str(tmp_path / name)]
        assert main(["train", "--epochs", "1", *out, *SMALL, *words]) == 0
    plain, rounded = capsys.readouterr().out.split("backend numpy")[1:]
    assert not plain.startswith(" in ") and rounded.startswith(" in bf16, ")
    kept = [read_header(tmp_path / name)["training"]["bits"]["precision"]
            for name in ("plain", "rounded")]  # fmt: skip
    assert kept == ["float32", "bf16"]
    losses = [load_run(tmp_path / name).state.history[-1]["train_loss"]
              for name in ("plain", "rounded")]  # fmt: skip
    assert losses[0] != losses[1] == pytest.approx(losses[0], rel=0.05)


@pytest.mark.usefixtures("on_numpy")
def test_json_tells_it_too(tmp_path, capsys):
    out = ["--out", str(tmp_path / "run")]
    assert main(["train", "--json", "--epochs", "1", *out, *SMALL, *BF16]) == 0
    first = json.loads(capsys.readouterr().out.split("\n")[0])
    assert first["event"] == "recipe" and first["precision"] == "bf16"


class Stop(Exception):
    pass


def stopped(folder, words, monkeypatch):
    """A run of three epochs that was stopped after the first."""
    from minivit.cli.progress import Progress

    def stop(self, row):
        raise Stop

    with monkeypatch.context() as patch, pytest.raises(Stop):
        patch.setattr(Progress, "epoch", stop)
        main(["train", "--epochs", "3", "--out", str(folder), *SMALL, *words])


@pytest.mark.usefixtures("on_numpy")
def test_a_run_goes_on_in_the_precision_that_is_asked_for(tmp_path, capsys, monkeypatch):
    assert main(["train", "--epochs", "3", "--out", str(tmp_path / "whole"), *SMALL, *BF16]) == 0
    whole = load_run(tmp_path / "whole").state.history
    for name, words in (("same", BF16), ("other", [])):
        stopped(tmp_path / name, BF16, monkeypatch)
        capsys.readouterr()
        assert main(["train", "--resume", str(tmp_path / name), *words]) == 0
        said = capsys.readouterr().out
        assert (load_run(tmp_path / name).state.history == whole) == (name == "same")
        told = "was started with products in bf16 and goes on in float32" in said
        assert told == (name == "other") == ("--precision bf16." in said)


@pytest.mark.usefixtures("on_numpy")
def test_a_run_of_an_older_minivit_was_in_float32(tmp_path, capsys, monkeypatch):
    from minivit.training.training import bits_now

    older = {"backend": "numpy", "threads": bits_now()["threads"]}
    with monkeypatch.context() as patch:
        patch.setattr("minivit.training.training.bits_now", lambda ranks: older)
        stopped(tmp_path / "run", [], monkeypatch)
    assert "precision" not in read_header(tmp_path / "run")["training"]["bits"]
    assert main(["train", "--resume", str(tmp_path / "run"), *BF16]) == 0
    said = capsys.readouterr().out
    assert "was started with products in float32 and goes on in bf16" in said
    assert "--precision float32." in said and "last bits" not in said


@pytest.mark.parametrize("precision, emulate, words", [
    ("float32", False, ""), ("bf16", False, " --precision bf16"),
    ("bf16", True, " --precision bf16 --emulate"),
])  # fmt: skip
def test_how_to_go_on_names_the_precision(precision, emulate, words):
    with backend.use("numpy", precision=precision, emulate=emulate):
        assert as_typed() == words


@pytest.mark.usefixtures("on_numpy")
def test_the_next_command_of_a_process_begins_with_float32(run):
    assert main(["evaluate", str(run), *BF16]) == 0 and chosen.rounds_products()
    assert main(["evaluate", str(run)]) == 0 and not chosen.rounds_products()
