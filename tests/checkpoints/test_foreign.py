"""Other people's checkpoints: every spelling is read, and what can't be is refused by name."""

import contextlib
import json
import zipfile

import numpy as np
import pytest
from foreign_files import IMAGES, arrays_of, drawn
from safetensors.numpy import save_file

import minivit
from minivit import InputError, ViT
from minivit.checkpoints import export, load_config
from minivit.checkpoints.foreign.google import LINEN, POSITIONS
from minivit.checkpoints.foreign.imagenet import names_if_imagenet

NAMES = ["0", "1", "2"]  # where no others are given


def linen(arrays):
    def renamed(key):
        for new, old in LINEN.items():
            key = key.replace(old, new)
        return key

    return {renamed(key): array for key, array in arrays.items()}


def prefixed(prefix):
    return lambda arrays: (
        {prefix + key: array for key, array in arrays.items()}
        | ({"opt/state/step": np.zeros(1, np.float32)} if prefix.startswith("opt") else {})
    )


def stacked(arrays):
    """As big_vision writes it with scan: one array for all blocks, positions at the top."""
    found = {k: a for k, a in linen(arrays).items() if "encoderblock_" not in k}
    for key, array in linen(arrays).items():
        if "encoderblock_0/" in key:
            other = linen(arrays)[key.replace("block_0/", "block_1/")]
            found[key.replace("block_0/", "block/")] = np.stack([array, other])
    found["pos_embedding"] = found.pop(POSITIONS)
    return prefixed("params/")(found)


def positions_without_cls(arrays):
    """As big_vision keeps them: cls' = cls + pos[0] is folded in."""
    found = dict(arrays)
    positions = found.pop(POSITIONS)
    found["cls"] = found["cls"] + positions[:, :1]
    return prefixed("params/")(linen(found) | {"pos_embedding": positions[:, 1:]})


SPELLINGS = {
    "original": dict, "linen": linen, "state": prefixed("opt/target/"),
    "image tower": prefixed("params/img/"), "stacked": stacked,
    "no cls row": positions_without_cls,
}  # fmt: skip


MODELS = ({}, {"pre_logits": 5}, {"pool": "mean"})


@pytest.mark.parametrize(
    "spelling, changes",
    [(s, c) for s in SPELLINGS for c in MODELS if "pool" not in c or s != "no cls row"],
)
def test_every_spelling_of_google_is_the_same_model(spelling, changes, tmp_path):
    model = drawn(**changes)
    np.savez(tmp_path / "vit.npz", **SPELLINGS[spelling](arrays_of(model, "google")))
    again = minivit.load(tmp_path / "vit.npz")
    assert again.config == model.config
    assert np.allclose(again.logits(IMAGES), model.logits(IMAGES), atol=1e-6)


