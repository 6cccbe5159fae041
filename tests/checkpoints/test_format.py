import json
import struct

import numpy as np
import pytest
from safetensors.numpy import save_file

from minivit import InputError, ViT, load, variant
from minivit.checkpoints import read_checkpoint, read_header, write_checkpoint

ARRAYS = {"parameters": {"a.w": np.arange(6.0).reshape(2, 3), "a.b": np.float32([1, 2])}}


def rewrite(path, **changes):
    """Change entries of our header in a safetensors file, as another program might."""
    raw = path.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + length])
    ours = json.loads(header["__metadata__"]["minivit"]) | changes
    header["__metadata__"]["minivit"] = json.dumps(ours)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + raw[8 + length :])


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "x.safetensors"
    write_checkpoint(path, {"architecture": "vit", "config": {"a": [1, 2]}}, ARRAYS)
    header, groups = read_checkpoint(path)
    assert header == {"format_version": 1, "architecture": "vit", "config": {"a": [1, 2]}}
    for name, array in ARRAYS["parameters"].items():
        assert groups["parameters"][name].dtype == array.dtype
        assert np.array_equal(groups["parameters"][name], array)


def test_a_run_folder_stands_for_its_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no checkpoint\.safetensors"):
        read_header(tmp_path)
    write_checkpoint(tmp_path / "checkpoint.safetensors", {"architecture": "vit"}, ARRAYS)
    assert read_header(tmp_path)["architecture"] == "vit"


def test_bad_files_are_refused_in_a_sentence(tmp_path):
    path = tmp_path / "x.safetensors"
    with pytest.raises(FileNotFoundError, match="does not exist: give a checkpoint file"):
        read_header(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="truncated or not a safetensors file"):
        read_header(path)
    write_checkpoint(path, {}, ARRAYS)
    whole = path.read_bytes()
    for length in (4, 100, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="truncated or not a safetensors file"):
            read_checkpoint(path)
    save_file({"a": np.zeros(3)}, path)
    with pytest.raises(InputError, match="not one of minivit's"):
        read_header(path)


def test_a_newer_format_and_a_damaged_header_are_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    write_checkpoint(path, {}, ARRAYS)
    rewrite(path, format_version=2)
    with pytest.raises(InputError, match="format version 2, and this minivit reads up to 1"):
        read_header(path)
    rewrite(path, format_version="one")
    with pytest.raises(InputError, match="damaged header"):
        read_header(path)


def test_nan_is_refused_by_name(tmp_path):
    path = tmp_path / "x.safetensors"
    write_checkpoint(path, {}, {"parameters": {"a.b": np.array([1, np.nan])}})
    with pytest.raises(InputError, match=r"holds NaN or infinity in 'parameters/a\.b'"):
        read_checkpoint(path)


def test_a_model_comes_back_to_the_bit(tmp_path):
    for dtype in (np.float32, np.float64):
        model = ViT(variant("digits", depth=1), seed=3, dtype=dtype)
        model.class_names = list("abcdefghij")
        model.preprocessing = {"low": -1.0}
        model.save(tmp_path / "m.safetensors")
        again = load(tmp_path / "m.safetensors")
        assert again.dtype == dtype
        assert again.config == model.config
        assert again.class_names == model.class_names
        assert again.preprocessing == model.preprocessing
        assert np.array_equal(again.parameters.flat, model.parameters.flat)


def test_another_architecture_is_refused(tmp_path):
    path = tmp_path / "m.safetensors"
    model = ViT(variant("digits", depth=1))
    model.save(path)
    rewrite(path, architecture="resnet")
    with pytest.raises(InputError, match="architecture 'resnet'"):
        load(path)
    rewrite(path, architecture="vit", config=model.config.to_dict() | {"width": 32})
    with pytest.raises(InputError, match=r"another architecture: .* has shape"):
        load(path)
    rewrite(path, config=model.config.to_dict() | {"depth": 2})
    with pytest.raises(InputError, match=r"'blocks\.1\..*' is missing"):
        load(path)
    rewrite(path, config={"width": 3})
    with pytest.raises(InputError, match="the configuration is not one of a ViT"):
        load(path)
    rewrite(path, config=model.config.to_dict(), class_names=["one"])
    with pytest.raises(InputError, match="names 1 classes, but its model has 10"):
        load(path)


def test_nothing_is_left_when_the_folder_cannot_be_written(tmp_path):
    with pytest.raises(OSError):
        ViT(variant("digits", depth=1)).save(tmp_path / "missing" / "m.safetensors")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [{"class_names": 5}, {"preprocessing": [1]}, {"preprocessing": {"dataset": [1]}},
     {"training": [1]}, {"config": 3}],
)  # fmt: skip
def test_entries_of_another_type_are_refused(tmp_path, damage):
    path = tmp_path / "m.safetensors"
    ViT(variant("digits", depth=1)).save(path)
    rewrite(path, **damage)
    with pytest.raises(InputError, match="damaged header"):
        load(path)


def test_a_folder_in_the_place_of_a_checkpoint_is_refused(tmp_path):
    (tmp_path / "checkpoint.safetensors").mkdir()
    with pytest.raises(InputError, match="is no file"):
        read_header(tmp_path)
