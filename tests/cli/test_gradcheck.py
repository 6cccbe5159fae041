import argparse
import json
from pathlib import Path

import numpy as np
import pytest

import minivit
from minivit import InputError, ViT, backend, ops, save, variant
from minivit.cli import gradcheck
from minivit.models.variants import VARIANTS


def command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    gradcheck.add_arguments(parser)
    with backend.use("numpy"):
        return gradcheck.run(parser.parse_args(words))


@pytest.fixture
def broken_layernorm(monkeypatch):
    right = ops.layernorm_backward

    def wrong(dy, cache):
        dx, dgamma, dbeta = right(dy, cache)
        return dx, -dgamma, dbeta

    monkeypatch.setattr(ops, "layernorm_backward", wrong)


def test_one_op(capsys):
    assert command("layernorm") == 0
    out = capsys.readouterr().out
    assert "gamma" in out
    assert "excellent" in out
    assert "`minivit check FILE` compares an op that you wrote" in out
    assert out.endswith("All 9 gradients are right.\n")


def test_every_op_by_default(capsys):
    assert command() == 0
    out = capsys.readouterr().out
    for op in (
        "patchify: oblong patches",
        "multihead_attention: one head",
        "gelu: tanh",
        "head: mean",
    ):
        assert f"\n{op} " in out
    assert out.endswith("gradients are right.\n")


def test_a_wrong_gradient_gives_1_and_its_table(capsys, broken_layernorm):
    assert command() == 1
    out = capsys.readouterr().out
    assert "wrong: the gradient has the wrong sign" in out
    assert "3 of " in out.split("\n")[-2]


def test_a_wrong_gradient_of_a_model(capsys, broken_layernorm):
    assert command("digits") == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if "wrong: the gradient has" in line] == [
        "norm.gamma"
    ]


@pytest.mark.parametrize("name", ["digits", "Ti/16", "H/14"])
def test_a_variant_says_what_it_was_shrunk_to(capsys, name):
    assert command(name) == 0
    out = capsys.readouterr().out
    assert f"{name} was shrunk: image 4x6, patch 2x2, width " in out
    assert f"{VARIANTS[name].heads} heads" in out
    assert "blocks.1.attention.w_qkv" in out


def test_a_variant_can_be_changed(capsys):
    assert command("digits", "--depth", "1", "--pool", "mean", "--no-qkv-bias") == 0
    out = capsys.readouterr().out
    assert "depth 1, 4 heads, MLP width 32, 5 classes, pool mean, qkv bias no." in out
    assert "blocks.0.attention.w_qkv" in out
    assert "blocks.1." not in out and "b_qkv" not in out and "embed.cls" not in out


@pytest.mark.parametrize(("target", "what"), [("mlp", "mlp is an op"), (None, "none is named")])
def test_what_is_no_variant_can_not_be_changed(target, what):
    with pytest.raises(InputError, match=f"--depth changes a variant, and {what}; leave it out"):
        command(*([target] if target else []), "--depth", "1")


def test_a_trained_model_on_its_digits(capsys, tmp_path):
    model = ViT(variant("digits", depth=1, width=16, mlp=32), zero_head=False)
    model.preprocessing = {"dataset": "digits"}
    save(model, tmp_path / "model.safetensors")
    assert command(str(tmp_path / "model.safetensors")) == 0
    out = capsys.readouterr().out
    with pytest.raises(InputError, match=r"--mlp changes a variant, and \S+ is a run or a check"):
        command(str(tmp_path / "model.safetensors"), "--mlp", "8")
    assert "On 4 test images of digits." in out
    assert "images                    4x8x8x1" in out


def test_a_model_of_other_data_on_noise(capsys, tmp_path):
    config = variant("digits", image=(4, 4), depth=1, width=8, mlp=8, heads=2)
    save(ViT(config, zero_head=False), tmp_path / "checkpoint.safetensors")
    assert command(str(tmp_path)) == 0  # a run folder stands for its checkpoint
    assert "On 4 random images." in capsys.readouterr().out


def test_json(capsys):
    assert command("softmax", "--json", "--seed", "3") == 0
    values = json.loads(capsys.readouterr().out)
    assert values["ok"] is True
    assert values["reports"][0]["rows"][0]["tensor"] == "x"


def test_json_of_something_wrong(capsys, broken_layernorm):
    assert command("layernorm", "--json") == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


@pytest.mark.parametrize(("given", "near"), [("layrnorm", "layernorm"), ("b16", "B/16")])
def test_an_unknown_name_gets_the_nearest(given, near):
    with pytest.raises(InputError, match=f"{given!r} is no op, .* nearest is {near}. The ops"):
        command(given)


def test_a_name_far_from_all_gets_none():
    with pytest.raises(InputError, match=r"'help' is no op, .* folder here\. The ops"):
        command("help")


def test_the_empty_name_is_not_the_current_folder():
    with pytest.raises(InputError, match='"" is no name of a checkpoint'):
        command("")


def test_a_variant_by_the_name_that_others_give_it(capsys):
    assert command("vit_tiny_patch16_224") == 0
    assert "vit_tiny_patch16_224 was shrunk: " in capsys.readouterr().out


def test_files_that_hold_no_model(tmp_path):
    with pytest.raises(FileNotFoundError, match="is not a run folder"):
        command(str(tmp_path))
    (tmp_path / "noise").write_bytes(np.random.default_rng(0).bytes(100))
    with pytest.raises(InputError, match="truncated or not a safetensors file"):
        command(str(tmp_path / "noise"))


@pytest.mark.parametrize(
    ("words", "files"),
    [(["softmax"], ["ops/softmax.py"]), ([], ["ops"]), (["digits"], ["ops", "models"])],
)
def test_it_says_which_files_it_checked(capsys, words, files):
    """The copy that is installed need not be the one that somebody edits."""
    assert command(*words) == 0
    home = Path(minivit.__file__).parent
    expected = " and ".join(str(home / file) for file in files)
    assert f"\nChecked on the NumPy backend: {expected}.\n" in capsys.readouterr().out
    assert command(*words, "--json") == 0
    values = json.loads(capsys.readouterr().out)
    assert values["backend"] == "numpy"
    assert values["files"] == [str(home / file) for file in files]


def test_with_the_kernels_it_says_that_the_ops_were_not_run(monkeypatch, capsys):
    with backend.use("numba"):
        arguments = argparse.Namespace(target="softmax", seed=0, json=False)
        monkeypatch.setattr(gradcheck, "given", lambda *_: {})
        assert gradcheck.run(arguments) == 0
    out = capsys.readouterr().out
    assert f"Checked on the Numba backend: {Path(minivit.__file__).parent / 'kernels'}" in out
    assert "The ops in minivit/ops were not run" in out


def test_an_op_that_raises_has_a_row(monkeypatch, capsys):
    def broken(dy, cache):
        raise IndexError("too many indices")

    monkeypatch.setattr(ops, "softmax_backward", broken)
    assert command("softmax") == 1
    out = capsys.readouterr().out
    assert "backward" in out and "wrong: it raised IndexError: too many indices (" in out