@pytest.mark.parametrize(
    "layout, changes",
    [
        ("google", {}),
        ("google", {"pool": "mean", "image": (4, 4)}),
        ("google", {"image": (4, 8), "patch": (1, 2)}),
        ("timm", {"gelu": "erf", "qkv_bias": False, "image": (6, 4)}),
        ("timm", {"pool": "mean", "norm_after_pool": True, "cls_token": True}),
        ("timm", {"pool": "mean", "gelu": "erf", "patch": (3, 2), "width": 6, "heads": 3}),
        ("hf", {"gelu": "erf", "eps": 1e-12, "image": (4, 8)}),
        ("hf", {"qkv_bias": False, "channels": 1}),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_exported_comes_back_to_the_bit(layout, changes, dtype, tmp_path):
    model = drawn(**changes)
    model = ViT(model.config, dtype=dtype)
    model.class_names = NAMES if layout == "google" else ["a", "b", "c"]
    model.parameters.flat[:] = np.random.default_rng(2).standard_normal(model.layout.size)
    export(model, layout, tmp_path / "there")
    again = minivit.load(tmp_path / "there")
    assert again.dtype == model.dtype
    expected = model.config.to_dict() | {"cls_token": model.config.has_cls}
    assert again.config.to_dict() | {"cls_token": again.config.has_cls} == expected
    assert np.array_equal(again.parameters.flat, model.parameters.flat)
    assert again.class_names == model.class_names


@pytest.mark.parametrize(
    "layout, use, names, words",
    [
        ("hf", {}, ["a", "b", "c"], None),
        ("hf", {"resize": "squash"}, NAMES, None),
        ("hf", {"resize": "middle", "crop": 0.9}, NAMES, "takes the middle part of a picture"),
        ("hf", {"low": -1.0}, NAMES, "takes the middle part of a picture"),
        ("hf", {"ink": "bright"}, NAMES, "frames the strokes"),
        ("timm", {"ink": "bright"}, NAMES, "frames the strokes"),
        ("timm", {"resize": "middle", "crop": 0.9}, ["a", "b", "c"], None),
        ("google", {}, NAMES, None),
        ("google", {}, ["a", "b", "c"], "nothing of what the classes are called$"),
        ("google", {"ink": "bright"}, NAMES, "nothing of how a picture becomes an input$"),
        ("google", {"low": -1.0}, ["a", "b", "c"], "called and of how a picture"),
    ],
)
def test_what_the_files_don_t_say_is_warned_of(layout, use, names, words, tmp_path):
    model = drawn()
    model.preprocessing, model.class_names = use, names
    warned = pytest.warns(UserWarning, match=words) if words else contextlib.nullcontext()
    with warned:  # else a warning is an error
        export(model, layout, tmp_path / "there")


def test_pixels_come_back_from_mean_and_spread(tmp_path):
    model = drawn(gelu="erf")
    for layout in ("hf", "timm"):
        low, high = [-2.0, -1.5, -1.0], [2.0, 2.5, 3.0]
        model.preprocessing = {"low": low, "high": high, "resize": "squash", "crop": 0.75}
        export(model, layout, tmp_path / layout)
        again = minivit.load(tmp_path / layout).preprocessing
        assert np.allclose([again["low"], again["high"]], [low, high])
        assert again["resize"] == "squash" and again["ink"] == "any" and again["crop"] == 0.75


@pytest.mark.parametrize("low, high", [(0.5, 0.5), ("dark", 1.0), ([0.0], [1.0])])
def test_pixels_that_no_mean_and_spread_describe_are_refused(low, high, tmp_path):
    model = drawn(gelu="erf")
    model.preprocessing = {"low": low, "high": high}
    with pytest.raises(InputError, match="the model takes black"):
        export(model, "hf", tmp_path / "hf")
    assert list(tmp_path.iterdir()) == []


def test_deit_cuts_a_middle_part_out(tmp_path):
    export(drawn(gelu="erf", image=(7, 7), patch=(7, 7)), "hf", tmp_path / "hf")
    path = tmp_path / "hf" / "preprocessor_config.json"
    told = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225],
            "do_center_crop": True, "crop_size": 7, "size": 8, "resample": 3}  # fmt: skip
    path.write_text(json.dumps(told))
    found = minivit.load(tmp_path / "hf").preprocessing
    assert found["crop"] == 0.875 and found["interpolation"] == "bicubic"
    assert np.isclose(found["low"][2], -0.406 / 0.225)
    path.write_text(json.dumps(told | {"do_normalize": False}))
    found = minivit.load(tmp_path / "hf").preprocessing
    assert (found["low"], found["high"]) == (0, 1)
    assert found["resize"] == "squash"
    path.write_text(json.dumps(told | {"size": {"shortest_edge": 8}}))
    found = minivit.load(tmp_path / "hf").preprocessing
    assert (found["resize"], found["crop"]) == ("middle", 0.875)
    path.write_text(json.dumps(told | {"size": {}}))
    with pytest.raises(InputError, match="middle part of no size"):
        minivit.load(tmp_path / "hf")
    path.write_text(json.dumps(told | {"image_std": [0.2, 0, 0.2]}))
    with pytest.raises(InputError, match="don't go together"):
        minivit.load(tmp_path / "hf")


