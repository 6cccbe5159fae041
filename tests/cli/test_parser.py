"""How a command line is read: a sentence for what is wrong, and the nearest option for a typo."""

import subprocess
import sys

import pytest

from minivit.cli.main import main
from minivit.cli.parser import build_parsers


def python(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.mark.parametrize(
    "argv, sentence",
    [
        (["train", "--epoch", "3"], "train has no option --epoch; the nearest is --epochs;"),
        (["info", "digits", "--jsn"], "info has no option --jsn; the nearest is --json;"),
        (["predict", "--tpo", "3"], "predict has no option --tpo; the nearest is --top;"),
        (["train", "--learning_rate=1"], "train has no option --learning_rate; the nearest is"),
        (["evaluate", "x", "--zzz"], "evaluate has no option --zzz; `minivit evaluate --help`"),
        (["--verion"], "minivit has no option --verion; the nearest is --version; `minivit --"),
    ],
)
def test_an_unknown_option_names_the_nearest_and_where_help_is(argv, sentence, capsys):
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"minivit: {sentence}")
    assert captured.err.count("\n") == 1 and captured.out == ""


@pytest.mark.parametrize(
    "argv, sentence",
    [
        (
            ["info"],
            "minivit info: the following arguments are required: NAME_OR_RUN; `minivit info",
        ),
        (
            ["info", "digits", "B/16"],
            "minivit info: there is nothing to do with B/16; `minivit info --h",
        ),
        (["warmup", "-x"], "minivit warmup: there is nothing to do with -x; `minivit warmup"),
        (
            ["warmup", "--dtype", "float23"],
            "minivit warmup: argument --dtype: 'float23': expected float32 or float64; the nearest "
            "is float32; `minivit warmup --help` lists the options",
        ),
        (["bench", "setp"], "minivit bench: argument NAME: 'setp': expected ceiling or products "),
        (["bench", "step", "--vs", "jax"], "minivit bench: argument --vs: 'jax': expected torch;"),
        (["train", "--out", ""], 'minivit train: argument --out: "" is no name of a folder; the '),
        (["bench", "scaling", "--out="], 'minivit bench: argument --out: "" is no name of a '),
        (["gradcheck", "--seed", "-1"], "minivit gradcheck: argument --seed: '-1': expected a wh"),
        (["gradcheck", "--seed", "1.5"], "minivit gradcheck: argument --seed: '1.5': expected a "),
    ],
)
def test_other_errors_are_a_sentence_without_the_usage(argv, sentence, capsys):
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(sentence) and said.count("\n") == 1


def test_what_follows_two_dashes_is_no_option():
    _, predict = build_parsers("predict")
    predict.refuse_unknown(["predict", "--", "--picture.png"])


def test_building_the_parser_leaves_numpy_alone():
    done = python(
        "import sys; from minivit.cli.parser import build_parsers; build_parsers(None)\n"
        "for verb in ('evaluate', 'predict', 'doctor'): build_parsers(verb)\n"
        "print('numpy' in sys.modules)"
    )
    assert done.stdout == "False\n", done.stderr


def test_options_are_not_abbreviated():
    # Else the threads, which are read ahead, would miss --thr.
    with pytest.raises(SystemExit):
        build_parsers("predict")[0].parse_args(["predict", "run", "a.png", "--thr", "2"])
