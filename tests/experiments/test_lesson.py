"""What lessons tell of experiments, whether their tables have come or not."""

import re
from pathlib import Path

import numpy as np
import pytest

from minivit.course.lesson import read_lesson
from minivit.experiments import EXPERIMENTS, FULL, grouped, print_means, tell
from minivit.experiments import table as tables

LESSONS = Path(__file__).resolve().parents[2] / "lessons"
SHIFT = EXPERIMENTS["shift"]
SHIFT_ROWS = [
    {"learnt from": name, "model": model, "seed": seed, "tested on": where,
     "accuracy": 90 - 10 * seed - 40 * (model == "ResNet" and where != "own test images")}
    for name in ("mnist", "digits")
    for model in ("ViT", "ResNet")
    for seed in (0, 1)
    for where in ("own test images", "the other set", "the other set, reframed")
]  # fmt: skip
# Two rows of each experiment that a lesson tells of: its columns, and a setting twice.
MADE = {
    "attention": [
        {"attention": "axial", "seed": s, "flops": 9, "keys": 7.0, "accuracy": 60 + 3 * s}
        for s in (0, 1)
    ],
    "masked": [
        {
            "data": "shapes",
            "way": "from scratch",
            "labels": "100 labels",
            "seed": s,
            "accuracy": 60 + 3 * s,
            "probe": 9,
            "teraflops": 1.0,
        }
        for s in (0, 1)
    ],
    "robustness": [
        {"model": "ViT", "seed": s, "change": "moved", "strength": 1, "accuracy": 60 + 3 * s}
        for s in (0, 1)
    ],
    "patch": [
        {"made on": "ViT", "steps": 9, "seed": s, "model": "ResNet", "accuracy": 60 + 3 * s}
        for s in (0, 1)
    ],
    "data": [
        {"model": "ViT", "images": n, "seed": s, "accuracy": n / 100 + 3 * s}
        for n in (500, 6000)
        for s in (0, 1)
    ],
    "biases": [
        {"model": "ViT", "seed": s, "when": when, "layer": layer, "error": 60 + 3 * s}
        for s in (0, 1)
        for when in ("untrained", "trained")
        for layer in ("patches", "pooled")
    ],
}


def write_shift(folder: Path, grid: str) -> None:
    made = tables.Table("minivit experiment shift", "a machine", grid, "0.1.0", SHIFT_ROWS)
    tables.write(made, folder / "shift.csv")


def test_a_table_is_told_with_its_command_its_claim_and_its_verdict(tmp_path, capsys):
    write_shift(tmp_path, SHIFT.grid(FULL))
    assert tell("shift", EXPERIMENTS, tmp_path) == SHIFT_ROWS
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("The table was made by minivit experiment shift, on a machine. ")
    assert f"The claim. {SHIFT.claim} Here. Agrees (yes 8, no 0, can't be told 0)." in said
    assert "- learnt from MNIST, on the other set: the ViT (100" in said


@pytest.mark.parametrize("name", ["shift", "one that comes later"])
def test_without_a_table_a_sentence_says_which_command_makes_it(name, tmp_path, capsys):
    assert tell(name, EXPERIMENTS, tmp_path) == []
    assert capsys.readouterr().out == (
        f"No table of {name!r} came with this minivit yet: `minivit experiment {name}` makes it.\n"
    )


def test_a_table_of_another_version_is_not_told(tmp_path, capsys):
    write_shift(tmp_path, "01234567")
    assert tell("shift", EXPERIMENTS, tmp_path) == []
    assert "of another version: `minivit experiment shift` makes it anew" in capsys.readouterr().out


def test_rows_are_grouped_by_their_settings_in_order():
    found = grouped(SHIFT_ROWS, "accuracy", "tested on", "seed")
    assert next(iter(found)) == ("own test images", 0)
    assert found["the other set", 1] == [80, 40] * 2 and len(found) == 6


CELLS = [cell for path in sorted(LESSONS.glob("[0-9]*.py")) for cell in read_lesson(path).cells]
TELLING = [
    pytest.param(name, cell.source, id=name)
    for name in MADE
    for cell in CELLS
    if cell.kind == "code" and f'tell("{name}"' in cell.source
]


@pytest.mark.parametrize("name, code", TELLING)
@pytest.mark.parametrize("come", [True, False])
def test_a_lessons_cell_shows_a_table_once_it_has_come(name, code, come, capsys):
    rows = MADE[name] if come else []
    names = {"np": np, "EXPERIMENTS": EXPERIMENTS, "grouped": grouped, "print_means": print_means,
             "tell": lambda asked, among: rows if asked == name else []}  # fmt: skip
    exec(compile(code, "a lesson's cell", "exec"), names)
    said = capsys.readouterr().out
    assert ("61.5" in said or "62" in said) == come  # the mean of the two seeds


def test_every_experiment_that_a_lesson_tells_of_has_a_made_table():
    assert sum(cell.source.count("tell(") for cell in CELLS) == len(TELLING) > 0


def test_every_experiment_that_a_lesson_names_is_one():
    """And a table is told in one way: by `tell`, which says when there is none of this version."""
    text = "\n".join(cell.source for cell in CELLS)
    named = re.findall(r"""(?:\btell\(["']|minivit experiment )([a-z][\w-]*)""", text)
    assert len(named) >= len(MADE) and set(named) <= set(EXPERIMENTS)
    assert not re.search(r"\bcommitted\(|\bshown\(|RESULTS", text)


def test_means_are_printed_with_the_least_and_the_most(capsys):
    print_means([], "model", columns=("accuracy",))
    assert not capsys.readouterr().out
    rows = [{"images": 6000, "model": m, "accuracy": a + n, "keys": n}
            for m, a in (("ViT", 60), ("ResNet", 70)) for n in (0, 1, 5)]  # fmt: skip
    print_means(rows, "images", "model", columns=("accuracy", "keys"))
    said = [re.split(" {2,}", line.strip()) for line in capsys.readouterr().out.splitlines()]
    assert said == [
        ["accuracy", "keys", "mean (least to most)"],
        ["6,000, ViT", "62.0 (60.0 to 65.0)", "2.0 (0.0 to 5.0)"],
        ["6,000, ResNet", "72.0 (70.0 to 75.0)", "2.0 (0.0 to 5.0)"],
    ]
