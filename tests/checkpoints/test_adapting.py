"""A model that goes on with other classes and larger images."""

import numpy as np
import pytest
from small_training import EVERY_OPTION

from minivit import InputError, ViT, load_dataset, variant
from minivit.checkpoints import adapted, resize_positions
from minivit.checkpoints.adapting import positions_in_words
from minivit.data.preprocessing import check_preprocessing
from minivit.models import ViTConfig, representation
from minivit.ops.positions import position_table
from minivit.params import NamedArrays

SIZES = {"width": 16, "depth": 2, "heads": 2, "mlp": 16}


def drawn(**options) -> ViT:
    """A small model all of whose parameters are drawn, the head's too."""
    model = ViT(variant("digits", **SIZES, **options), dtype=np.float64)
    model.parameters.flat[:] = np.random.default_rng(1).normal(0, 0.5, model.layout.size)
    return model


def images(side: int = 8) -> np.ndarray:
    return np.random.default_rng(2).uniform(-1, 1, (3, side, side, 1))


@pytest.mark.parametrize("options", EVERY_OPTION)
def test_a_new_head_answers_nothing_and_reads_what_the_old_one_read(options):
    model = ViT(variant("digits", **SIZES | options), dtype=np.float64)
    model.parameters.flat[:] = np.random.default_rng(1).normal(0, 0.5, model.layout.size)
    new = adapted(model, classes=["a", "b", "c"])
    assert new.class_names == ["a", "b", "c"] and new.config.pre_logits is None
    assert np.array_equal(new.logits(images()), np.zeros((3, 3)))
    assert np.array_equal(representation(new, images()), representation(model, images()))
    assert "pre_logits.w" not in new.parameters


@pytest.mark.parametrize(
    ("pool", "after"),
    [("cls", False)] + [(p, a) for p in ("mean", "sequence", "flatten") for a in (False, True)],
)
def test_a_representation_is_what_the_head_reads(pool, after):
    model = drawn(pool=pool, norm_after_pool=after)
    seen = representation(model, images())
    assert seen.shape == (3, model.config.pooled)
    p = model.parameters
    assert np.abs(seen @ p["head.w"] + p["head.b"] - model.logits(images())).max() < 1e-12


@pytest.mark.parametrize("method", ["google", "timm", "huggingface"])
@pytest.mark.parametrize(
    ("positions", "at"),
    [
        ("learned", "input"),
        ("learned", "every-layer"),
        ("learned", "every-layer-shared"),
        ("learned-2d", "input"),
        ("learned-2d", "every-layer"),
        ("learned-2d", "every-layer-shared"),
    ],
)
def test_learned_positions_of_all_places_go_to_the_new_grid(positions, at, method):
    """From 4x4 to 6x6 patches; what is added to the tokens is compared, cls's vector included."""
    model = drawn(positions=positions, positions_at=at)
    new = adapted(model, classes=10, image=12, method=method)
    before, after = all_tables(model), all_tables(new)
    assert before.keys() == after.keys() and len(before) == {"every-layer": 2}.get(at, 1)
    for place, table in before.items():
        wanted = resize_positions(table, (4, 4), (6, 6), method=method)
        assert np.abs(after[place] - wanted).max() < 1e-14
        assert np.array_equal(after[place][0], table[0])  # cls
    assert new.logits(images(12)).shape == (3, 10)


def all_tables(model: ViT) -> dict[str, np.ndarray]:
    """Every whole table of positions (T, D), by its place."""
    p, found = model.parameters, {}
    for name, array in p.items():
        place, _, last = name.rpartition(".")
        if name == "embed.positions" or last == "table":
            found[place] = array
        elif last == "rows":
            columns, cls = p[f"{place}.columns"], p[f"{place}.cls"]
            found[place] = position_table(array, columns, cls, model.config.grid)
    return found


def test_height_and_width_are_not_swapped():
    model = ViT(ViTConfig((4, 8), 1, 2, 8, 1, 2, 8, 3), dtype=np.float64)
    table = model.parameters["embed.positions"]
    table[1:] = np.repeat(np.arange(2.0), 4)[:, None]  # the number of its row
    new = adapted(model, classes=3, image=(8, 12), method="timm")
    rows = new.parameters["embed.positions"][1:].reshape(4, 6, 8)
    assert np.abs(rows - rows[:, :1]).max() < 1e-14 and np.all(np.diff(rows[:, 0], axis=0) > 0)


def test_all_but_head_and_positions_is_kept_and_the_old_model_stays():
    model = drawn(pre_logits=7)
    before = model.parameters.flat.copy()
    new = adapted(model, classes=4, image=12)
    same = [name for name in new.parameters if name.split(".")[0] not in ("head", "pre_logits")]
    same.remove("embed.positions")
    assert same and all(np.array_equal(new.parameters[n], model.parameters[n]) for n in same)
    new.parameters.flat[:] = 9
    assert np.array_equal(model.parameters.flat, before)
    assert isinstance(new.gradients, NamedArrays) and not new.gradients.flat.any()


def test_without_interpolation_other_positions_go_to_any_grid():
    for positions in ("none", "sincos", "sincos-2d"):
        model = drawn(positions=positions)
        new = adapted(model, classes=2, image=(8, 12))
        assert np.array_equal(new.parameters["embed.w"], model.parameters["embed.w"])
        assert new.logits(np.zeros((1, 8, 12, 1))).shape == (1, 2)
        assert "4x4 patches become 4x6; " in positions_in_words(model.config, new.config, "google")
    relative = drawn(positions="relative")
    same = adapted(relative, classes=2, image=8)
    place = "blocks.1.attention.offsets"
    assert np.array_equal(same.parameters[place], relative.parameters[place])


@pytest.mark.parametrize(
    ("options", "image", "method", "words"),
    [
        ({}, 9, "google", "image is 9x9 and patch side is 2: 9 is not a multiple of 2"),
        ({}, (8, 12), "google", "'google' takes square grids alone"),
        ({}, 12, "bicubic", "positions is 'bicubic': choose 'google' or"),
        ({"positions": "none"}, 8, "bicubic", "positions is 'bicubic': choose 'google' or"),
        ({}, 0, "google", "image is 0"),
        ({"positions": "relative"}, 12, "google", "relative positions, and goes from 4x4 to 6x6"),
        ({"pool": "flatten", "norm_after_pool": True}, 12, "google",
         "norm.gamma has shape (256,), and images of 12x12 would need (576,)"),
        ({"window": 7}, 4, "google", "window is 7"),
    ],
)  # fmt: skip
def test_what_cannot_go_on_is_told(options, image, method, words):
    with pytest.raises(InputError) as caught:
        adapted(drawn(**options), classes=3, image=image, method=method)
    assert words in str(caught.value)


def test_classes_are_counted_or_named():
    assert adapted(drawn(), classes=np.int64(3)).class_names == ["0", "1", "2"]
    with pytest.raises(InputError, match="classes is 0"):
        adapted(drawn(), classes=0)
    with pytest.raises(InputError, match="classes is 0"):
        adapted(drawn(), classes=[])


def test_a_picture_becomes_an_image_of_the_new_size():
    model = drawn()
    assert adapted(model, classes=2, image=12).preprocessing == {}  # it says nothing of pictures
    model.preprocessing = load_dataset("digits").preprocessing
    new = adapted(model, classes=["a", "b"], image=12)
    check_preprocessing(new.preprocessing, (12, 12), 1)
    assert model.preprocessing["height"] == 8
