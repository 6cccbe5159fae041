"""Files of points: what they say, and what is said of bad ones."""

import pytest

from minivit.checking.student.grading import points as module
from minivit.checking.student.grading.points import Worth, one_each, read_points
from minivit.errors import InputError

BOTH = ("forward", "backward")


@pytest.fixture
def read(tmp_path):
    def reader(text: str | bytes):
        path = tmp_path / "points.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_points(path)

    return reader


def test_the_file_of_the_manual(read):
    lines = module.__doc__.splitlines()
    text = "\n".join(line for line in lines if line.startswith("    "))
    found = read(text.replace("\n    ", "\n").strip())
    assert list(found) == ["softmax", "gelu", "layernorm"]
    assert found["softmax"] == Worth({"": 5}, BOTH, "visible")
    assert found["gelu"] == Worth({"": 2}, ("backward",), "visible")
    parts = {"y": 2, "dx": 4, "dgamma": 1, "dbeta": 1, "law": 2}
    assert found["layernorm"] == Worth(parts, BOTH, "after_published")


def test_parts_ask_for_the_functions_that_they_need(read):
    assert read("[relu]\ny = 1")["relu"].ways == ("forward",)
    assert read("[relu]\ndx = 1")["relu"].ways == ("backward",)
    assert read("[relu]\nlaw = 1")["relu"].ways == BOTH
    assert read("[relu]\nlaw = 1\ndx = 1")["relu"].ways == ("backward",)
    assert read('[relu]\nlaw = 1\ndx = 1\nways = ["backward", "forward"]')["relu"].ways == BOTH


def test_one_visibility_for_all_but_those_that_say_another(read):
    found = read('visibility = "hidden"\n[relu]\npoints = 1\n[gelu]\npoints = 0.5\n'
                 'visibility = "after_due_date"')  # fmt: skip
    assert [found[op].visibility for op in ("relu", "gelu")] == ["hidden", "after_due_date"]
    assert found["gelu"].parts == {"": 0.5}


def test_without_a_file_an_op_is_worth_a_point():
    assert one_each({"relu": ("forward",)}) == {"relu": Worth({"": 1}, ("forward",))}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "names no op: write a table such as [layernorm]"),
        ("[relu", "is no TOML"),
        (b"\xff", "is no TOML"),
        ("[relu]\npoints = 1\n[relu]\npoints = 2", "is no TOML"),
        ("relu = 5", "relu = 5: expected a table, [relu], with points = 5"),
        ("[layer_norm]\npoints = 1", "there is no 'layer_norm'; the nearest is layernorm"),
        ("[relu]", "has no points: expected points = 5, or y = 1, dx = 1, law = 1"),
        ("[relu]\ndgamma = 1", "[relu]: there is no 'dgamma': expected points, y, dx, law"),
        ("[relu]\npoints = 1\ny = 1", "has points for the whole and for parts"),
        ("[relu]\npoints = -1", "points = -1: expected a number of points, 0 or more"),
        ("[relu]\npoints = true", "points = True: expected a number"),
        ("[relu]\npoints = nan", "points = nan: expected a number"),
        ("[relu]\npoints = inf", "points = inf: expected a number"),
        ('[relu]\npoints = "5"', "points = '5': expected a number"),
        ('[relu]\npoints = 1\nvisibility = "later"', "visibility = 'later': expected one of visi"),
        ("visibility = 1\n[relu]\npoints = 1", "visibility = 1: expected one of"),
        ('[relu]\npoints = 1\nways = "backward"', "ways = 'backward': expected a list of"),
        ("[relu]\npoints = 1\nways = []", "ways = []: expected a list of forward and backward"),
        ("[relu]\npoints = 1\nways = [[]]", "ways = [[]]: expected a list of"),
        (
            '[relu]\ny = 1\nways = ["backward"]',
            "its points are for the forward too, which ways leaves",
        ),
        ("[relu]\ny = 1e308\ndx = 1e308", "too many to be added: give fewer"),
        ("[relu]\npoints = 1e308\n[gelu]\npoints = 1e308", "too many to be added"),
        (f"[relu]\npoints = 1{'0' * 400}", "too many to be added"),
        ("a = " + "[" * 5000, "is no TOML"),
        ("#" * (1 << 21), "it is no file of points"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence(read, text, sentence):
    with pytest.raises(InputError) as raised:
        read(text)
    assert sentence in str(raised.value) and "points.toml" in str(raised.value)


def test_no_file_is_for_the_command_line_to_say(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_points(tmp_path / "missing.toml")