def bfloat16(array):
    return (array.view(np.uint32) >> 16).astype(np.uint16)


def test_half_precision_is_widened(tmp_path):
    model, arrays = drawn(), arrays_of(drawn(), "google")
    np.savez(tmp_path / "half.npz", **{k: a.astype(np.float16) for k, a in arrays.items()})
    np.savez(tmp_path / "brain.npz", **{k: bfloat16(a).view("V2") for k, a in arrays.items()})
    for name in ("half", "brain"):
        again = minivit.load(tmp_path / f"{name}.npz")
        assert again.dtype == np.float32
        assert np.allclose(again.parameters.flat, model.parameters.flat, rtol=8e-3, atol=1e-6)
    heads = {"heads": 2}
    arrays = arrays_of(drawn(), "timm")
    save_file({k: a.astype(np.float16) for k, a in arrays.items()}, tmp_path / "x.safetensors")
    again = minivit.load(tmp_path / "x.safetensors", **heads)
    assert np.allclose(again.parameters.flat, model.parameters.flat, rtol=1e-3, atol=1e-6)


def timm_file(tmp_path, change=lambda arrays: None, **changes):
    arrays = arrays_of(drawn(**changes), "timm")
    change(arrays)
    save_file(arrays, tmp_path / "model.safetensors")
    return tmp_path


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda a: a.pop("blocks.1.mlp.fc2.bias"), r"missing: blocks\.1\.mlp\.fc2\.bias"),
        (lambda a: a.update({"blocks.0.ls1.gamma": IMAGES}), r"unknown: blocks\.0\.ls1\.gamma"),
        (lambda a: a.update({"norm.bias": np.ones(9)}), r"norm\.bias \(9,\) instead of \(8,\)"),
        (lambda a: a.pop("head.weight"), r"missing: head\.weight$"),
        (lambda a: a.pop("head.bias"), r"missing: head\.bias$"),
        (lambda a: a.update({"reg_token": np.ones((1, 2, 8))}), r"it has registers \(reg_token\)"),
        (lambda a: a.update({"dist_token": np.ones(9)}), "DeiT with distillation"),
        (lambda a: a.update({"pos_embed": np.ones((1, 7, 8))}), "7 rows of positions"),
        (lambda a: a.update({"pos_embed": np.ones((7, 8))}), r"pos_embed has shape \(7, 8\)"),
        (lambda a: a.update({"blocks.2.norm1.bias": np.ones(8)}), r"missing: blocks\.2\.attn"),
        (lambda a: a.update({"blocks.9999.x": np.ones(8)}), "at most 1000 blocks"),
        (lambda a: a.pop("blocks.0.attn.qkv.weight"), "unknown family.*Google's has embedding"),
    ],
)
def test_names_and_shapes_are_compared_first(change, words, tmp_path):
    with pytest.raises(InputError, match=words):
        minivit.load(timm_file(tmp_path, change), heads=2)


def test_heads_are_asked_for_where_nothing_tells_them(tmp_path):
    folder = timm_file(tmp_path)
    with pytest.raises(InputError, match=r"width of 8 does not tell.*--heads"):
        minivit.load(folder)
    assert minivit.load(folder, heads=4).config.heads == 4
    (folder / "config.json").write_text(json.dumps({"model_args": {"num_heads": 2}}))
    assert minivit.load(folder).config.heads == 2
    (folder / "config.json").write_text(json.dumps({"model_args": {"num_heads": "two"}}))
    with pytest.raises(InputError, match="'num_heads' as 'two'"):
        minivit.load(folder)
    (folder / "config.json").write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        minivit.load(folder)


def test_a_known_width_tells_the_heads(tmp_path):
    assert load_config(timm_file(tmp_path, width=192, heads=4)).heads == 3


