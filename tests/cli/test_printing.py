"""Names that a terminal can't show, and outputs that are closed."""

import os
import subprocess
import sys

import pytest
from PIL import Image, ImageDraw

from minivit import ViT, load_dataset, save, variant
from minivit.cli.printing import LONGEST, complain, one_line, silent_libraries

NAME = "数字 é.png"


@pytest.fixture
def folder(tmp_path):
    model = ViT(variant("digits", depth=1), zero_head=False)
    model.preprocessing = load_dataset("digits").preprocessing
    model.class_names = [f"七{number}" for number in range(10)]
    save(model, tmp_path / "数.safetensors")
    picture = Image.new("L", (40, 60), 255)
    ImageDraw.Draw(picture).line([(20, 5), (20, 55)], fill=0, width=6)
    picture.save(tmp_path / NAME)
    return tmp_path


def minivit(folder, *arguments, shell="", **environment) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "minivit", *arguments]
    if shell:
        command = ["sh", "-c", f'exec "$@" {shell}', "sh", *command]
    environment = {**os.environ, "MINIVIT_BACKEND": "numpy", **environment}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_names_that_the_encoding_lacks_are_escaped(folder, encoding):
    done = minivit(folder, "predict", "数.safetensors", NAME, "没.png", PYTHONIOENCODING=encoding)
    assert done.returncode == 1
    e = {"ascii": "\\xe9", "cp1252": "é"}[encoding]
    lines = done.stdout.decode(encoding).splitlines()
    assert lines[0] == f"\\u6570\\u5b57 {e}.png" and lines[1].startswith("  \\u4e03")
    assert done.stderr.decode(encoding).startswith("minivit: \\u6ca1.png does not exist")
    for verb in ("evaluate", "info"):
        done = minivit(folder, verb, "数.safetensors", PYTHONIOENCODING=encoding)
        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize("shell", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("arguments", [["predict", "数.safetensors", NAME], ["--version"]])
def test_closed_streams_are_no_errors(folder, shell, arguments):
    done = minivit(folder, *arguments, shell=shell)
    assert (done.returncode, done.stderr) == (0, b"")
    assert bool(done.stdout) != (">&-" in shell.replace("2>&-", ""))
    done = minivit(folder, "predict", "none", NAME, shell=shell)
    assert (done.returncode, done.stdout) == (2, b"")
    assert bool(done.stderr) != ("2>&-" in shell)


@pytest.mark.parametrize(
    "text, shown",
    [
        ("数字 é", "数字 é"),
        ("a\nb\r\t\x1b[2J", r"a\nb\r\t\x1b[2J"),
        ("\udcff \u2028", r"\udcff \u2028"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("cat\u202egnp.exe", r"cat\u202egnp.exe"),
        ("\ufeffa\u2066b\u00adc", r"\ufeffa\u2066b\xadc"),
    ],
)
def test_what_is_no_text_is_escaped(text, shown):
    assert one_line(text) == shown


def test_a_message_is_one_line_and_not_endless(capsys):
    complain("x\n" * 10_000)
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and len(message) < LONGEST + 20


HOSTILE = "a\x1b[2J\u202eb\nc\u0085d"  # clears the screen, turns the line, begins a new one
VERBS = {  # RUN stands for the run's folder, and OUT for a name that is as hostile
    "evaluate": "RUN", "predict": "RUN PICTURE", "info": "RUN", "gradcheck": "RUN",
    "explain": "RUN PICTURE --out OUT", "look": "RUN PICTURE --only heads", "plot": "RUN",
    "export": "RUN --to timm --out OUT", "train": "--resume RUN", "probe": "RUN --data digits",
    "finetune": "RUN --data digits --epochs 0 --out OUT", "data": "check FOLDER",
}  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A run and a picture of hostile names, with hostile classes."""
    folder = tmp_path_factory.mktemp("hostile")
    sizes = ["--depth", "1", "--width", "16", "--heads", "2", "--mlp", "16", "--epochs", "1"]
    done = minivit(folder, "train", "--out", HOSTILE, *sizes)
    assert done.returncode == 0
    for name in "xy":
        home = folder / f"{HOSTILE}.d" / f"{name}{HOSTILE}"
        home.mkdir(parents=True)
        Image.new("L", (8, 8), 99).save(home / f"{HOSTILE}.png")
    picture = Image.new("L", (8, 8), 255)
    ImageDraw.Draw(picture).line([(4, 1), (4, 6)], fill=0)
    picture.save(folder / f"{HOSTILE}.png")
    return folder, done


def unseen(done) -> set[str]:
    """What a terminal obeys in what was printed."""
    said = done.stdout.decode() + done.stderr.decode()
    return set("\x1b\u202e\u0085") & set(said)


@pytest.mark.skipif(sys.platform == "win32", reason="no such names")
@pytest.mark.parametrize("verb", VERBS)
def test_a_hostile_name_reaches_no_terminal(hostile, verb):
    folder, trained = hostile
    meant = {"RUN": HOSTILE, "PICTURE": f"{HOSTILE}.png", "OUT": f"{HOSTILE}.{verb}",
             "FOLDER": f"{HOSTILE}.d"}  # fmt: skip
    done = minivit(folder, verb, *(meant.get(word, word) for word in VERBS[verb].split()))
    said = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, said
    assert unseen(done) == unseen(trained) == set()
    assert not any(line.startswith("c") and "x85" in line for line in said.splitlines())
    done = minivit(folder, verb, *(f"no{HOSTILE}" for _ in range(1 + (verb == "data"))))
    assert done.returncode == 2 and unseen(done) == set() and done.stdout == b""


def test_what_libraries_write_is_dropped(capfd):
    with silent_libraries():
        os.write(2, b"TIFFReadDirectory: oops")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"
