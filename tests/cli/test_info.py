"""`minivit info`: the table of stages and its totals."""

import json
import tracemalloc

import numpy as np
import pytest

from minivit import ViT, backend, save, variant
from minivit.cli.info import scaled, size
from minivit.cli.main import main


def info(capsys, *arguments: str) -> str:
    assert main(["info", *arguments]) == 0
    return capsys.readouterr().out


def test_the_table_of_a_small_model(capsys):
    lines = [" ".join(line.split()) for line in info(capsys, "digits").splitlines()]
    start = lines.index("stage output parameters FLOPs")
    assert lines[start + 1 : start + 9] == [
        "patchify (B, 16, 4) - -",
        "embed (B, 17, 64) 1,472 8.192 K",
        "blocks 0-2, each:",
        "attention (B, 17, 64) 16,768 631 K",
        "mlp (B, 17, 64) 16,704 557.1 K",
        "3 blocks together (B, 17, 64) 100,416 3.564 M",
        "norm (B, 17, 64) 128 -",
        "head (B, 10) 650 1.28 K",
    ]
    assert lines[start + 9] == "total 102,666 3.574 M"
    assert "Trained with" not in lines


def test_one_block_is_not_summed_up(tmp_path, capsys):
    save(ViT(variant("digits", depth=1)), tmp_path / "one.safetensors")
    out = info(capsys, str(tmp_path / "one.safetensors"))
    assert "block 0:" in out and "together  (" not in out


@pytest.mark.parametrize("name", ["digits", "Ti/16", "B/16", "L/16", "H/14"])
def test_json_agrees_with_its_own_sums(name, capsys):
    found = json.loads(info(capsys, name, "--json", "--batch", "8"))
    for key, total in (("parameters", "parameters"), ("flops", "forward_flops")):
        assert sum(row[key] for row in found["stages"]) == found[total]
    assert found["memory"]["gradients"] == 4 * found["parameters"]
    assert found["step_flops"] == 3 * 8 * found["forward_flops"]
    assert found["stages"][-1]["shape"] == ["B", found["config"]["classes"]]


def test_buffers_are_counted_apart(capsys):
    assert "buffers " not in info(capsys, "hybrid-28")
    found = json.loads(info(capsys, "airbench-28", "--json"))
    assert found["buffers"] == 2 * (32 + 2 * (32 + 64 + 128))  # mean and var of each channel
    assert found["memory"]["buffers"] == 4 * found["buffers"]
    assert sum(row["parameters"] for row in found["stages"]) == found["parameters"]
    shown = info(capsys, "airbench-28")
    assert "buffers            960 (running means and variances" in shown
    assert "Buffers: 14 arrays, 960 numbers of float32\n  root.convolution_norm.mean " in shown


def test_more_images_need_more_memory_for_activations_only(capsys):
    one, eight = (
        json.loads(info(capsys, "Ti/16", "--json", "--batch", batch))["memory"]
        for batch in ("1", "8")
    )
    assert eight.pop("activations") == 8 * one.pop("activations")
    assert one == eight


def test_the_largest_variant_allocates_nothing_large(capsys):
    info(capsys, "H/14")  # what it imports is not meant
    tracemalloc.start()
    out = info(capsys, "H/14")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "632,045,800" in out
    assert peak < 5e6


@pytest.mark.parametrize(("part", "words"), [(0, "test"), (0.2, "held out")])
def test_a_run_says_what_it_was_trained_with(tmp_path, capsys, part, words):
    from minivit.checkpoints import CHECKPOINT, header_of, write_checkpoint

    model = ViT(variant("digits"))
    header = header_of(model)
    header["training"] = {
        "dataset": "digits",
        "recipe": {"learning_rate": 0.002, "epochs": 7, "hold_out": part},
        "state": {"epoch": 7, "history": [{"epoch": 7, "test_accuracy": 0.9875}]},
    }
    write_checkpoint(tmp_path / CHECKPOINT, header, {"parameters": model.parameters})
    out = info(capsys, str(tmp_path))
    facts = [line.split() for line in out.partition("Trained with\n")[2].splitlines()]
    assert ["learning", "rate", "0.002"] in facts
    assert ["epochs", "done", "7"] in facts
    assert ["last", *words.split(), "accuracy", "0.9875"] in facts  # once called test accuracy


