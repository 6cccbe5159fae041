"""Recipes in files: what is read, and the sentence for what can't be."""

import pytest

from minivit import InputError, load_recipe
from minivit.training import recipe_names

GOOD = """
about = "mine"
data = "digits"
[model]
patch = [4, 2]
width = 8
depth = 1
heads = 2
mlp = 8
qkv_bias = false
top_k = "none"
[training]
epochs = 3
learning_rate = 1
position_std = "none"
"""


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes):
        path = tmp_path / "mine.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_is_written_is_read(write, ending, mark):
    found = load_recipe(write(mark + GOOD.replace("\n", ending)))
    assert (found.name, found.about, found.data, found.reaches) == ("mine", "mine", "digits", "")
    sizes = {"patch": [4, 2], "width": 8, "depth": 1, "heads": 2, "mlp": 8}
    assert found.model == {**sizes, "qkv_bias": False, "top_k": None}
    assert found.training == {"epochs": 3, "learning_rate": 1, "position_std": None}


def test_a_run_folder_stands_for_its_recipe(write):
    path = write(GOOD.replace('about = "mine"', 'name = "theirs"'))
    with pytest.raises(FileNotFoundError):
        load_recipe(path.parent)
    path.rename(path.with_name("recipe.toml"))
    assert load_recipe(path.parent).name == "theirs"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("epochs = 3", "has an entry 'epochs' above its parts: write it below [training]"),
        ("width = 3", "has an entry 'width' above its parts: write it below [model]"),
        ("abuot = 'x'", "has an entry 'abuot', which no recipe has; the nearest is about;"),
        ("[trainig]\nepochs = 3", "'trainig', which no recipe has; the nearest is training;"),
        ("[training]\nepoch = 3", "'epoch', which is unknown; the nearest is epochs;"),
        ("[model]\nwidht = 3", "'widht', which is unknown; the nearest is width;"),
        ("[model]\nname = 'x'", "[model] has an entry 'name', which is unknown"),
        ("[training]\nmodel = 'x'", "[training] has an entry 'model', which is unknown"),
        ("[training]\nvariant = 'B/16'", "[training] has an entry 'variant', which is unknown"),
        ("[model]\nimage = 28", "the data decide image; leave it out of [model]"),
        ("[model]\nvariant = 'B/61'", "in [model], unknown variant 'B/61'; the nearest is B/16"),
        ("[model]\nvariant = ['B/16']", "in [model], unknown variant"),
        ("[training]\nepochs = 'many'", "in [training], epochs is 'many': expected a whole number"),
        ("[training]\nepochs = 2.5", "in [training], epochs is 2.5: expected a whole number"),
        ("[training]\nepochs = 'none'", "epochs is 'none': expected a whole number from 0"),
        ("[training]\nclip = nan", "clip is nan: expected a number above 0"),
        (f"[training]\nclip = 1{'0' * 400}", "expected a number above 0"),
        ("[training]\nposition_std = -1", 'expected a number from 0, or "none"'),
        ("[training]\nbeginning = 'gogle'", "beginning is 'gogle': choose 'google' or"),
        ("[model]\nqkv_bias = 1", "qkv_bias is 1: expected true or false"),
        ("[model]\nwidth = true", "width is true: expected a whole number from 1"),
        ("[model]\npatch = [4, 2, 1]", "patch is [4, 2, 1]: expected"),
        ("[model]\npatch = 2026-11-26", "patch is datetime.date(2026, 11, 26): expected"),
        ("image = 0", "image is 0: expected a whole number from 1 to 1024, or a pair"),
        ("image = [48, 'x']", "image is [48, 'x']: expected"),
        ("[model]\nimage = 48", "leave it out of [model], or write it above the parts"),
        ("training = 3", "training is 3: expected a part headed [training]"),
        ("about = 3", "about is 3: expected words in quotation marks"),
        ("name = '../up'", "the name is '../up', and a run's folder is called after it"),
        ("name = ''", "the name is ''"),
        ("data = 'x'\nepochs = = 3", "line 2, column"),
        ("epochs", "can't be read as TOML"),
        (b"about = '\xff'", "can't be read as TOML"),
        ("about = " + "[" * 50_000, "can't be read as TOML"),
        ("#" * 70_000, "has more than 65,536 bytes, so it is no recipe"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(write, content, sentence):
    path = write(content)
    with pytest.raises(InputError) as error:
        load_recipe(path)
    assert str(error.value).startswith(str(path))
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("mnits", "there is no recipe 'mnits'; the nearest is mnist. There are cifar10, "),
        ("", "there is no recipe ''. There are"),
        ("nowhere/mine", "no recipe 'nowhere/mine'. There are"),
    ],
)
def test_an_unknown_name_is_told_the_nearest(name, sentence):
    with pytest.raises(InputError) as error:
        load_recipe(name)
    assert sentence in str(error.value)


def test_a_file_that_is_missing_is_no_misspelt_name(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_recipe(tmp_path / "digits.toml")


def test_a_file_in_the_way_does_not_hide_a_recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").write_text("no recipe")
    assert load_recipe("digits").data == "digits"
    assert "digits" in recipe_names()
