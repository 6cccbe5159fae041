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
    ],
)
def test_what_is_no_text_is_escaped(text, shown):
    assert one_line(text) == shown


def test_a_message_is_one_line_and_not_endless(capsys):
    complain("x\n" * 10_000)
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and len(message) < LONGEST + 20


def test_what_libraries_write_is_dropped(capfd):
    with silent_libraries():
        os.write(2, b"TIFFReadDirectory: oops")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"
