import json
import struct
import tracemalloc
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from headers import rewrite
from small_training import EVERY_OPTION

from minivit import InputError, ViT, ViTConfig, load, load_dataset, save, variant
from minivit.checkpoints import load_config, read_checkpoint

VERSION_1 = Path(__file__).parent / "version1.safetensors"


def test_a_model_comes_back_to_the_bit(tmp_path):
    for dtype in (np.float32, np.float64):
        model = ViT(variant("digits", depth=1), seed=3, dtype=dtype)
        model.class_names = list("abcdefghij")
        model.preprocessing = {"low": -1.0}
        save(model, tmp_path / "m.safetensors")
        again = load(tmp_path / "m.safetensors")
        assert again.dtype == dtype
        assert again.config == model.config
        assert again.class_names == model.class_names
        assert again.preprocessing == model.preprocessing
        assert np.array_equal(again.parameters.flat, model.parameters.flat)


def test_another_architecture_is_refused(tmp_path):
    path = tmp_path / "m.safetensors"
    model = ViT(variant("digits", depth=1))
    save(model, path)
    rewrite(path, architecture="mixer")
    with pytest.raises(InputError, match=r"architecture 'mixer': this minivit knows vit, .*resnet"):
        load(path)
    rewrite(path, architecture="mae")
    with pytest.raises(InputError, match=r"its architecture is mae, and its configuration's obj"):
        load(path)
    rewrite(path, architecture="vit", config=model.config.to_dict() | {"objective": "mae"})
    with pytest.raises(InputError, match=r"its architecture is vit, .* objective mae"):
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
    with pytest.raises(InputError, match="the class names are one: 1 for 10 classes"):
        load(path)


def test_nothing_is_left_when_the_folder_cannot_be_written(tmp_path):
    with pytest.raises(OSError):
        save(ViT(variant("digits", depth=1)), tmp_path / "missing" / "m.safetensors")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("changes", [{"image": [1024, 1536]}, {"image": [1024, 1024]}])
def test_images_of_which_the_arrays_do_not_tell(tmp_path, changes):
    config = variant("digits", depth=1, positions="none")
    save(ViT(config), tmp_path / "m.safetensors")
    rewrite(tmp_path / "m.safetensors", config=config.to_dict() | changes)
    for read in (load, load_config):
        with pytest.raises(InputError, match="too large to work with"):
            read(tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"depth": 1000}, "another architecture: .*asks for 1000 blocks"),
        ({"width": 400_000}, "another architecture: .*has shape"),
        ({"classes": 10**10}, "another architecture: .*has shape"),
        ({"mlp": 10**10}, "another architecture: .*has shape"),
        ({"depth": 3_000_000}, "depth is 3000000: expected at most 1000 blocks"),
        ({"width": 4_000_000_000}, "more than a machine can hold"),
        ({"classes": 10**15}, "more than a machine can hold"),
        ({"mlp": 10**30}, "more than a machine can hold"),
    ],
)
def test_sizes_that_the_file_has_not_are_refused_before_anything_is_built(
    tmp_path, monkeypatch, changes, words
):
    path = tmp_path / "m.safetensors"
    model = ViT(variant("digits", depth=1))
    save(model, path)
    rewrite(path, config=model.config.to_dict() | changes)
    monkeypatch.setattr("minivit.models.model.Model.__init__", None)  # nothing is built
    for read in (load, load_config):
        with pytest.raises(InputError, match=words):
            read(path)


def test_a_model_in_bfloat16_is_read_as_float32(tmp_path):
    path = tmp_path / "m.safetensors"
    model = ViT(variant("digits", depth=1), seed=3, zero_head=False)
    save(model, path)
    narrow(path)
    again = load(path)
    assert again.dtype == np.float32
    kept = (model.parameters.flat.view(np.uint32) & 0xFFFF0000).view(np.float32)
    assert np.array_equal(again.parameters.flat, kept)


