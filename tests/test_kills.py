"""`python tests/kills.py` in small."""

import json
import os
import subprocess
import sys
from pathlib import Path

import killed_runs
import kills
import pytest


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_killed_trainings_lose_nothing_and_the_count_goes_on(tmp_path):
    """In a process of its own: it forks, and pytest's has threads."""
    command = [sys.executable, kills.__file__, "--work", str(tmp_path), "--count"]
    path = os.pathsep.join([str(Path(kills.__file__).parent), *sys.path])
    for count in (3, 5):
        done = subprocess.run(
            [*command, str(count)], env={**os.environ, "PYTHONPATH": path},
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "Nothing was lost, and every run ended in the same bits" in done.stdout
        assert json.loads((tmp_path / "figures.json").read_text())["kills"] == count


@pytest.mark.parametrize(
    ("before", "now", "lost"),
    [
        (None, None, False), (None, (0, 0, 0), False), ((0, 3, 0), None, True),
        ((0, 3, 0), (0, 3, 2), False), ((0, 3, 2), (0, 3, 0), True), ((0, 3, 2), (0, 4, 0), False),
        ((0, 12, 0), (1, 0, 0), False),  # it was overwritten
        ((1, 0, 0), (0, 12, 0), True),
    ],
)  # fmt: skip
def test_what_counts_as_lost(before, now, lost):
    assert (
        killed_runs.lost(before and killed_runs.Saved(*before), now and killed_runs.Saved(*now))
        == lost
    )


def test_other_bits_are_noticed(tmp_path):
    from small_training import recipe, small_data

    from minivit import train
    from minivit.training import save_run

    def check(right, what):
        if not right:
            raise AssertionError(what)

    folders = [tmp_path / name for name in ("one", "same", "other")]
    for folder, seed in zip(folders, (0, 0, 1), strict=True):
        folder.mkdir()
        save_run(train(recipe(epochs=1, seed=seed), small_data()), folder)
    killed_runs.compare(folders[0], folders[1], check)
    with pytest.raises(AssertionError, match="another header"):
        killed_runs.compare(folders[2], folders[0], check)
    (folders[1] / ".rubbish.partial").write_text("half")
    with pytest.raises(AssertionError, match="rubbish"):
        killed_runs.compare(folders[1], folders[0], check)
