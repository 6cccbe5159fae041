"""`minivit recipes`: the list, and one of them."""

from minivit import load_recipe
from minivit.cli.main import main
from minivit.training import recipe_names


def recipes(*arguments, code=0):
    assert main(["recipes", *arguments]) == code


def test_they_are_listed_with_what_they_reach(capsys):
    recipes()
    lines = capsys.readouterr().out.splitlines()
    names = recipe_names()
    assert [line for line in lines if line in names] == names
    words = " ".join(" ".join(lines).split())
    assert all(load_recipe(name).about in words for name in recipe_names())
    assert f"reaches {load_recipe('digits').reaches}" in words
    assert all(len(line) < 80 for line in lines)


def test_one_is_printed_and_can_be_used_as_a_file(capsys, tmp_path):
    recipes("digits")
    said = capsys.readouterr().out
    (tmp_path / "digits.toml").write_text(said)
    assert load_recipe(tmp_path / "digits.toml") == load_recipe("digits")
    (tmp_path / "bad.toml").write_text("epochs = 3")
    recipes(str(tmp_path / "bad.toml"), code=2)
    recipes("digts", code=2)
    assert "the nearest is digits" in capsys.readouterr().err