def test_the_user_may_say_how_it_pools(tmp_path):
    folder = timm_file(tmp_path)
    assert minivit.load(folder, heads=2).config.pool == "cls"
    assert minivit.load(folder, heads=2, pool="mean").config.pool == "mean"
    with pytest.raises(InputError, match="this layout has cls and mean"):
        minivit.load(folder, heads=2, pool="flatten")


def test_what_the_arrays_tell_is_not_said_otherwise(tmp_path):
    np.savez(tmp_path / "x.npz", **arrays_of(drawn(), "google"))
    assert minivit.load(tmp_path / "x.npz", heads=2, pool="cls").config.heads == 2
    with pytest.raises(InputError, match="shape of its arrays tells 2: leave heads out"):
        minivit.load(tmp_path / "x.npz", heads=4)
    with pytest.raises(InputError, match="the array cls, or its lack, tells cls"):
        minivit.load(tmp_path / "x.npz", pool="mean")
    with pytest.raises(InputError, match="heads is 0"):
        minivit.load(timm_file(tmp_path) / "model.safetensors", heads=0)


def test_a_head_of_zeros_or_none_is_pointed_out(tmp_path):
    zero = timm_file(tmp_path, lambda a: a.update({"head.weight": np.zeros((3, 8), np.float32)}))
    with pytest.warns(UserWarning, match="head that is all 0"):
        minivit.load(zero, heads=2)

    def headless(arrays):
        del arrays["head.weight"], arrays["head.bias"]

    with pytest.warns(UserWarning, match="has no head"):
        assert minivit.load(timm_file(tmp_path, headless), heads=2).config.classes == 1


def test_a_base_model_of_hugging_face_has_a_pooler(tmp_path):
    model = drawn(gelu="erf", eps=1e-12, pre_logits=8)
    arrays = {k.removeprefix("vit."): a for k, a in arrays_of(model, "hf").items()}
    arrays = {k: a for k, a in arrays.items() if not k.startswith("classifier")}
    save_file(arrays, tmp_path / "model.safetensors")
    with pytest.warns(UserWarning, match="has no head"):
        again = minivit.load(tmp_path, heads=2)
    assert again.config.pre_logits == 8
    assert np.array_equal(again.parameters["pre_logits.w"], model.parameters["pre_logits.w"])


def test_a_thousand_classes_are_those_of_imagenet(tmp_path):
    names = names_if_imagenet(1000)
    assert len(set(names)) == 1000
    assert (names[0], names[281], names[999]) == ("tench", "tabby", "toilet tissue")
    np.savez(tmp_path / "x.npz", **arrays_of(drawn(classes=1000), "google"))
    with pytest.warns(UserWarning, match="names of .*x.npz are assumed: ImageNet's"):
        assert minivit.load(tmp_path / "x.npz").class_names == names


