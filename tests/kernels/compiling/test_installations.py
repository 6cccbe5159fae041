"""Which installation uses which folder of kernels: notes, and when one counts."""

import json
import shutil

import pytest

pytest.importorskip("numba")

from minivit.kernels.compiling import installations


@pytest.fixture
def other(tmp_path):
    """Another installation: its Python, its kernels, its folder and its note."""
    kernels, python = tmp_path / "other" / "kernels", tmp_path / "other" / "python"
    kernels.mkdir(parents=True)
    (kernels / "gelu.py").write_text("y = x")
    python.touch()
    note = tmp_path / "base" / installations.NOTES / "other.json"
    note.parent.mkdir(parents=True)
    says = {
        "python": str(python), "kernels": str(kernels), "folder": "kernels-other",
        "sources": installations.sources(kernels),
    }  # fmt: skip
    note.write_text(json.dumps(says))
    return note


def test_the_folders_of_all_installations_are_in_use(other, tmp_path):
    base = tmp_path / "base"
    installations.leave_note(base / "kernels-mine", ("this machine",))
    assert installations.used(base) == {"kernels-mine", "kernels-other"}
    installations.leave_note(base / "kernels-mine-now", ("this machine",))  # a new NumPy, say
    installations.leave_note(base / "kernels-avx2", ("with other settings",))
    assert installations.used(base) == {"kernels-mine-now", "kernels-avx2", "kernels-other"}


@pytest.mark.parametrize("what", ["python gone", "sources gone", "edited", "renamed"])
def test_a_note_counts_while_the_installation_is_as_it_was(what, other, tmp_path):
    base, home = tmp_path / "base", tmp_path / "other"
    if what == "python gone":
        (home / "python").unlink()
    elif what == "sources gone":
        shutil.rmtree(home / "kernels")
    elif what == "edited":
        (home / "kernels" / "gelu.py").write_text("y = -x")
    else:
        (home / "kernels" / "gelu.py").rename(home / "kernels" / "mlp.py")
    assert installations.used(base) == set()
    installations.forget_the_gone(base)
    assert not other.exists()


@pytest.mark.parametrize(
    "content", [b"", b'{"python": "/usr', b"[]", b"{}", b"\xff\xfe", b"[" * 99999]
)
def test_a_damaged_note_says_nothing(content, other, tmp_path):
    other.write_bytes(content)
    assert installations.used(tmp_path / "base") == set()
    installations.forget_the_gone(tmp_path / "base")
    assert not other.exists()


def test_notes_that_count_are_not_forgotten(other, tmp_path):
    installations.forget_the_gone(tmp_path / "base")
    assert other.exists()


def test_a_note_that_can_not_be_written_is_done_without(tmp_path):
    (tmp_path / installations.NOTES).touch()  # no folder
    installations.leave_note(tmp_path / "kernels-mine", ())
    assert installations.used(tmp_path) == set()
