import os
import shlex
import shutil
import subprocess
import sys

import pytest

from minivit.files import alone_in, replacing, typed

posix = pytest.mark.skipif(os.name != "posix", reason="locks of files")
HOLD = "import sys, pathlib, minivit.files as f\nwith {}:\n    print('held', flush=True); input()"


def holding(expression):
    """Another process inside a `with` block, until it is killed or its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(expression)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "held\n"
    return process


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_the_file_appears_whole(tmp_path):
    path = tmp_path / "a.txt"
    with replacing(path) as partial:
        partial.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_no_rubbish(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(type(error)), replacing(path) as partial:
        partial.write_text("half of the ne")
        raise error
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@posix
def test_what_a_killed_process_left_is_removed_by_the_next_writer_of_the_same_file(tmp_path):
    path, other = tmp_path / "a.txt", tmp_path / ".b.txt.12345678.partial"
    other.write_text("of another file")
    with holding(f"f.replacing({str(path)!r})") as process:
        process.kill()
    (tmp_path / ".a.txt.partial").write_text("as former versions called it")
    assert len(names(tmp_path)) == 3
    with replacing(path) as partial:
        partial.write_text("whole")
    assert names(tmp_path) == [other.name, "a.txt"]


@posix
def test_what_another_process_is_writing_stays(tmp_path):
    path = tmp_path / "a.txt"
    with holding(f"f.replacing({str(path)!r})") as process:
        with replacing(path) as partial:
            partial.write_text("ours")
        assert path.read_text() == "ours" and len(names(tmp_path)) == 2
        process.communicate("\n")
    assert process.returncode == 0
    assert path.read_text() == "" and names(tmp_path) == ["a.txt"]  # the last rename counts


def test_many_processes_may_write_one_file(tmp_path):
    code = (
        "import sys\nfrom minivit.files import replacing\n"
        "for _ in range(100):\n"
        "    with replacing('a.txt') as partial: partial.write_text(sys.argv[1] * 1000)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, w], cwd=tmp_path) for w in "xyz"]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert (tmp_path / "a.txt").read_text() in {"x" * 1000, "y" * 1000, "z" * 1000}
    assert names(tmp_path) == ["a.txt"]


def test_a_full_disk_names_the_file_and_not_the_partial_one(tmp_path):
    with pytest.raises(OSError) as raised, replacing(tmp_path / "a.txt"):
        raise OSError(28, "No space left on device")
    assert raised.value.filename == str(tmp_path / "a.txt")


def test_a_folder_is_held_until_its_holder_dies_and_nothing_is_left(tmp_path):
    with holding(f"f.alone_in(pathlib.Path({str(tmp_path)!r}))") as process:
        with pytest.raises(BlockingIOError, match="in use"), alone_in(tmp_path):
            pass
        process.kill()
        process.wait()
        with alone_in(tmp_path):
            pass
    assert names(tmp_path) == []


@posix
@pytest.mark.parametrize("path", ["runs/digits-1", "my run", "-x", "it's", "$HOME", "a;b", "--"])
def test_a_path_can_be_pasted(path):
    words = shlex.split(f"minivit train --resume {typed(path)}")
    assert len(words) == 4 and words[3] in (path, f"./{path}") and not words[3].startswith("-")


@posix
@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(
    "path", ["two\nlines", "\x1b[2J", "\u202egnp", "-\n'\\$x", "七\r", "\udcff1"]
)
def test_a_path_that_no_terminal_shows_can_be_pasted(path):
    words = typed(path)
    assert words.isprintable()
    done = subprocess.run(["bash", "-c", f"printf %s {words}"], capture_output=True, check=True)
    assert os.fsdecode(done.stdout).removeprefix("./") == path


def test_a_folder_that_is_missing_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError) as raised, replacing(tmp_path / "no" / "a") as partial:
        partial.write_text("x")
    assert raised.value.filename == str(tmp_path / "no")


@pytest.mark.parametrize("error", [PermissionError(13, "denied"), OSError(30, "read-only")])
def test_a_place_that_can_not_be_written_is_told_by_the_name_that_was_given(
    tmp_path, monkeypatch, error
):
    def refuse(partial, *_):
        raise type(error)(*error.args, str(partial))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OSError) as raised, replacing(tmp_path / "a.csv"):
        pass
    assert raised.value.filename == str(tmp_path / "a.csv")