@pytest.mark.parametrize("name", ["digits", "Ti/16"])
def test_memory_is_that_of_the_numpy_backend_and_says_so(name, capsys):
    assert "Memory of a training step with 2 images on the NumPy backend" in info(
        capsys, name, "--batch", "2"
    )
    found = json.loads(info(capsys, name, "--batch", "2", "--json"))
    assert found["memory_backend"] == "numpy"
    kept = {}
    for backend_name in ("numpy", "numba"):
        with backend.use(backend_name):
            model = ViT(variant(name))
            c = model.config
            images = np.zeros((2, *c.image, c.channels), np.float32)
            arrays = {}
            collect_owners(model.forward(images)[1].of, arrays)
            for given in (images, model.parameters.flat):
                arrays.pop(id(given), None)
            kept[backend_name] = sum(array.nbytes for array in arrays.values())
    assert kept["numpy"] == found["memory"]["activations"]
    assert 0.4 < kept["numba"] / kept["numpy"] < 0.6  # "about half"


def collect_owners(part, arrays: dict):
    """The arrays that own the memory of a cache, each once."""
    if isinstance(part, np.ndarray):
        while isinstance(part.base, np.ndarray):
            part = part.base
        arrays[id(part)] = part
    elif isinstance(part, dict | tuple):
        for inner in part.values() if isinstance(part, dict) else part:
            collect_owners(inner, arrays)


def test_a_variant_can_be_changed(capsys):
    changed = ("B/16", "--depth", "2", "--image", "384x192", "--pool", "mean", "--classes", "7")
    words = info(capsys, *changed)
    assert "images 384x192x3, patches 16x16 (N = 288), tokens T = 288" in words
    assert "2 blocks, H = 12 heads, M = 3072, C = 7 classes, pool mean\n" in words
    found = json.loads(info(capsys, *changed, "--json"))
    assert found["config"]["image"] == [384, 192] and found["config"]["depth"] == 2


def test_options_are_seen_without_a_line_for_them(capsys):
    """Positions at every layer have a row in the block; tables that all share, one of their own."""
    changed = ("digits", "--positions", "learned-2d", "--top-k", "4", "--positions-at")
    out = info(capsys, *changed, "every-layer")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "positions (B, 17, 64) 320 -" in lines  # (4 + 4) 32 + 64
    assert "positions learned-2d, positions at every-layer, top k 4" in out
    shared = [" ".join(line.split()) for line in info(capsys, *changed, "every-layer-shared")
              .splitlines()]  # fmt: skip
    assert "positions (B, 17, 64) - -" in shared
    assert "positions - 320 -" in shared


def test_a_checkpoint_can_not_be_changed(tmp_path, capsys):
    save(ViT(variant("digits")), tmp_path / "m.safetensors")
    assert main(["info", str(tmp_path / "m.safetensors"), "--depth", "2"]) == 2
    error = capsys.readouterr().err
    assert "--depth changes a variant, and " in error and "is a run or a checkpoint" in error


def test_an_unknown_name_says_the_nearest(capsys):
    assert main(["info", "b16"]) == 2
    error = capsys.readouterr().err
    assert "unknown variant 'b16'; the nearest is B/16" in error
    assert "no run or checkpoint has this name" in error


@pytest.mark.parametrize("batch", ["0", "-3", "x", "1.5"])
def test_a_batch_must_be_a_positive_whole_number(batch, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["info", "digits", "--batch", batch])
    assert stop.value.code == 2
    assert "expected a whole number from 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "number, text", [(0, "0 "), (999, "999 "), (1234, "1.234 K"), (999_960, "1 M"), (5e9, "5 G")]
)
def test_scaled(number, text):
    assert scaled(number) == text
    assert size(number) == f"{text}B"
