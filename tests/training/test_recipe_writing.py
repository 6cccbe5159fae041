"""The recipe in a run folder: it begins the same anew, and takes nobody's place."""

from dataclasses import replace

import pytest
from data_files import write_idx, write_pictures
from small_training import EVERY_OPTION, SMALL, recipe, small_data

from minivit import ViTConfig, load_dataset, load_recipe, variant
from minivit.training import Training, save_run
from minivit.training.recipe_writing import remove_recipe, toml, write_recipe

CHANGES = [
    {"position_std": None, "beginning": "mimetic", "hold_out": 0.25, "seed": 7},
    {"learning_rate": 1e-5, "clip": 1e16, "name": "mine"},
]


@pytest.mark.parametrize("model", [{}, *EVERY_OPTION])
@pytest.mark.parametrize("changes", CHANGES)
def test_what_is_written_reads_back_the_same(tmp_path, model, changes):
    data = small_data()
    config = recipe(model=replace(SMALL, depth=2, **model), **changes)
    write_recipe(config, data, tmp_path)
    found = load_recipe(tmp_path)
    again = found.config(data)
    assert again == config
    assert again.name == changes.get("name", "recipe")
    assert found.data == "digits"


def test_pictures_become_as_large_as_they_were(tmp_path, nowhere):
    write_pictures(tmp_path / "pets")
    data = load_dataset("./pets", image=(12, 16))
    config = load_recipe("pictures").config(data)
    write_recipe(config, data, tmp_path)
    again = load_recipe(tmp_path)
    assert (again.data, again.image) == (str(tmp_path / "pets"), (12, 16))
    assert again.config(load_dataset(again.data, image=again.image)) == config


def test_a_well_known_set_is_named_where_its_name_finds_it_and_else_its_place(tmp_path, nowhere):
    write_idx(tmp_path / "data" / "MNIST" / "raw")
    write_idx(tmp_path / "mine")
    data = load_dataset("mnist")
    elsewhere = data._replace(preprocessing=data.preprocessing | {"place": str(tmp_path / "mine")})
    for one, called in ((data, "mnist"), (elsewhere, str(tmp_path / "mine"))):
        write_recipe(recipe(), one, tmp_path)
        assert load_recipe(tmp_path).data == called


@pytest.mark.parametrize("model", [variant("Ti/16", image=(32, 32), classes=10),
                                   ViTConfig((8, 8), 1, (4, 2), 8, 1, 2, 8, 10),
                                   variant("hybrid-28"),
                                   replace(variant("resnet-28"), name="mine")],
                         ids=lambda model: model.name)  # fmt: skip
def test_models_of_other_names_read_back_the_same(tmp_path, model):
    data = small_data()
    image = data.train.images[:, :1, :1].repeat(model.image[0], 1).repeat(model.image[1], 2)
    split = data.train._replace(images=image.repeat(model.channels, 3))
    write_recipe(recipe(model=model), data, tmp_path)
    again = load_recipe(tmp_path).config(data._replace(train=split, test=split))
    assert replace(again.model, name=model.name) == model


@pytest.mark.parametrize("text", ['a "b" \\ c', "a\nb\t\x00\x7f", "数字 é", "'", ""])
def test_words_read_back_the_same(text):
    import tomllib

    assert tomllib.loads(f"x = {toml(text)}") == {"x": text}


def test_a_save_writes_it_and_leaves_it_where_nothing_changed(tmp_path):
    save_run(Training(recipe(), small_data()), tmp_path)
    path = tmp_path / "recipe.toml"
    first = path.stat().st_ino, path.read_text()
    save_run(Training(recipe(), small_data()), tmp_path)
    assert (path.stat().st_ino, path.read_text()) == first
    save_run(Training(recipe(seed=5), small_data()), tmp_path)
    assert "seed = 5\n" in path.read_text()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_we_have_not_written_stays(tmp_path, kind):
    path = tmp_path / "recipe.toml"
    if kind == "file":
        path.write_text("# of somebody else\n")
    else:
        path.mkdir()
    write_recipe(recipe(), small_data(), tmp_path)
    remove_recipe(tmp_path)
    assert path.is_dir() if kind == "folder" else path.read_text() == "# of somebody else\n"
