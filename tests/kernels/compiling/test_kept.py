"""Compiled code on the disk: damaged, it is made anew; and it can be done without."""

import errno
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba")

import numba

import minivit
from minivit.kernels.compiling import kept

LOSS = """
import numpy as np
from minivit.kernels.cross_entropy import cross_entropy_forward
from minivit.kernels.compiling.start import CACHE
logits = np.array([[0.5, -1.0, 0.25]], np.float32)
print(cross_entropy_forward(logits, labels=np.array([1]))[0], CACHE)
"""


def loss(home: Path) -> subprocess.CompletedProcess:
    package = str(Path(minivit.__file__).parents[1])
    kept_on = {k: v for k, v in os.environ.items() if k != "MINIVIT_CACHE"}
    return subprocess.run(
        [sys.executable, "-c", LOSS],
        env={**kept_on, "PYTHONPATH": package, "XDG_CACHE_HOME": str(home)},
        capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "folder" / "f-0123.kernel"
    kept.write(file, b"code" * 100)
    return file


def test_what_was_written_is_read(file):
    assert kept.read(file) == b"code" * 100
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("length", [0, 1, 20, 48, 49, 250, 448])
def test_a_cut_file_is_removed(file, length):
    file.write_bytes(file.read_bytes()[:length])
    assert kept.read(file) is None
    assert not file.exists()


@pytest.mark.parametrize("place", [0, 20, 60, -1])
def test_so_is_one_with_a_wrong_byte_or_one_more(file, place):
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    assert kept.read(file) is None and not file.exists()
    kept.write(file, b"anew")
    file.write_bytes(file.read_bytes() + b"\n")
    assert kept.read(file) is None and not file.exists()


def test_what_is_no_file_is_passed_over(tmp_path, capsys):
    folder = tmp_path / "f.kernel"
    folder.mkdir()
    assert kept.read(folder) is None
    kept.write(folder, b"code")
    assert "can't be kept" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [folder]


def test_a_full_disk_is_told_once(file, monkeypatch, capsys):
    def full(path, content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(kept.Path, "write_bytes", full)
    for name in "abc":
        kept.write(file.with_name(name), b"code")
    said = capsys.readouterr().err
    assert said.count("minivit: compiled kernels can't be kept in") == 1
    assert f"{file.parent} (No space left on device): this run goes on without" in said
    assert kept.read(file) == b"code" * 100


def test_a_folder_that_vanished_is_made_anew(file):
    file.unlink()
    file.parent.rmdir()
    kept.write(file, b"code")
    assert kept.read(file) == b"code"


def test_a_file_is_of_one_source_and_one_signature(tmp_path, monkeypatch):
    def f(x):
        return x

    codegen = numba.njit(f).targetctx.codegen()
    code = kept.KeptCode(f, tmp_path)
    first = code.file((numba.float32,), codegen)
    assert first == kept.KeptCode(f, tmp_path).file((numba.float32,), codegen)
    assert first != code.file((numba.float64,), codegen)
    assert first != kept.KeptCode(f, tmp_path, "in another way").file((numba.float32,), codegen)
    monkeypatch.setattr(kept, "_digest_of_file", lambda source: "edited")
    assert first != kept.KeptCode(f, tmp_path).file((numba.float32,), codegen)


@pytest.mark.parametrize("damage", ["emptied", "halved", "scribbled"])
def test_a_damaged_cache_is_made_anew(damage, tmp_path):
    first = loss(tmp_path)
    assert first.returncode == 0, first.stderr
    files = list(Path(first.stdout.split()[1]).glob("*.kernel"))
    draw = random.Random(0)
    for file in files:
        content = file.read_bytes()
        file.write_bytes(
            {
                "emptied": b"",
                "halved": content[: len(content) // 2],
                "scribbled": draw.randbytes(len(content)),
            }[damage]
        )
    second, third = loss(tmp_path), loss(tmp_path)
    assert (second.returncode, second.stdout) == (0, first.stdout), second.stderr
    assert second.stderr == "minivit: compiling kernels, once per machine\n"
    assert (third.stdout, third.stderr) == (first.stdout, "")
    assert len(list(files[0].parent.iterdir())) == len(files)
