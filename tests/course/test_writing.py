"""New files alone: nothing is written over, nothing is left in half."""

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


def test_a_missing_folder_is_told_by_the_files_name(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        check_room([tmp_path / "none" / "x"])
    assert raised.value.filename == str(tmp_path / "none" / "x")
