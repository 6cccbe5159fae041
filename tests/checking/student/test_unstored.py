"""Nothing of Hypothesis's appears in a user's folder, and a user's own tests keep theirs."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from hypothesis import configuration

from minivit.checking.student.unstored import nothing_stored

SEARCH = """
import pathlib
from hypothesis import configuration, settings
from minivit.checking.student.search import first_failing
first_failing("relu", [0], lambda plan: False, 20)
assert not list(pathlib.Path().iterdir()), list(pathlib.Path().iterdir())
home = pathlib.Path(".hypothesis").resolve()
assert configuration.storage_directory("examples").path == home / "examples"
settings.default.database.save(b"key", b"value")
assert home.is_dir()
"""


def test_a_search_leaves_the_folder_as_it_was(tmp_path):
    """In a fresh process, in which Hypothesis has not read our sources yet."""
    root = str(Path(__file__).parents[3])
    subprocess.run([sys.executable, "-c", SEARCH], check=True, cwd=tmp_path,
                   env={"PYTHONPATH": root})  # fmt: skip


def test_in_several_threads_the_last_one_puts_it_back(tmp_path, monkeypatch):
    monkeypatch.setattr(configuration, "__hypothesis_home_directory", tmp_path)
    both, one_is_out = Barrier(2), Barrier(2)

    def path() -> Path:
        return configuration.storage_directory("constants").path

    def first():
        with nothing_stored():
            both.wait(10)
        one_is_out.wait(10)

    def second() -> Path:
        with nothing_stored():
            both.wait(10)
            one_is_out.wait(10)
            return path()

    with ThreadPoolExecutor(2) as lanes:
        jobs = lanes.submit(first), lanes.submit(second)
        jobs[0].result()
        assert tmp_path not in jobs[1].result().parents
    assert path() == tmp_path / "constants"
