"""What no machine can hold is refused in a sentence, at once."""

import pytest

from minivit.cli.main import main
from minivit.errors import InputError
from minivit.models import variant

HUGE = 99999999999999999999


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"depth": HUGE}, r"depth is 99999999999999999999: expected at most 1000 blocks"),
        ({"depth": 1001}, r"depth is 1001: expected at most 1000"),
        ({"mlp": HUGE}, r"the MLP's weights would be 6,399,.* choose a smaller mlp or width"),
        ({"width": 4 * 10**9}, r"attention's weights would be 48,000,.* a smaller width"),
        ({"channels": HUGE}, r"an image would be"),
        ({"image": (2**20, 2**19)}, r"the tokens would be .* or a larger patch"),
        ({"image": (2**12, 2**12)}, r"attention's scores would be .* or a larger patch"),
        ({"image": (64, 64), "patch": (64, 64), "channels": 2**27}, r"the patches' projection"),
        ({"classes": HUGE}, r"the head's weights would be .* a smaller number of classes"),
        ({"pre_logits": HUGE}, r"the pre-logits' weights would be .* a smaller pre-logits"),
        ({"image": (512, 512), "mlp": 2**33}, r"the MLP's hidden layer would be"),
    ],
)
def test_too_large(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        variant("digits", **changes)


def test_large_but_possible():
    variant("digits", depth=1000)
    variant("H/14", width=6144, heads=48, mlp=24576, classes=21_843)  # ViT-22B


@pytest.mark.parametrize(
    "option",
    ["--depth", "--width", "--mlp", "--heads", "--top-k", "--patch", "--stride", "--head-width"],
)
@pytest.mark.parametrize("verb", [["info", "digits"], ["train"], ["gradcheck", "digits"]])
def test_on_the_command_line(verb, option, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINIVIT_BACKEND", "numpy")
    assert main([*verb, option, str(HUGE)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("minivit: ") and said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
