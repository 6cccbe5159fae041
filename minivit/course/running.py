"""Run a lesson in a folder that vanishes, and bring back what each cell printed and drew."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import minivit
from minivit.errors import InputError


class Figure(NamedTuple):
    png: str  # base64
    caption: str  # what it shows, in words


class Output(NamedTuple):
    """Of one cell of code."""

    text: str = ""
    figures: tuple[Figure, ...] = ()
    error: str = ""  # "AssertionError: ...", the last line of its traceback


def run_lesson(text: str, name: str) -> list[Output]:
    """Run a percent file under this name; one Output for each cell of code, as far as it came."""
    with tempfile.TemporaryDirectory(prefix="minivit-lesson-") as folder:
        Path(folder, name).write_text(text, "utf-8")
        results = Path(folder, "results.json")
        command = [sys.executable, "-m", "minivit.course.execute", name, str(results)]
        done = subprocess.run(
            command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace",
        )  # fmt: skip
        if not results.exists():
            last = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
            raise InputError(f"{name} ended its process before it was through: {last}")
        return [output(cell) for cell in json.loads(results.read_text("utf-8"))]


def environment() -> dict[str, str]:
    """For a process that finds the minivit that runs here, and draws without a screen."""
    package = str(Path(minivit.__file__).resolve().parents[1])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "MPLBACKEND": "Agg"}


def output(cell: dict) -> Output:
    """What a cell left; the line that says where a figure lies becomes the figure's caption."""
    lines, figures = cell["text"].split("\n"), []
    for figure in cell["figures"]:
        telling = [line for line in lines if line.rstrip().endswith(figure["name"])]
        lines = [line for line in lines if line not in telling]
        words = telling[0].rstrip().rpartition(" ")[0].rstrip(" :") if telling else ""
        caption = words or figure["name"].rpartition(".")[0]
        figures.append(Figure(figure["png"], caption))
    return Output("\n".join(lines).strip("\n"), tuple(figures), cell["error"])
