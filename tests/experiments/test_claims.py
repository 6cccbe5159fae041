"""The page of all claims."""

import re

import pytest

from minivit import InputError
from minivit.experiments import (
    EXPERIMENTS,
    FULL,
    claims,
    committed,
    positions,
    take_over,
    write_page,
)
from minivit.experiments import table as tables
from minivit.experiments.claims import MARK, anchor, in_lines, overview, shown
from minivit.experiments.verdict import Finding, verdict

ROOT = claims.RESULTS.parents[2]
POSITIONS, POOLING = EXPERIMENTS["positions"], EXPERIMENTS["pooling"]


def written(experiment, grid: str, rows: list[dict], folder) -> None:
    command = f"minivit experiment {experiment.name}"
    made = tables.Table(command, "a machine", grid, "0.1.0", rows)
    tables.write(made, folder / f"{experiment.name}.csv")


@pytest.fixture
def folders(tmp_path):
    """Made tables of two experiments, that of pooling of another grid; results; docs."""
    out, results, docs = (tmp_path / name for name in ("out", "results", "docs"))
    for folder in (out, results, docs):
        folder.mkdir()
    rows = [{"positions": kind, "at": at, "seed": seed, "accuracy": 70 + 10 * (kind != "none")}
            for kind, at, _ in positions.GRID for seed in range(3)]  # fmt: skip
    written(POSITIONS, POSITIONS.grid(FULL), rows, out)
    written(POOLING, "01234567", [{"seed": 0, "a column of then": 1}], out)
    return out, results, docs


def test_tables_become_results_and_results_a_page(folders):
    pytest.importorskip("matplotlib")
    out, results, docs = folders
    said = take_over(EXPERIMENTS.values(), out, results)
    assert [re.sub(".*/", "", sentence) for sentence in said] == [
        "positions.csv is now among the results",
        "pooling.csv is of another version of pooling, and is not taken",
    ]
    assert [path.name for path in results.iterdir()] == ["positions.csv"]
    page = write_page(EXPERIMENTS.values(), docs, results).read_text("utf-8")
    one = shown(POSITIONS, results)
    assert one.verdict.word == "agrees"
    assert "\n".join(in_lines(one.verdict)) in page
    assert "| agrees: yes 2, no 0, can't be told 0; one by one yes 8, no 0," in page
    assert "`minivit experiment positions` on a machine" in page
    assert page.count("no result of this version yet") == len(EXPERIMENTS) - 1
    assert [path.name for path in (docs / "claims").iterdir()] == ["positions.png"]
    headings = {anchor(line[3:]) for line in page.splitlines() if line.startswith("## ")}
    assert set(re.findall(r"\]\(#(.*?)\)", page)) == headings
    assert write_page(EXPERIMENTS.values(), docs, results).read_text("utf-8") == page


def test_a_verdict_is_a_sentence_and_a_line_for_each_finding():
    found = [Finding(True, "a above b"), Finding(None, "c above d"), Finding(True, "e", True)]
    assert in_lines(verdict(found, {"agrees in part": "seeds differ"})) == [
        "**Here.** Agrees in part (yes 1, no 0, can't be told 1). It may be that seeds differ.",
        "", "- a above b: **yes**", "- c above d: **can't be told**", "- as a control, e: **yes**",
    ]  # fmt: skip


def test_a_result_of_another_version_is_said_and_not_judged(folders):
    out, _, docs = folders
    (out / "positions.csv").unlink()
    page = write_page([POOLING], docs, out).read_text("utf-8")
    assert "of another version of this experiment (grid 01234567)" in page
    assert "**Here.**" not in page and not list((docs / "claims").iterdir())
    assert "no result of this version yet" in overview([shown(POOLING, out)])


def test_a_page_of_somebody_else_stays(tmp_path):
    (tmp_path / "claims.md").write_text("mine")
    with pytest.raises(InputError, match="was not written by `minivit experiment --claims`"):
        write_page(EXPERIMENTS.values(), tmp_path, tmp_path)
    assert (tmp_path / "claims.md").read_text() == "mine"
    with pytest.raises(InputError, match="is made in a checkout"):
        write_page(EXPERIMENTS.values(), tmp_path / "nowhere", tmp_path)


def test_a_result_that_did_not_come_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="make one with minivit experiment positions"):
        committed("positions", tmp_path)


def test_what_came_with_minivit_can_be_read_and_is_told_on_the_page():
    """Every table that is committed, as lessons read it."""
    page = ROOT / "docs" / "claims.md"
    names = [path.stem for path in claims.RESULTS.glob("*.csv")]
    assert set(names) <= set(EXPERIMENTS)
    for name in names:
        one = shown(EXPERIMENTS[name], claims.RESULTS)
        assert committed(name).command.startswith(f"minivit experiment {name}")
        assert one.verdict is not None
        assert "\n".join(in_lines(one.verdict)) in page.read_text("utf-8")
    assert not page.exists() or page.read_text("utf-8").startswith(MARK)


def test_the_readme_tells_only_numbers_of_the_page():
    readme = (ROOT / "README.md").read_text("utf-8")
    told = readme.split("## What the paper and its readers claim, redone in small\n")[1]
    told = told.split("\n## ")[0]
    page = (ROOT / "docs" / "claims.md").read_text("utf-8")
    numbers = re.findall(r"\d[\d,.]*(?:e-\d+)?(?<![,.])", told)
    assert len(numbers) > 40
    assert [n for n in numbers if not re.search(rf"(?<![\d.,]){re.escape(n)}\b", page)] == []
    counted = re.findall(r"yes \d+, no \d+, can't be told \d+", " ".join(told.split()))
    assert len(counted) == 3 and all(f"agrees in part: {one}" in page for one in counted)
