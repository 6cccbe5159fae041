"""What timm's config.json tells: read, or refused by name."""

import json

import numpy as np
import pytest
from foreign_files import IMAGES, MEAN, arrays_of, drawn, folder_of, timm_folder

import minivit
from minivit import InputError
from minivit.checkpoints import load_config, open_any
from minivit.cli.main import main


def without_cls(**changes):
    return drawn(**(MEAN | {"cls_token": False} | changes))


# What timm makes of the arrays, by whose keys: with cls and norm, with fc_norm, without cls.
@pytest.mark.parametrize(
    "made, pool",
    [
        ("plain", "max"), ("plain", "avgmax"), ("plain", ""), ("plain", "map"), ("plain", "prr"),
        ("behind", "max"), ("behind", "avgmax"), ("behind", ""), ("behind", ["avg"]),
        ("no cls", "max"), ("no cls", ""), ("no cls", "mean"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["root", "model_args", "both"])
def test_another_pooling_is_refused_by_name(made, pool, place, tmp_path):
    model = {"plain": drawn(gelu="erf"), "behind": drawn(**MEAN), "no cls": without_cls()}[made]
    told = {"global_pool": pool}
    folder = timm_folder(tmp_path / "x", model, told if place != "root" else {},
                  **(told if place != "model_args" else {}))  # fmt: skip
    with pytest.raises(InputError) as refused:
        minivit.load(folder)
    assert f"asks for pooling {pool!r}: minivit reads token and avg" in str(refused.value)


def test_poolings_that_contradict_something_are_refused(tmp_path):
    both = timm_folder(tmp_path / "a", drawn(), {"global_pool": "avg"}, global_pool="token")
    with pytest.raises(InputError, match="has the poolings 'avg' and 'token'"):
        minivit.load(both)
    with pytest.raises(InputError, match="pool is cls, and the file has no cls_token"):
        minivit.load(timm_folder(tmp_path / "b", without_cls(), {"global_pool": "token"}))
    with pytest.raises(InputError, match="fc_norm is False and the arrays tell True"):
        minivit.load(
            timm_folder(tmp_path / "c", drawn(**MEAN), {"global_pool": "avg", "fc_norm": False})
        )
    prefix = {"global_pool": "avg", "pool_include_prefix": True}
    with pytest.raises(InputError, match="pool_include_prefix"):
        minivit.load(timm_folder(tmp_path / "d", drawn(**MEAN), prefix))
    with pytest.raises(InputError, match=r"pool is mean, and config\.json tells cls"):
        minivit.load(timm_folder(tmp_path / "e", drawn(), {"global_pool": "token"}), pool="mean")


def test_a_prefix_that_isn_t_there_or_isn_t_read_changes_nothing(tmp_path):
    cases = {"token": drawn(gelu="erf"), "avg": without_cls()}
    for pool, model in cases.items():
        told = {"global_pool": pool, "pool_include_prefix": True}
        again = minivit.load(timm_folder(tmp_path / pool, model, told))
        assert np.array_equal(again.logits(IMAGES), model.logits(IMAGES))


def test_a_norm_behind_the_cls_token_is_the_same_as_before_it(tmp_path):
    model = drawn(gelu="erf")
    folder = timm_folder(tmp_path / "x", model, {"fc_norm": True}, global_pool="token")
    arrays = {f"fc_{k}" if k.startswith("norm.") else k: a
              for k, a in arrays_of(model, "timm").items()}  # fmt: skip
    folder_of(folder, arrays)
    again = minivit.load(folder)
    assert again.config.pool == "cls"
    assert np.array_equal(again.logits(IMAGES), model.logits(IMAGES))
    (folder / "config.json").unlink()
    assert load_config(folder, minivit.checkpoints.Asked(2, "cls")) == again.config


def test_pooling_that_nothing_tells_is_assumed_and_said(tmp_path):
    for model, pool in ((drawn(), "cls"), (drawn(**MEAN), "mean"), (without_cls(), "mean")):
        folder = timm_folder(tmp_path / "x", model)
        assert minivit.load(folder).config.pool == pool
        with open_any(folder) as checkpoint:
            assert checkpoint.assumed["pool"] == f"{pool}, as no file tells it"


@pytest.mark.parametrize(
    "args, root, words",
    [
        ({"embed_dim": 16}, {}, "embed_dim is 16 and the arrays tell 8"),
        ({"depth": 3}, {}, "depth is 3 and the arrays tell 2"),
        ({"patch_size": 4}, {}, r"patch_size is 4 and the arrays tell \(2, 2\)"),
        ({"patch_size": [2, 1]}, {}, r"patch_size is \[2, 1\] and the arrays tell"),
        ({"in_chans": 1}, {}, "in_chans is 1 and the arrays tell 3"),
        ({"class_token": False}, {}, "class_token is False and the arrays tell True"),
        ({"qkv_bias": False}, {}, "qkv_bias is False and the arrays tell True"),
        ({"mlp_ratio": 4}, {}, "mlp_ratio is 4 and the arrays tell 1.5"),
        ({"mlp_ratio": 1e308}, {}, r"mlp_ratio is 1e\+308 and the arrays tell 1.5"),
        ({"reg_tokens": 4}, {}, "reg_tokens is 4 and the arrays tell 0"),
        ({}, {"num_classes": 1000}, "num_classes is 1000 and the arrays tell 3"),
        ({}, {"use": {"num_classes": 10}}, "num_classes is 10 and the arrays tell 3"),
        ({"depth": 3, "embed_dim": 9}, {}, "embed_dim is 9.*; depth is 3"),
        ({"act_layer": "relu"}, {}, "asks for 'relu'"),
        ({"img_size": 8}, {}, r"10 rows.*patches \(2x2\) of an image of 8x8, which its config"),
        ({}, {"use": {"input_size": [1, 6, 6]}}, "input_size is 1 and the arrays tell 3"),
        ({}, {"use": {"input_size": [3, 8, 8]}}, "an image of 8x8, which its config.json tells"),
        ({}, {"use": {"input_size": [3]}}, r"an image of \[\]: expected its sides"),
    ],
)
def test_what_contradicts_the_arrays_of_timm_is_said(args, root, words, tmp_path):
    with pytest.raises(InputError, match=words):
        minivit.load(timm_folder(tmp_path / "x", drawn(), args, **root))


def test_what_agrees_with_the_arrays_is_read(tmp_path):
    args = {"embed_dim": 8, "depth": 2, "patch_size": 2, "in_chans": 3, "mlp_ratio": 1.59,
            "class_token": True, "qkv_bias": True, "fc_norm": None, "act_layer": None}  # fmt: skip
    folder = timm_folder(tmp_path / "x", drawn(), args, {"num_classes": 1000}, num_classes=3)
    assert minivit.load(folder).config.gelu == "erf"


def test_the_sides_come_from_the_pictures_where_the_model_tells_none(tmp_path):
    model = drawn(image=(2, 18), gelu="erf")
    folder = timm_folder(tmp_path / "x", model, use={"input_size": [3, 2, 18]})
    assert minivit.load(folder).config.image == (2, 18)
    (folder / "config.json").write_text(json.dumps({"model_args": {"num_heads": 2}}))
    assert minivit.load(folder).config.image == (6, 6)


def test_info_says_what_is_assumed(tmp_path, capsys):
    folder = timm_folder(tmp_path / "x", drawn(classes=1000))
    assert main(["info", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "assumed image        square, as no file tells its sides" in out
    assert "assumed pixels       the usual ones of this layout" in out
    assert "assumed class names  ImageNet's, as no file tells them" in out
    use = {"input_size": [3, 6, 6], "mean": [0.5] * 3, "std": [0.5] * 3}
    told = {"use": use, "label_names": [f"c{i}" for i in range(1000)]}
    timm_folder(tmp_path / "x", drawn(classes=1000), global_pool="token", **told)
    assert main(["info", str(folder)]) == 0
    assert "as no file tells" not in capsys.readouterr().out
    assert minivit.load(folder).class_names == told["label_names"]


NAMES = ["n1", "n2", "n3"]


@pytest.mark.parametrize(
    "told, names",
    [
        ({"label_names": NAMES}, NAMES),
        ({"use": {"label_names": NAMES}}, NAMES),
        ({"label_names": NAMES, "use": {"label_names": ["x"]}}, NAMES),
        ({"label_names": {"0": "a", "2": "c", "1": "b"}}, ["a", "b", "c"]),
        ({"label_names": NAMES, "label_descriptions": {"n2": "cat"}}, ["n1", "cat", "n3"]),
        ({"use": {"label_names": NAMES, "label_descriptions": {"n3": "d"}}}, ["n1", "n2", "d"]),
        ({"labels": NAMES}, NAMES),
        ({}, ["0", "1", "2"]),
    ],
)
def test_class_names_of_timm(told, names, tmp_path):
    assert minivit.load(timm_folder(tmp_path / "x", drawn(), **told)).class_names == names


@pytest.mark.parametrize(
    "told, words",
    [
        ({"label_names": ["a"]}, "the class names are a: 1 for 3 classes"),
        ({"label_names": {"0": "a", "7": "b"}}, "names 2 classes, and the arrays have 3"),
        ({"label_names": "abc"}, "'label_names' as 'abc'"),
        ({"use": {"crop_pct": -1}}, "crop is -1"),
        ({"use": {"crop_pct": 0}}, "crop is 0"),
        ({"use": {"mean": [1e300] * 3}}, "takes black as"),
        ({"use": {"interpolation": "lanczos"}}, "'interpolation' as 'lanczos': minivit takes"),
        ({"use": {"crop_mode": "border"}}, "'crop_mode' as 'border': minivit takes"),
        ({"use": {"mean": [0.1, 0.2], "std": [1, 1]}}, "takes black as"),
    ],
)
def test_info_refuses_what_other_verbs_would(told, words, tmp_path, capsys):
    folder = timm_folder(tmp_path / "x", drawn(), **told)
    assert main(["info", str(folder)]) == 2
    assert words in capsys.readouterr().err


def test_names_stand_where_timm_writes_and_reads_them(tmp_path):
    model = drawn()
    model.class_names = NAMES
    minivit.export(model, "timm", tmp_path / "x")
    config = json.loads((tmp_path / "x" / "config.json").read_text())
    assert config["label_names"] == NAMES
    assert "label_names" not in config["pretrained_cfg"]
