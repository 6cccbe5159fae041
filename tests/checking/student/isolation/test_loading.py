"""What is said of a file that can't be loaded; and files of any name."""

import os

import numpy as np
import pytest

from minivit.checking.student.isolation.process import Failed

X = np.arange(3.0)
RIGHT = "def relu_forward(x): return x * (x > 0), x > 0\n"


def failure(process) -> Failed:
    with pytest.raises(Failed) as raised:
        process.ops()
    return raised.value


@pytest.mark.parametrize(
    ("source", "kind", "sentence"),
    [
        (b"x = (\n", "load", "line 1 raised SyntaxError: '(' was never closed"),
        (b"a = 1\nimport nothing_such\n", "load", "line 2 raised ModuleNotFoundError: No module"),
        (b"import nothing_such\n", "load", "'nothing_such': it is not installed, or lies beside"),
        (b"import student_helpers\n", "load", "which is loaded alone"),
        (b"a = 1  # na\xc3\xafve\n\n# caf\xe9\n", "load", "line 3 is not UTF-8"),
        (b"# caf\xe9\n", "load", "line 1 is not UTF-8"),
        (b"# coding: latin-1\nx = '\xe9'\nassert len(x) == 2\n", "load", "line 3 raised Assert"),
        (b"raise NotImplementedError\n", "not implemented", "line 1 is still to be written"),
        (b"a = 1\n\n1 / 0\n", "load", "line 3 raised ZeroDivisionError: division by zero"),
        (b"a = '\0'\n", "load", "null bytes"),
        (b"(" * 10_000, "load", "raised"),
        (b"import sys\nsys.exit()\n", "ended", "line 2 ended the program"),
        (b"while True: pass\n", "slow", "loading the file took longer than 1 s"),
        (bytes(2**20 + 1), "file", "the file is longer than 1,048,576 bytes"),
    ],
)
def test_a_file_that_can_not_be_loaded(student, tmp_path, source, kind, sentence):
    (tmp_path / "student_helpers.py").write_text("")
    process = student(source)
    process.seconds = 1.0 if kind == "slow" else 20.0
    for _ in range(2):
        failed = failure(process)
        assert failed.kind == kind
        assert sentence in str(failed)


def test_a_file_that_is_none(student, tmp_path):
    process = student(RIGHT)
    process.path = tmp_path / "missing.py"
    assert str(failure(process)) == "the file can't be read: No such file or directory"
    process.path = tmp_path
    assert "it is no file but a folder" in str(failure(process))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.py")
        process.path = tmp_path / "pipe.py"
        assert failure(process).kind == "file"


@pytest.mark.parametrize(
    "name",
    [
        os.fsdecode(b"\xff\xfe.py"),
        "numpy.py",
        "minivit.py",
        "-c.py",
        "a b\n\u202e\u4e2d.py",
        "no suffix",
        "json.py",
    ],
)
def test_a_file_of_any_name(student, name):
    process = student(RIGHT, name)
    assert process.forward("relu", (X - 1,)).values[0].array.tolist() == [0, 0, 1]
