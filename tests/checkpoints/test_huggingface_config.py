"""What Hugging Face's JSON files tell: read, or refused by name."""

import json

import numpy as np
import pytest
from foreign_files import IMAGES, arrays_of, drawn, folder_of, hugging_face_folder, timm_folder

import minivit
from minivit import InputError
from minivit.checkpoints import load_config, open_any


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
        minivit.load(hugging_face_folder(tmp_path / "x", drawn(), **told))


@pytest.mark.parametrize("layout", ["timm", "hf"])
def test_the_config_goes_before_an_argument_and_that_before_a_known_width(layout, tmp_path):
    make = {"timm": timm_folder, "hf": hugging_face_folder}[layout]
    folder = make(tmp_path / "x", drawn(width=192, heads=2, mlp=2, depth=1))
    assert load_config(folder).heads == 2
    with pytest.raises(InputError, match=r"heads is 4, and config\.json tells 2: leave heads out"):
        minivit.load(folder, heads=4)
    assert minivit.load(folder, heads=2).config.heads == 2
    (folder / "config.json").unlink()
    assert load_config(folder).heads == 3
    with open_any(folder) as checkpoint:
        assert checkpoint.assumed["heads"] == "3, as is usual for a width of 192"
    assert minivit.load(folder, heads=4).config.heads == 4


@pytest.mark.parametrize("told, black, white", [
    ({"rescale_factor": 1 / 127.5, "image_mean": [1.0] * 3, "image_std": [1.0] * 3}, -1, 1),
    ({"rescale_factor": 2 / 255}, -1, 3),
    ({"do_rescale": False, "image_mean": [127.5] * 3, "image_std": [127.5] * 3}, -1, 1),
    ({"do_normalize": False}, 0, 1),
    ({"do_normalize": False, "rescale_factor": 1 / 51}, 0, 5),
])  # fmt: skip
def test_every_step_to_an_input_is_in_the_values_of_black_and_white(told, black, white, tmp_path):
    found = minivit.load(hugging_face_folder(tmp_path / "x", drawn(), told)).preprocessing
    assert np.isclose([found["low"], found["high"]], [black, white]).all()


@pytest.mark.parametrize("told, words", [
    ({"do_rescale": False}, "takes black as -1.0 and white as 509"),
    ({"do_rescale": False, "do_normalize": False}, "black as 0.0 and white as 255"),
    ({"rescale_factor": "x"}, "'rescale_factor' as 'x': expected a number"),
    ({"rescale_factor": 0}, "black and white as the same"),
    ({"do_rescale": "no"}, "'do_rescale' as 'no': expected true or false"),
    ({"resample": 1}, "'resample' as 1: minivit takes pictures by 2 and 3"),
    ({"do_resize": False}, "'do_resize' as false"),
    ({"size": {}}, r"the size '{}': minivit reads height and width"),
    ({"size": {"shortest_edge": 9}}, r"size is 9 and the arrays tell"),
    ({"size": 8}, r"size is 8 and the arrays tell \(6, 6\)"),
    ({"size": {"height": 6, "width": 4}}, r"size is \[6, 4\] and the arrays tell"),
    ({"do_center_crop": True, "size": 8, "crop_size": 7}, "size is 7 and the arrays tell"),
])  # fmt: skip
def test_steps_to_no_input_are_refused(told, words, tmp_path):
    with pytest.raises(InputError, match=words):
        minivit.load(hugging_face_folder(tmp_path / "x", drawn(), told))


def test_what_a_processor_does_not_say_is_what_transformers_does(tmp_path):
    """ViTImageProcessor's own defaults."""
    use = minivit.load(hugging_face_folder(tmp_path / "x", drawn(), {})).preprocessing
    found = [use[name] for name in ("low", "high", "resize", "interpolation")]
    assert found == [-1, 1, "squash", "bilinear"]


def test_numbered_labels_are_no_names(tmp_path):
    numbered = {str(i): f"LABEL_{i}" for i in range(1000)}
    with pytest.warns(UserWarning, match="are assumed: ImageNet's"):
        minivit.load(hugging_face_folder(tmp_path / "x", drawn(classes=1000), id2label=numbered))
    numbered["7"] = "cock"
    again = minivit.load(
        hugging_face_folder(tmp_path / "x", drawn(classes=1000), id2label=numbered)
    )
    assert again.class_names[7] == "cock"


def test_a_plain_deit_is_a_vit_and_a_distilled_one_is_refused(tmp_path):
    model = drawn(gelu="erf", eps=1e-12)
    arrays = {k.replace("vit.", "deit."): a for k, a in arrays_of(model, "hf").items()}
    again = minivit.load(
        folder_of(tmp_path / "x", arrays, {"num_attention_heads": 2} | {"model_type": "deit"})
    )
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
    folder = hugging_face_folder(tmp_path / "x", model, pooler_act="tanh", pooler_output_size=8)
    assert minivit.load(folder).config.pre_logits == 8
    with pytest.raises(InputError, match="pooler_act 'relu': minivit has tanh"):
        minivit.load(hugging_face_folder(tmp_path / "x", model, pooler_act="relu"))


def test_a_config_that_is_a_list(tmp_path):
    folder = folder_of(tmp_path / "x", arrays_of(drawn(), "hf"), [1])
    with pytest.raises(InputError, match=r"config.json is damaged \(it is no dictionary\)"):
        minivit.load(folder)


def test_classes_of_one_name_are_told_apart_where_a_class_is_found_by_it(tmp_path):
    model = drawn(classes=5)
    model.class_names = ["crane", "crane", "crane (1)", "x", "crane"]
    with pytest.warns(UserWarning, match="all but the first have their number"):
        minivit.export(model, "hf", tmp_path / "x")
    config = json.loads((tmp_path / "x" / "config.json").read_text())
    assert len(config["label2id"]) == 5
    assert all(config["label2id"][name] == int(i) for i, name in config["id2label"].items())
    names = minivit.load(tmp_path / "x").class_names
    assert names == ["crane", "crane (1) (1)", "crane (1)", "x", "crane (4)"]
