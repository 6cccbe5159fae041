"""Pieces are only linked into others: without machine code, but with all that they hold."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba")

import minivit

PROGRAM = """
import numpy as np
from numba import types
from minivit.kernels.compiling import decorators
from minivit.kernels.compiling.address import address_of
from minivit.kernels.compiling.by_address import call

@decorators.jit
def refused(x):
    if x > 1:
        raise ValueError("too large", x)
    print("taken", x, (x, "whole"))
    return x

@decorators.jit
def doubled(x):
    return 2 * refused(x)

@decorators.jit
def said(y):
    print("piece", y.size)

@decorators.jit(from_python=True)
def outer(x):
    return doubled(x)

def body(y):
    said(y)
    print("body", y.size)
    y[0] += 0.5

@decorators.jit(from_python=True)
def by_address(address, y):
    call(address, (y,))

y = np.zeros(1)
by_address(address_of(body, types.float64[::1]), y)
print(outer(1), y[0], flush=True)
try:
    outer(2)
except ValueError as error:
    print(*error.args)
print(sum(len(piece.overloads) for piece in (refused, doubled)))
"""
SAID = "piece 1\nbody 1\ntaken 1 (1, 'whole')\n2 0.5\ntoo large 2\n"


BITCODE, MACHINE = {b"BC\xc0\xde"}, {b"\x7fELF"}  # how they begin


@pytest.fixture
def run(tmp_path):
    """What the program says, with its code in a folder: that, and the files there."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    variables = {name: x for name, x in os.environ.items() if name != "NUMBA_DISABLE_JIT"}
    variables |= {"PYTHONPATH": str(Path(minivit.__file__).parents[1]), "MINIVIT_CACHE": "1"}

    def run(**more):
        done = subprocess.run(
            [sys.executable, program], env=variables | {"XDG_CACHE_HOME": str(tmp_path)} | more,
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout, list(tmp_path.rglob("*.kernel"))

    return run


def test_a_piece_prints_and_raises_whether_compiled_or_read_from_a_file(run):
    first, files = run()
    assert first == f"{SAID}2\n"
    assert run() == (f"{SAID}0\n", files)  # nothing but the callers is read
    (outer,) = (file for file in files if file.name.startswith("outer"))
    outer.unlink()
    again, files_again = run()
    assert again == f"{SAID}1\n"  # the one it calls was read: it holds the other
    assert sorted(files_again) == sorted(files)


def test_so_it_does_where_no_files_are_kept(run):
    assert run(MINIVIT_CACHE="0") == (f"{SAID}2\n", [])


@pytest.mark.skipif(sys.platform != "linux", reason="machine code begins with other bytes")
def test_a_file_of_a_piece_holds_no_machine_code_and_that_of_a_body_nothing_else(run):
    _, files = run()
    for name, holds in [("refused", BITCODE), ("doubled", BITCODE), ("outer", BITCODE | MACHINE),
                        ("body", MACHINE)]:  # fmt: skip
        (file,) = (file for file in files if file.name.startswith(name))
        content = file.read_bytes()
        assert {mark for mark in BITCODE | MACHINE if mark in content} == holds, name
