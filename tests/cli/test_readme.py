"""The README's commands that need neither the network nor anybody's files, as they stand there."""

import re
import shlex
from pathlib import Path

from minivit.cli.main import main

README = Path(__file__).parents[2] / "README.md"
MARK = "<!-- offline commands -->\n```sh\n"


def test_the_offline_commands_do_what_they_say(tmp_path, monkeypatch, capsys):
    """In order, one epoch each; later ones read what earlier ones wrote."""
    monkeypatch.chdir(tmp_path)
    _, mark, rest = README.read_text("utf-8").partition(MARK)
    lines = re.sub(r" +#.*", "", rest.partition("```")[0]).splitlines()
    assert mark and len(lines) == 5
    for line in lines:
        name, verb, *words = shlex.split(line)
        short = ["--epochs", "1"] if verb in ("train", "finetune") else []
        assert name == "minivit" and main([verb, *words, *short]) == 0, line
    said = capsys.readouterr().out
    assert "4x4 patches become 6x6; positions are interpolated as google does" in said
    assert "images 42x42x1, patches 7x7" in said.partition("digits-for-timm")[2]
