"""New files alone: nothing is written over, nothing is left in half."""

from pathlib import Path

import pytest

from minivit.course.writing import check_room, write_new
from minivit.errors import InputError


def test_a_file_in_the_way_stays(tmp_path):
    path = tmp_path / "a b.py"
    write_new(path, "mine\n")
    for call in (lambda: write_new(path, "new"), lambda: check_room([path])):
        with pytest.raises(
            InputError, match=r"'.*/a b.py' exists already and stays as it is; move"
        ):
            call()
    assert path.read_text() == "mine\n"


def test_a_link_that_leads_nowhere_is_in_the_way(tmp_path):
    path = tmp_path / "link"
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="exists already"):
        check_room([path])


def test_what_fails_leaves_no_file(tmp_path):
    path = tmp_path / "x"
    with pytest.raises(UnicodeEncodeError):
        write_new(path, "half \ud800")
    assert not path.exists()


def test_a_folder_that_takes_no_file_is_told(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"^no file can be made in .*/none: no such file or dir"):
        check_room([tmp_path / "none" / "x"])
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InputError, match=r"^no file can be made in this folder: no such file or"):
        check_room([Path("x")])
