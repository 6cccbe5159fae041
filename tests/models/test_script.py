import numpy as np
import pytest

from minivit import InputError
from minivit.models.script import script_of

NAMES = ["red star", "red ring", "deep blue sea"]


def test_words_are_written_one_after_the_other():
    script = script_of(NAMES, "words")
    assert script.symbols == ("blue", "deep", "red", "ring", "sea", "star") and script.length == 3
    written = script.written(["star red", "deep blue sea"])
    assert written.shape == (2, 1, 3, 6)
    assert [*map(tuple, np.argwhere(written))] == [
        (0, 0, 0, 5), (0, 0, 1, 2), (1, 0, 0, 1), (1, 0, 1, 0), (1, 0, 2, 4)
    ]  # fmt: skip


def test_letters_can_be_put_together_anew():
    script = script_of(NAMES, "letters")
    assert script.length == len("deep blue sea") and " " in script.symbols
    (written,) = script.written(["bread"])
    read = [script.symbols[n] for n in written[0, :5].argmax(axis=1)]
    assert "".join(read) == "bread" and not written[0, 5:].any()


@pytest.mark.parametrize(
    ("name", "match"),
    [("green star", "'green star' has 'green'"), ("", "has 0 words"), ("red " * 4, "has 4 words")],
)
def test_what_can_not_be_written_is_refused(name, match):
    with pytest.raises(InputError, match=match):
        script_of(NAMES, "words").written([name])


def test_names_are_a_list():
    with pytest.raises(InputError, match=r"give a list of names, e.g. \['red star'\]"):
        script_of(NAMES).written("red ring")
    with pytest.raises(InputError, match="give a list of names"):
        script_of(NAMES).written([3])
    for names in ("red ring", [3]):
        with pytest.raises(InputError, match="give a list of names"):
            script_of(names)
    assert script_of(iter(NAMES)) == script_of(NAMES)
    with pytest.raises(InputError, match="there are no names"):
        script_of([])
    with pytest.raises(InputError, match="choose 'letters' or 'words'"):
        script_of(NAMES, "syllables")
