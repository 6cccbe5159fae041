import numpy as np
import pytest
from headers import rewrite
from safetensors.numpy import save_file

from minivit import InputError
from minivit.checkpoints import read_checkpoint, read_header, write_checkpoint

ARRAYS = {"parameters": {"a.w": np.arange(6.0).reshape(2, 3), "a.b": np.float32([1, 2])}}


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "x.safetensors"
    write_checkpoint(path, {"architecture": "vit", "config": {"a": [1, 2]}}, ARRAYS)
    header, groups = read_checkpoint(path)
    assert header == {"format_version": 2, "architecture": "vit", "config": {"a": [1, 2]}}
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
    rewrite(path, format_version=3)
    with pytest.raises(InputError, match="format version 3, and this minivit reads up to 2"):
        read_header(path)
    for version in ("one", None, 0, True, 1.5, [2]):
        rewrite(path, format_version=version)
        with pytest.raises(InputError, match=r"damaged header .*'format_version' is"):
            read_header(path)


def test_nan_is_refused_by_name(tmp_path):
    path = tmp_path / "x.safetensors"
    write_checkpoint(path, {}, {"parameters": {"a.b": np.array([1, np.nan])}})
    with pytest.raises(InputError, match=r"holds NaN or infinity in 'parameters/a\.b'"):
        read_checkpoint(path)


def test_a_folder_in_the_place_of_a_checkpoint_is_refused(tmp_path):
    (tmp_path / "checkpoint.safetensors").mkdir()
    with pytest.raises(InputError, match="is no file"):
        read_header(tmp_path)


def test_an_empty_name_is_not_the_current_folder(tmp_path, monkeypatch):
    write_checkpoint(tmp_path / "checkpoint.safetensors", {}, ARRAYS)
    monkeypatch.chdir(tmp_path)
    assert read_header(".") == {"format_version": 2}
    with pytest.raises(InputError, match='"" is no name of a checkpoint'):
        read_header("")


def test_what_could_not_be_read_again_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr("minivit.checkpoints.format.LONGEST_HEADER", 1000)
    with pytest.raises(InputError, match="a header of more than 1,000 bytes"):
        write_checkpoint(tmp_path / "x", {"class_names": ["a" * 1000]}, ARRAYS)
    for bad in ({"class_names": [1]}, {"preprocessing": {"low": float("nan")}}):
        with pytest.raises(InputError, match="could not be read again"):
            write_checkpoint(tmp_path / "x", bad, ARRAYS)
    assert list(tmp_path.iterdir()) == []