@pytest.mark.parametrize(
    "layout, changes, words",
    [
        ("timm", {"top_k": 2}, "top k is 2"),
        ("timm", {"positions": "relative"}, "positions is relative"),
        ("timm", {"pre_logits": 5}, "pre logits is 5"),
        ("hf", {"pool": "mean"}, "pool is mean"),
        ("hf", {"window": 3}, "window is 3"),
        ("google", {"gelu": "erf"}, "gelu is erf"),
        ("google", {"eps": 1e-5, "axial": True}, "axial is yes.*eps is 1e-05"),
        ("google", {"pool": "mean", "cls_token": True}, "cls token is yes"),
        ("google", {"image": (2, 18)}, "patches are 1x9, and it tells only their number"),
        ("google", {"image": (4, 6)}, "patches are 2x3, and it tells only their number"),
        ("hf", {"depth": 0, "qkv_bias": True}, "depth is 0"),
        ("timm", {"depth": 0}, "depth is 0"),
        ("google", {"depth": 0}, "depth is 0"),
    ],
)
def test_what_a_layout_cannot_express_is_refused_by_name(layout, changes, words, tmp_path):
    with pytest.raises(InputError, match=words):
        export(drawn(**changes), layout, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_an_export_overwrites_nothing(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        export(drawn(), "timm", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(InputError, match="choose hf or timm or google"):
        export(drawn(), "onnx", tmp_path / "new")


def with_header_of(path, length):
    """A safetensors file whose header is made so long with spaces, as the format allows."""
    content = path.read_bytes()
    header = content[8 : 8 + int.from_bytes(content[:8], "little")]
    rest = content[8 + len(header) :]
    path.write_bytes(length.to_bytes(8, "little") + header.ljust(length) + rest)


def test_a_header_s_length_may_look_like_the_beginning_of_a_pickle(tmp_path):
    path = timm_file(tmp_path) / "model.safetensors"
    with_header_of(path, 0x4480)
    assert path.read_bytes()[0] == 0x80
    assert minivit.load(path, heads=2).config.depth == 2
    save_file({"x": np.zeros(3, np.float32)}, path)
    with_header_of(path, 0x0480)  # the second byte is a protocol's, too
    with pytest.raises(InputError, match="unknown family"):
        minivit.load(path)


def zipped(path, **members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_files_that_are_none(tmp_path):
    path = tmp_path / "x"
    np.savez(tmp_path / "objects.npz", **{"embedding/kernel": np.array([{}], object)})
    with pytest.raises(InputError, match="array of Python objects"):
        minivit.load(tmp_path / "objects.npz")
    np.savez(tmp_path / "words.npz", **{"embedding/kernel": np.array(["a"])})
    with pytest.raises(InputError, match="expected real numbers"):
        minivit.load(tmp_path / "words.npz")
    zipped(path, **{"archive/data.pkl": b"pickle"})
    with pytest.raises(InputError, match="convert it to safetensors"):
        minivit.load(path)
    path.write_bytes(b"\x80\x02cpickle")
    with pytest.raises(InputError, match="is a pickle"):
        minivit.load(path)
    path.write_text("a text file, and no checkpoint")
    with pytest.raises(InputError, match="not a safetensors file"):
        minivit.load(path)
    np.savez(tmp_path / "whole.npz", **arrays_of(drawn(), "google"))
    path.write_bytes((tmp_path / "whole.npz").read_bytes()[:-100])
    with pytest.raises(InputError, match=r"no whole \.npz file"):
        minivit.load(path)
    with pytest.raises(InputError, match="holds several checkpoints"):
        minivit.load(tmp_path)
    minivit.save(drawn(), path)
    with pytest.raises(InputError, match="leave heads out"):
        minivit.load(path, heads=2)


def test_no_more_blocks_are_unstacked_than_a_model_may_have(tmp_path):
    arrays = {"embedding/kernel": IMAGES, "Transformer/encoderblock/x": np.zeros((10**9, 0))}
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(InputError, match=r"encoderblock_0/.*is missing"):
        minivit.load(tmp_path / "x.npz")


def test_a_trace_of_somebody_else_s_model(tmp_path):
    trace = minivit.load(timm_file(tmp_path), heads=2).trace(IMAGES)
    assert trace.values["blocks.1.attention.probs"].shape == (2, 2, 10, 10)


@pytest.mark.parametrize(
    "layout, one, other",
    [
        ("google", POSITIONS, "pos_embedding"),
        ("google", "Transformer/encoderblock_1/LayerNorm_2/bias",
         "Transformer/encoderblock_1/LayerNorm_1/bias"),
        ("timm", "norm.weight", "fc_norm.weight"),
        ("hf", "vit.layernorm.bias", "deit.layernorm.bias"),
    ],
)  # fmt: skip
def test_no_array_is_lost_where_two_have_one_name(layout, one, other, tmp_path):
    arrays = arrays_of(drawn(), layout)
    arrays[other] = arrays[one]
    np.savez(tmp_path / "x.npz", **arrays)
    asked = {} if layout == "google" else {"heads": 2}
    with pytest.raises(InputError, match=f"has {one!r} twice"):
        minivit.load(tmp_path / "x.npz", pool="cls", **asked)
