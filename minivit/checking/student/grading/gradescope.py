"""Gradescope's results.json: a test for each op, or for each part of it that has points.

The form is that of https://gradescope-autograders.readthedocs.io, "Autograder Specifications". What
the student's code printed is left out: it could print what lies beside it, such as this grader.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from minivit.checking.student import words
from minivit.checking.student.checked import Checked
from minivit.checking.student.grading.awards import Award, awards
from minivit.checking.student.grading.points import Points
from minivit.checking.student.told import told
from minivit.errors import InputError
from minivit.files import replacing

THERE = Path("/autograder/results")  # in Gradescope's container
NAME = "results.json"


def place(given: str | Path | None) -> Path:
    """Where the results go: as given, else where Gradescope looks, else into this folder."""
    if given:
        path = Path(given)
        return path / NAME if path.is_dir() else path
    return (THERE if THERE.is_dir() else Path()) / NAME


def refuse_others(path: Path) -> None:
    """InputError where another file than results would be lost."""
    if path.exists() and not is_ours(path):
        raise InputError(
            f"{path} holds no results of a grader: move it away, or choose another --out"
        )


def write(checked: Checked, points: Points | None, path: Path) -> None:
    """Write the results beside `path`, and rename them."""
    refuse_others(path)
    with replacing(path) as partial:
        partial.write_text(json.dumps(results(checked, points), indent=2) + "\n", "utf-8")


def is_ours(path: Path) -> bool:
    """Whether a file is what some grader writes for Gradescope; an empty one counts."""
    try:
        text = path.read_text("utf-8")
        return not text.strip() or bool({"tests", "score"} & set(json.loads(text)))
    except (ValueError, TypeError, OSError):
        return False


def results(checked: Checked, points: Points | None = None) -> dict:
    """What Gradescope reads. Without any test it wants a score."""
    given = awards(checked, points)
    return {
        **({} if given else {"score": 0}),
        "output": "\n".join(of_all(checked, given)),
        "stdout_visibility": "hidden",
        "tests": [test(award, checked) for award in given],
        "extra_data": {"minivit": short(checked)},
    }


def of_all(checked: Checked, given: list[Award]) -> Iterator[str]:
    """What is said of the whole file, and seen at once: no verdict that is to be seen later."""
    if not checked.ops or all(award.visibility == "visible" for award in given):
        yield words.closing(checked)
    if checked.unlimited:
        yield f"This system can't limit {checked.unlimited}."


def test(award: Award, checked: Checked) -> dict:
    return {
        "name": award.name,
        "score": award.score,
        "max_score": award.most,
        "status": "passed" if award.earned else "failed",
        "output": "\n".join(output(award, checked)).strip(),
        "output_format": "text",
        "visibility": award.visibility,
    }


def output(award: Award, checked: Checked) -> Iterator[str]:
    """Why there are points or none."""
    examined = award.examined
    if examined is None:
        yield (
            f"The file can't be checked: {checked.failed}."
            if checked.failed
            else (f"The file does not define {award.op}_forward or {award.op}_backward.")
        )
        return
    if award.earned:
        yield f"Right at {examined.points} inputs."
    elif not award.findings:
        yield missing(award)
    yield from words.explained(examined._replace(findings=award.findings, printed=""))


def missing(award: Award) -> str:
    """What is said where nothing is wrong, and something is not there."""
    defined = " and ".join(f"{award.op}_{way}" for way in award.examined.ways)
    what = f"{award.part} was not seen" if award.part else "A part of the op is missing"
    return f"{what}: the file defines {defined} alone, or they stopped before."


def short(checked: Checked) -> dict:
    """The verdicts and identifiers of --json, without arrays."""
    values = told(checked)
    for op in values["ops"]:
        op.pop("printed", None)
        for finding in op["findings"]:
            del finding["smallest"]
    return {key: values[key] for key in ("format", "version", "ok", "failed", "ops")}
