"""What `minivit train --quiet` and `--json` print."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from minivit.cli.main import main

pytestmark = pytest.mark.usefixtures("on_numpy")

SMALL = ["--width", "16", "--depth", "1", "--heads", "2", "--mlp", "16", "--batch", "120"]


def run(*arguments, code=0):
    assert main(list(map(str, arguments))) == code


def test_quiet_prints_the_result_alone(capsys):
    run("train", "--quiet", "--epochs", 2, *SMALL)
    said = capsys.readouterr()
    assert said.out.startswith("Test accuracy after the last epoch: ")
    assert said.out.count("\n") == 1 and said.err == ""


def test_json_is_a_line_for_every_event_and_nothing_else(capsys):
    run("train", "--json", "--epochs", 2, *SMALL, "--out", "run")
    said = capsys.readouterr()
    events = [json.loads(line) for line in said.out.splitlines()]
    assert [event["event"] for event in events] == ["recipe", "epoch", "epoch", "result"]
    assert said.err == ""
    first, *epochs, result = events
    assert (first["training"]["epochs"], first["model"]["width"], first["data"]) == (
        2, 16, "digits"
    )  # fmt: skip
    assert [epoch["epoch"] for epoch in epochs] == [1, 2] and epochs[0]["seconds"] > 0
    assert result["accuracy"] == epochs[1]["test_accuracy"] == result["right"] / 360
    assert set(result["files"]) == set(os.listdir("run"))
    run("train", "--json", "--resume", "run")
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["recipe", "result"]


def test_either_quiet_or_json(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "--quiet", "--json"])
    assert stop.value.code == 2
    assert "not allowed with argument --quiet" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("how", ["--quiet", "--json"])
def test_how_to_go_on_is_told_on_stderr(how, tmp_path):
    command = [sys.executable, "-m", "minivit", "train", how, "--epochs", "400", "--out", "run"]
    process = subprocess.Popen(
        [*command, *SMALL], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not (tmp_path / "run" / "history.csv").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate()
    assert process.returncode == 130, error
    assert "minivit train --resume run" in error and "Interrupted" not in out