def narrow(path):
    """Cut every number of a file of float32 to its upper half, bfloat16."""
    raw = path.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + length])
    for name, entry in header.items():
        if name != "__metadata__":
            entry["dtype"] = "BF16"
            entry["data_offsets"] = [offset // 2 for offset in entry["data_offsets"]]
    text = json.dumps(header).encode()
    upper = np.frombuffer(raw[8 + length :], "<u4") >> 16
    path.write_bytes(struct.pack("<Q", len(text)) + text + upper.astype("<u2").tobytes())


def test_loading_holds_no_second_copy(tmp_path):
    path = tmp_path / "m.safetensors"
    save(ViT(variant("Ti/16")), path)
    tracemalloc.start()
    model = load(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1.25 * model.parameters.flat.nbytes


@pytest.mark.parametrize(
    "damage",
    [{"class_names": 5}, {"preprocessing": [1]}, {"preprocessing": {"dataset": [1]}},
     {"training": [1]}, {"config": 3}],
)  # fmt: skip
def test_entries_of_another_type_are_refused(tmp_path, damage):
    path = tmp_path / "m.safetensors"
    save(ViT(variant("digits", depth=1)), path)
    rewrite(path, **damage)
    with pytest.raises(InputError, match="damaged header"):
        load(path)


def test_every_option_is_among_them():
    plain, changed = asdict(variant("digits")), set().union(*EVERY_OPTION)
    sizes = {"image", "channels", "patch", "width", "depth", "mlp", "classes", "name"}
    assert changed - sizes == set(plain) - sizes


@pytest.mark.parametrize("changes", EVERY_OPTION)
def test_every_option_survives(tmp_path, changes):
    config = variant("digits", **changes)
    model = ViT(config, seed=1)
    save(model, tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert again.config == model.config
    assert np.array_equal(again.parameters.flat, model.parameters.flat)


@pytest.mark.usefixtures("ops")
def test_a_file_of_version_1_is_the_model_that_it_was():
    """Written by the code before version 2, of a run with D = 4 and one block. Its logits, too."""
    model = load(VERSION_1)
    logits = model.logits(load_dataset("digits").test.images[:2])
    expected = [
        [-0.0078899, 0.0080470, -0.0007669, 0.0051890, -0.0081054,
         0.0034915, -0.0079971, -0.0009044, -0.0059451, 0.0035317],
        [0.0010327, 0.0019577, 0.0077175, -0.0065703, 0.0050314,
         -0.0083082, 0.0025917, 0.0043457, 0.0036245, -0.0088790],
    ]  # fmt: skip
    assert np.abs(logits - expected).max() < 1e-7
    _, groups = read_checkpoint(VERSION_1, ("parameters", "first_moment", "second_moment"))
    for arrays in groups.values():
        assert set(arrays) == set(model.parameters)


def test_what_was_saved_is_loaded_whatever_it_was(tmp_path):
    """NumPy's scalars, arrays, tuples and words, wherever the dataclasses take them."""
    config = ViTConfig(
        image=np.array([8, 8]), channels=np.uint8(1), patch=np.int64(2), width=np.int32(16),
        depth=np.int8(2), heads=np.int16(2), mlp=np.uint64(8), classes=np.int64(3),
        top_k=np.int64(2), stochastic_depth=np.float32(0.25), dropout=np.float64(0.5),
        attention_dropout=np.float16(0.125), eps=np.float32(1e-3),
        pool=np.str_("mean"), name=np.str_("own"),
    )  # fmt: skip
    for names in (("a", "b", "c"), np.array(["a", "b", "c"]), [np.str_("a"), "b", "c"]):
        model = ViT(config)
        model.class_names = names
        model.preprocessing = {
            "low": np.float32(-1), "high": np.int64(1), "sides": (8, np.int8(8)), 3: np.bool_(True),
            "means": np.array([0.5, 1.5]), "none": None, "ink": np.str_("any"),
            "more": {"dataset": np.float16(2)},
        }  # fmt: skip
        save(model, tmp_path / "m.safetensors")
        again = load(tmp_path / "m.safetensors")
        assert again.config == config
        assert again.class_names == ["a", "b", "c"]
        assert again.preprocessing == {
            "low": -1.0, "high": 1, "sides": [8, 8], "3": True, "means": [0.5, 1.5], "none": None,
            "ink": "any", "more": {"dataset": 2.0},
        }  # fmt: skip
        save(again, tmp_path / "n.safetensors")
        assert load(tmp_path / "n.safetensors").preprocessing == again.preprocessing


def test_no_names_and_no_preprocessing(tmp_path):
    for nothing in (None, []):
        model = ViT(variant("digits", depth=1))
        model.class_names, model.preprocessing = nothing, None
        save(model, tmp_path / "m.safetensors")
        again = load(tmp_path / "m.safetensors")
        assert again.class_names == [str(c) for c in range(10)]
        assert again.preprocessing == {}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"class_names": ["one", "two"]}, "class names are one, two: 2 for 10 classes; give one"),
        ({"class_names": "abcdefghij"}, "class names are abcdefghij: 1 for 10 classes"),
        ({"preprocessing": {"dataset": 5}}, "could not be read again \\('dataset' is 5"),
        ({"preprocessing": {"a": [1, {2}]}}, r"preprocessing\['a'\]\[1\] is \{2\}: a file holds"),
        ({"preprocessing": {"a": 1j}}, r"preprocessing\['a'\] is 1j: a file holds numbers"),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(tmp_path, changes, sentence):
    model = ViT(variant("digits", depth=1))
    for name, value in changes.items():
        setattr(model, name, value)
    with pytest.raises(InputError, match=sentence):
        save(model, tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []
