"""What a file or a folder stands for, and what is said where it stands for nothing."""

import numpy as np
import pytest
from foreign_files import arrays_of, drawn
from safetensors.numpy import save_file

import minivit
from minivit import InputError


@pytest.mark.parametrize(
    "files, words",
    [
        ([], r"no checkpoint\.safetensors, and no model\.safetensors or other .*\.npz file: it is"),
        (["config.json"], "it is not a run folder"),
        (["a/model.safetensors", "b/x"], r"holds folders \(a, b\): give one of them"),
        (["pytorch_model.bin", "config.json"], "in pytorch_model.bin, a pickle.*safe_serializ"),
        (["vit.pth"], r"in vit\.pth, a pickle, .*minivit reads model\.safetensors"),
        (["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
          "model.safetensors.index.json"], "in several files .*save it in one file"),
        (["pytorch_model-00001-of-00002.bin"], "in several files"),
    ],
)  # fmt: skip
def test_a_folder_without_weights_says_what_was_looked_for(files, words, tmp_path):
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    with pytest.raises((InputError, FileNotFoundError), match=words):
        minivit.load(tmp_path)


@pytest.mark.parametrize("name", ["x.safetensors", "x.npz"])
def test_numbers_that_are_none_get_advice_for_somebody_else_s_file(name, tmp_path):
    arrays = arrays_of(drawn(), "google" if name.endswith("npz") else "timm")
    next(iter(arrays.values())).flat[0] = np.nan
    write = np.savez if name.endswith("npz") else lambda path, **all: save_file(all, path)
    write(tmp_path / name, **arrays)
    with pytest.raises(InputError, match=r"NaN or infinity.*choose another checkpoint$"):
        minivit.load(tmp_path / name, heads=2)
