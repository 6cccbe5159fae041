"""Where compiled kernels lie: the folder's name, its place, and that no edit is missed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("numba")

import minivit
from minivit.errors import InputError
from minivit.kernels.compiling import cache, installations

PACKAGE = Path(minivit.__file__).parent
LOSS_IS = 2.194113  # log(e^0.5 + e^-1 + e^0.25) + 1
LOSS = """
import numpy as np
from minivit.kernels.cross_entropy import cross_entropy_forward
logits = np.array([[0.5, -1.0, 0.25]], np.float32)
print(cross_entropy_forward(logits, labels=np.array([1]))[0])
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Neither the caches of this machine are touched nor its variables read."""
    monkeypatch.delenv("MINIVIT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()


def python(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
    )


def test_at_home(tmp_path):
    folder = cache.cache_folder()
    assert folder == tmp_path / "home" / "minivit" / f"kernels-{cache.fingerprint()}"
    assert folder.is_dir()


def test_switched_off(monkeypatch):
    monkeypatch.setenv("MINIVIT_CACHE", "0")
    assert cache.cache_folder() is None
    assert cache.why_none() == "MINIVIT_CACHE=0"


@pytest.mark.parametrize("given", ["", "1"])
def test_switched_on(given, monkeypatch):
    monkeypatch.setenv("MINIVIT_CACHE", given)
    assert cache.cache_folder().is_dir()


@pytest.mark.parametrize("given", ["nonsense", "off", "/tmp/cache"])
def test_another_word_is_refused(given, monkeypatch):
    monkeypatch.setenv("MINIVIT_CACHE", given)
    with pytest.raises(InputError, match=f"MINIVIT_CACHE is '{given}': expected 0"):
        cache.cache_folder()


def refuse(monkeypatch, *roots):
    """Make folders read-only, also for root, to whom modes mean nothing."""
    real = Path.mkdir

    def mkdir(self, *arguments, **options):
        if any(self.is_relative_to(root) for root in roots):
            raise PermissionError(13, "Permission denied", str(self))
        real(self, *arguments, **options)

    monkeypatch.setattr(cache.Path, "mkdir", mkdir)


def test_with_a_read_only_home_among_what_is_temporary(tmp_path, monkeypatch):
    refuse(monkeypatch, tmp_path / "home")
    folder = cache.cache_folder()
    assert folder.is_dir()
    assert folder.parent == cache.temporary_folder()
    assert cache.temporary_folder().parent == tmp_path / "temporary"


def test_with_no_place_at_all(tmp_path, monkeypatch):
    refuse(monkeypatch, tmp_path)
    assert cache.cache_folder() is None
    assert "can be written" in cache.why_none()


def test_with_no_room_left_what_was_kept_is_still_read(tmp_path, monkeypatch):
    folder = cache.cache_folder()
    (folder / f"f{cache.ENDING}").touch()

    def full(**options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.tempfile, "TemporaryFile", full)
    assert cache.cache_folder() == folder
    (folder / f"f{cache.ENDING}").unlink()
    assert cache.cache_folder() is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs owners of files")
def test_a_folder_of_somebody_else_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.setattr(cache.os, "getuid", lambda: os.stat(tmp_path).st_uid + 1)
    assert not cache.can_be_written(tmp_path / "theirs")


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs owners of files")
def test_nor_is_our_own_in_a_folder_of_somebody_else(tmp_path, monkeypatch):
    real, theirs = cache.Path.stat, tmp_path / "theirs"

    def stat(path, **options):
        found = real(path, **options)
        return SimpleNamespace(st_uid=found.st_uid + 1) if path == theirs else found

    assert cache.can_be_written(theirs / "ours")
    monkeypatch.setattr(cache.Path, "stat", stat)
    assert not cache.can_be_written(theirs / "ours")


def test_a_user_without_a_home(tmp_path, monkeypatch):
    def nobody():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(cache.Path, "home", nobody)
    assert cache.user_folder() == cache.temporary_folder()


@pytest.mark.parametrize("name", ["BOUNDSCHECK", "CPU_NAME", "OPT"])
def test_the_fingerprint_knows_the_settings(name, monkeypatch):
    before = cache.fingerprint()
    assert cache.fingerprint() == before
    monkeypatch.setattr(cache.numba.config, name, "other")
    assert cache.fingerprint() != before


def test_old_folders_and_their_size(tmp_path):
    now = cache.cache_folder()
    old = tmp_path / "home" / "minivit" / "kernels-0123456789ab"
    (old / "deep").mkdir(parents=True)
    (old / "deep" / "a.nbc").write_bytes(bytes(70))
    (old / "b.nbi").write_bytes(bytes(7))
    assert cache.old_folders() == [old]
    assert cache.size(old) == 77
    assert cache.remove(old)
    assert cache.old_folders() == [] and now.is_dir()


def test_what_another_installation_uses_is_not_old(tmp_path, monkeypatch):
    theirs = cache.cache_folder()
    monkeypatch.setattr(cache.numpy, "__version__", "of another Python")
    monkeypatch.setattr(installations.sys, "executable", str(tmp_path))
    mine = cache.cache_folder()
    assert mine != theirs and cache.old_folders() == []
    monkeypatch.setattr(cache.numpy, "__version__", "a newer one")
    assert cache.cache_folder() not in (mine, theirs)
    assert cache.old_folders() == [mine]


def test_an_edit_in_what_a_kernel_calls_is_not_missed(tmp_path):
    """Numba's own cache would miss it: the kernel's file stays as it is."""
    copy = tmp_path / "copy"
    shutil.copytree(PACKAGE, copy / "minivit", ignore=shutil.ignore_patterns("__pycache__"))
    first = python(LOSS, copy)
    assert float(first.stdout) == pytest.approx(LOSS_IS), first.stderr
    assert "compiling kernels, once per machine" in first.stderr

    shutil.copytree(copy, tmp_path / "another place")  # as in a new virtual environment
    again = python(LOSS, tmp_path / "another place")
    assert (again.stdout, again.stderr) == (first.stdout, "")  # from the cache

    coefficient = "(0.4999999337,"  # of exp's polynomial
    sources = (copy / "minivit" / "kernels").rglob("*.py")
    (callee,) = (path for path in sources if coefficient in path.read_text())
    assert callee.name != "cross_entropy.py"
    callee.write_text(callee.read_text().replace(coefficient, "(0.9999999337,"))
    edited = python(LOSS, copy)
    assert float(edited.stdout) != float(first.stdout), edited.stderr


def test_without_a_cache_nothing_is_written(tmp_path):
    done = python(LOSS, PACKAGE.parent, MINIVIT_CACHE="0")
    assert float(done.stdout) == pytest.approx(LOSS_IS)
    assert "which no cache will keep" in done.stderr
    assert not (tmp_path / "home").exists()


def test_two_processes_that_compile_at_once(tmp_path):
    """For two dtypes: Numba's own cache would call both number 1."""
    both = [
        subprocess.Popen(
            [sys.executable, "-c", LOSS.replace("float32", dtype)],
            env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for dtype in ("float32", "float64")
    ]
    losses = [float(process.communicate()[0]) for process in both]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6) == pytest.approx(LOSS_IS)
    assert len(list((tmp_path / "home").rglob(f"_cross_entropy_into*{cache.ENDING}"))) == 2
    third = python(LOSS, PACKAGE.parent)
    assert float(third.stdout) == losses[0]
