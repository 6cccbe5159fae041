"""What the JSON files beside other people's weights tell: read, or refused by name."""

import json

import numpy as np
import pytest
from foreign_files import IMAGES, arrays_of, drawn, folder_of

import minivit
from minivit import InputError
from minivit.checkpoints import load_config, open_any
from minivit.cli.main import main

TIMM = {"architecture": "vit_tiny_patch16_224", "model_args": {"num_heads": 2}}
HF = {"num_attention_heads": 2}
MEAN = {"pool": "mean", "norm_after_pool": True, "cls_token": True, "gelu": "erf"}


def timm(folder, model, args=(), use=None, **root):
    """A folder of timm's: `args` into model_args, `use` into pretrained_cfg."""
    config = TIMM | {"model_args": TIMM["model_args"] | dict(args)} | root
    config |= {} if use is None else {"pretrained_cfg": use}
    return folder_of(folder, arrays_of(model, "timm"), config)


def hugging_face(folder, model, preprocessor=None, **config):
    return folder_of(folder, arrays_of(model, "hf"), HF | config, preprocessor)


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
    folder = timm(tmp_path / "x", model, told if place != "root" else {},
                  **(told if place != "model_args" else {}))  # fmt: skip
    with pytest.raises(InputError) as refused:
        minivit.load(folder)
    assert f"asks for pooling {pool!r}: minivit reads token and avg" in str(refused.value)


def test_poolings_that_contradict_something_are_refused(tmp_path):
    both = timm(tmp_path / "a", drawn(), {"global_pool": "avg"}, global_pool="token")
    with pytest.raises(InputError, match="has the poolings 'avg' and 'token'"):
        minivit.load(both)
    with pytest.raises(InputError, match="pool is cls, and the file has no cls_token"):
        minivit.load(timm(tmp_path / "b", without_cls(), {"global_pool": "token"}))
    with pytest.raises(InputError, match="fc_norm is False and the arrays tell True"):
        minivit.load(timm(tmp_path / "c", drawn(**MEAN), {"global_pool": "avg", "fc_norm": False}))
    prefix = {"global_pool": "avg", "pool_include_prefix": True}
    with pytest.raises(InputError, match="pool_include_prefix"):
        minivit.load(timm(tmp_path / "d", drawn(**MEAN), prefix))
    with pytest.raises(InputError, match=r"pool is mean, and config\.json tells cls"):
        minivit.load(timm(tmp_path / "e", drawn(), {"global_pool": "token"}), pool="mean")


def test_a_prefix_that_isn_t_there_or_isn_t_read_changes_nothing(tmp_path):
    cases = {"token": drawn(gelu="erf"), "avg": without_cls()}
    for pool, model in cases.items():
        told = {"global_pool": pool, "pool_include_prefix": True}
        again = minivit.load(timm(tmp_path / pool, model, told))
        assert np.array_equal(again.logits(IMAGES), model.logits(IMAGES))


def test_a_norm_behind_the_cls_token_is_the_same_as_before_it(tmp_path):
    model = drawn(gelu="erf")
    folder = timm(tmp_path / "x", model, {"fc_norm": True}, global_pool="token")
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
        folder = timm(tmp_path / "x", model)
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
        minivit.load(timm(tmp_path / "x", drawn(), args, **root))


def test_what_agrees_with_the_arrays_is_read(tmp_path):
    args = {"embed_dim": 8, "depth": 2, "patch_size": 2, "in_chans": 3, "mlp_ratio": 1.59,
            "class_token": True, "qkv_bias": True, "fc_norm": None, "act_layer": None}  # fmt: skip
    folder = timm(tmp_path / "x", drawn(), args, {"num_classes": 1000}, num_classes=3)
    assert minivit.load(folder).config.gelu == "erf"


def test_the_sides_come_from_the_pictures_where_the_model_tells_none(tmp_path):
    model = drawn(image=(2, 18), gelu="erf")
    folder = timm(tmp_path / "x", model, use={"input_size": [3, 2, 18]})
    assert minivit.load(folder).config.image == (2, 18)
    (folder / "config.json").write_text(json.dumps(TIMM))
    assert minivit.load(folder).config.image == (6, 6)


