"""Students' files in processes of their own, and a look around afterwards."""

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from minivit.checking.student.isolation.process import StudentProcess


@pytest.fixture
def student(tmp_path, monkeypatch):
    """Starts a process for the source of a student's file; in the end nothing may be left of it."""
    own = tmp_path / "temporary"
    own.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    before = surroundings()
    opened = []

    def start(source: str | bytes, name: str = "student.py", **options) -> StudentProcess:
        path = tmp_path / name
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        opened.append(StudentProcess(path, **options))
        return opened[-1]

    yield start
    for process in opened:
        process.close()
    assert list(own.iterdir()) == []
    assert surroundings() == before
    assert processes_with(str(own)) == []


def surroundings() -> dict:
    """What a process has open, has started, and its threads."""
    found = {"threads": threading.enumerate()}
    if sys.platform == "linux":
        found["files"] = sorted(os.listdir("/proc/self/fd"))
        found["children"] = [pid for pid, parent in parents().items() if parent == os.getpid()]
    return found


def parents() -> dict[int, int]:
    """All processes of the machine, zombies too: {number: number of its parent}."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
        except OSError:  # it ended meanwhile
            continue
    return found


def processes_with(word: str) -> list[int]:
    """The processes whose environment holds a word, such as the folder that is their home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:  # another user's, or it ended meanwhile
            continue
    return found


@pytest.fixture
def gone():
    """Whether all processes of `processes_with` are gone, within 20 seconds."""

    def waited(word: str) -> bool:
        end = time.monotonic() + 20
        while processes_with(word) and time.monotonic() < end:
            time.sleep(0.02)
        return not processes_with(word)

    return waited
