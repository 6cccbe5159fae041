"""Folders as systems for courses export them: which submissions, and which file of each."""

import os

import pytest
from students_files import RELU

from minivit.checking.student.grading.submissions import (
    Submission,
    content,
    defines_ops,
    handed_in,
    submissions_in,
)
from minivit.errors import InputError


@pytest.fixture
def folder(tmp_path):
    """Makes files: {"bob/student.py": its text}."""

    def make(files: dict[str, str]):
        root = tmp_path / "submissions"
        root.mkdir()
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return root

    return make


def test_files_and_folders_of_one_level(folder):
    root = folder({
        "carol.py": RELU, "bob/student.py": RELU, "bob/notes.txt": "", "bob/old/student.py": RELU,
        ".git/hooks.py": RELU, "__MACOSX/bob.py": RELU, "._carol.py": "", "grades.csv": "",
        "dave.ipynb": "",
    })  # fmt: skip
    found = submissions_in(root)
    assert found.submissions == [
        Submission("bob", root / "bob" / "student.py"),
        Submission("carol.py", root / "carol.py"),
    ]
    assert found.left_out == ["dave.ipynb", "grades.csv"]


def test_of_several_files_the_one_that_defines_ops(folder):
    helper = "def helper():\n    relu_forward(3)\n# def relu_forward(x)\n"
    root = folder({
        "one/a.py": helper, "one/b.py": RELU, "both/a.py": RELU, "both/b.py": RELU,
        "none/a.py": helper, "none/b.py": "", "empty/notes.txt": "", "alone/a.py": helper,
    })  # fmt: skip
    found = {one.name: one for one in submissions_in(root).submissions}
    assert found["one"].path == root / "one" / "b.py"
    assert found["alone"].path == root / "alone" / "a.py"
    assert found["both"].problem == "more than one of its files defines ops: a.py, b.py"
    assert found["none"].problem == "none of its files defines ops: a.py, b.py"
    assert found["empty"].problem == "the folder holds no .py file"
    assert all(found[name].path is None for name in ("both", "none", "empty"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs links and pipes")
def test_links_and_pipes_are_not_followed(folder, tmp_path):
    root = folder({"alice.py": RELU, "eve/notes.txt": ""})
    (root / "eve" / "mine.py").symlink_to(root / "alice.py")
    (root / "mallory.py").symlink_to(root / "alice.py")
    (root / "trudy").symlink_to(tmp_path)
    os.mkfifo(root / "pipe.py")
    found = {one.name: one for one in submissions_in(root).submissions}
    assert set(found) == {"alice.py", "eve", "mallory.py", "pipe.py"}
    assert [name for name, one in found.items() if one.path] == ["alice.py"]
    assert found["pipe.py"].problem == "it is no file but a link or the like"


def test_one_submission_is_a_file_or_a_folder(folder):
    root = folder({"alice.py": RELU, "bob/student.py": RELU})
    assert handed_in(str(root / "alice.py")).path == root / "alice.py"
    assert handed_in(str(root / "bob")).path == root / "bob" / "student.py"
    assert handed_in(str(root / "missing.py")).path == root / "missing.py", "the check says why"


def test_nothing_to_grade(folder, tmp_path):
    with pytest.raises(InputError, match=r"holds no submissions: expected \.py files in it"):
        submissions_in(folder({"notes.txt": ""}))
    with pytest.raises(InputError, match="is no folder: expected one with submissions"):
        submissions_in(tmp_path / "missing")


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("def relu_forward(x): pass", True),
        ("x = 1\ndef  layernorm_backward (dy, cache): pass", True),
        ("softmax_backward = make()", True),
        ("    def relu_forward(x): pass", False),  # of a class
        ("print(relu_forward)", False),
        ("def my_relu_forward(x): pass", False),
        ("def relu_forwards(x): pass", False),
    ],
)
def test_a_file_that_defines_ops(tmp_path, text, does):
    (tmp_path / "a.py").write_text(text)
    assert defines_ops(tmp_path / "a.py") is does


def test_the_content_is_another_when_the_file_is(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("x = 1")
    before = content(Submission("a.py", path))
    assert content(Submission("b", path)) == before
    path.write_text("x = 2")
    assert content(Submission("a.py", path)) != before
    path.unlink()
    assert content(Submission("a.py", path)) != before, "it is gone: whoever checks it says so"
    assert content(Submission("a", None, "why")) != content(Submission("a", None, "another"))


def test_a_folder_that_can_not_be_read(folder, monkeypatch):
    root = folder({"alice.py": RELU})

    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(type(root), "iterdir", refuse)
    with pytest.raises(InputError, match="can't be read: Permission denied; choose a folder that"):
        submissions_in(root)


def test_a_folder_within_is_told(folder):
    root = folder({"bob/hw1/student.py": RELU, "carol/__MACOSX/x.py": ""})
    bob, carol = submissions_in(root).submissions
    assert (
        bob.problem == "the folder holds no .py file, but a folder, hw1/: hand in the file itself"
    )
    assert carol.problem == "the folder holds no .py file"