def test_info_says_what_is_assumed(tmp_path, capsys):
    folder = timm(tmp_path / "x", drawn(classes=1000))
    assert main(["info", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "assumed image        square, as no file tells its sides" in out
    assert "assumed class names  ImageNet's, as no file tells them" in out
    told = {"use": {"input_size": [3, 6, 6]}, "label_names": [f"c{i}" for i in range(1000)]}
    timm(tmp_path / "x", drawn(classes=1000), global_pool="token", **told)
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
    assert minivit.load(timm(tmp_path / "x", drawn(), **told)).class_names == names


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
    folder = timm(tmp_path / "x", drawn(), **told)
    assert main(["info", str(folder)]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "told, words",
    [
        ({"hidden_size": 16}, "hidden_size is 16 and the arrays tell 8"),
        ({"num_hidden_layers": 7}, "num_hidden_layers is 7 and the arrays tell 2"),
        ({"intermediate_size": 5}, "intermediate_size is 5 and the arrays tell 12"),
        ({"patch_size": 3}, r"patch_size is 3 and the arrays tell \(2, 2\)"),
        ({"num_channels": 9}, "num_channels is 9 and the arrays tell 3"),
        ({"qkv_bias": False}, "qkv_bias is False and the arrays tell True"),
        ({"model_type": "dinov2"}, "says that it is a 'dinov2': minivit reads vit and deit"),
        ({"image_size": 32}, "an image of 32x32, which its config.json tells"),
        ({"id2label": {"0": "a"}}, "names 1 classes, and the arrays have 3"),
        ({"hidden_act": None}, "asks for None: minivit has gelu"),
        ({"hidden_act": ["gelu"]}, r"asks for \['gelu'\]: minivit has gelu"),
        ({"layer_norm_eps": 0}, "eps is 0"),
    ],
)
def test_what_contradicts_the_arrays_of_hugging_face_is_said(told, words, tmp_path):
    with pytest.raises(InputError, match=words):
        minivit.load(hugging_face(tmp_path / "x", drawn(), **told))


@pytest.mark.parametrize("layout", ["timm", "hf"])
def test_the_config_goes_before_an_argument_and_that_before_a_known_width(layout, tmp_path):
    make = {"timm": timm, "hf": hugging_face}[layout]
    folder = make(tmp_path / "x", drawn(width=192, heads=2, mlp=2, depth=1))
    assert load_config(folder).heads == 2
    with pytest.raises(InputError, match=r"heads is 4, and config\.json tells 2: leave heads out"):
        minivit.load(folder, heads=4)
    assert minivit.load(folder, heads=2).config.heads == 2
    (folder / "config.json").unlink()
    assert load_config(folder).heads == 3
    assert minivit.load(folder, heads=4).config.heads == 4


@pytest.mark.parametrize("told, black, white", [
    ({"rescale_factor": 1 / 127.5, "image_mean": [1.0] * 3, "image_std": [1.0] * 3}, -1, 1),
    ({"rescale_factor": 2 / 255}, -1, 3),
    ({"do_rescale": False, "image_mean": [127.5] * 3, "image_std": [127.5] * 3}, -1, 1),
    ({"do_normalize": False}, 0, 1),
    ({"do_normalize": False, "rescale_factor": 1 / 51}, 0, 5),
])  # fmt: skip
def test_every_step_to_an_input_is_in_the_values_of_black_and_white(told, black, white, tmp_path):
    found = minivit.load(hugging_face(tmp_path / "x", drawn(), told)).preprocessing
    assert np.isclose([found["low"], found["high"]], [black, white]).all()


@pytest.mark.parametrize("told, words", [
    ({"do_rescale": False}, "takes black as -1.0 and white as 509"),
    ({"do_rescale": False, "do_normalize": False}, "black as 0.0 and white as 255"),
    ({"rescale_factor": "x"}, "'rescale_factor' as 'x': expected a number"),
    ({"rescale_factor": 0}, "black and white as the same"),
    ({"do_rescale": "no"}, "'do_rescale' as 'no': expected true or false"),
    ({"resample": 1}, "'resample' as 1: minivit takes pictures by 2 and 3"),
    ({"size": 8}, r"size is 8 and the arrays tell \(6, 6\)"),
    ({"size": {"height": 6, "width": 4}}, r"size is \[6, 4\] and the arrays tell"),
    ({"do_center_crop": True, "size": 8, "crop_size": 7}, "size is 7 and the arrays tell"),
])  # fmt: skip
def test_steps_to_no_input_are_refused(told, words, tmp_path):
    with pytest.raises(InputError, match=words):
        minivit.load(hugging_face(tmp_path / "x", drawn(), told))


def test_numbered_labels_are_no_names(tmp_path):
    numbered = {str(i): f"LABEL_{i}" for i in range(1000)}
    with pytest.warns(UserWarning, match="are assumed: ImageNet's"):
        minivit.load(hugging_face(tmp_path / "x", drawn(classes=1000), id2label=numbered))
    numbered["7"] = "cock"
    again = minivit.load(hugging_face(tmp_path / "x", drawn(classes=1000), id2label=numbered))
    assert again.class_names[7] == "cock"


def test_a_plain_deit_is_a_vit_and_a_distilled_one_is_refused(tmp_path):
    model = drawn(gelu="erf", eps=1e-12)
    arrays = {k.replace("vit.", "deit."): a for k, a in arrays_of(model, "hf").items()}
    again = minivit.load(folder_of(tmp_path / "x", arrays, HF | {"model_type": "deit"}))
    assert np.array_equal(again.logits(IMAGES), model.logits(IMAGES))
    arrays["deit.embeddings.distillation_token"] = np.zeros((1, 1, 8), np.float32)
    with pytest.raises(InputError, match="DeiT with distillation"):
        minivit.load(folder_of(tmp_path / "x", arrays))


@pytest.mark.parametrize("family", ["dinov2", "beit", "ijepa"])
def test_relatives_of_a_vit_are_of_an_unknown_family(family, tmp_path):
    arrays = {k.replace("vit.", f"{family}."): a for k, a in arrays_of(drawn(), "hf").items()}
    words = rf"unknown family \('{family}'\)\. Looked for.*vit\.embeddings\.cls_token"
    with pytest.raises(InputError, match=words):
        minivit.load(folder_of(tmp_path / "x", arrays, {"model_type": family}))


def test_a_pooler_with_another_activation_is_refused(tmp_path):
    model = drawn(gelu="erf", eps=1e-12, pre_logits=8)
    folder = hugging_face(tmp_path / "x", model, pooler_act="tanh", pooler_output_size=8)
    assert minivit.load(folder).config.pre_logits == 8
    with pytest.raises(InputError, match="pooler_act 'relu': minivit has tanh"):
        minivit.load(hugging_face(tmp_path / "x", model, pooler_act="relu"))


def test_a_config_that_is_a_list(tmp_path):
    folder = folder_of(tmp_path / "x", arrays_of(drawn(), "hf"), [1])
    with pytest.raises(InputError, match=r"config.json is damaged \(it is no dictionary\)"):
        minivit.load(folder)


def test_classes_of_one_name_are_told_apart_where_a_class_is_found_by_it(tmp_path):
    model = drawn(classes=5)
    model.class_names = ["crane", "crane", "crane (1)", "x", "crane"]
    minivit.export(model, "hf", tmp_path / "x")
    config = json.loads((tmp_path / "x" / "config.json").read_text())
    assert len(config["label2id"]) == 5
    assert all(config["label2id"][name] == int(i) for i, name in config["id2label"].items())
    names = minivit.load(tmp_path / "x").class_names
    assert names == ["crane", "crane (1) (1)", "crane (1)", "x", "crane (4)"]


def test_names_stand_where_timm_writes_and_reads_them(tmp_path):
    model = drawn()
    model.class_names = NAMES
    minivit.export(model, "timm", tmp_path / "x")
    config = json.loads((tmp_path / "x" / "config.json").read_text())
    assert config["label_names"] == NAMES
    assert "label_names" not in config["pretrained_cfg"]
