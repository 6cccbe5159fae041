"""The table of an experiment in its file."""

import pytest

from minivit import InputError
from minivit.experiments.table import Table, read, write

ROWS = [{"kind": "a", "seed": 0, "accuracy": 71.23456789}, {"kind": "b", "seed": 1, "more": ""}]
MADE = Table("minivit experiment made", "a machine", "0123abcd", "0.1.0, 0.2.0", ROWS)


def test_what_is_written_is_read(tmp_path):
    write(MADE, tmp_path / "made.csv")
    found = read(tmp_path / "made.csv")
    assert found[:4] == MADE[:4]
    assert found.rows == [
        {"kind": "a", "seed": 0.0, "accuracy": 71.2346, "more": ""},
        {"kind": "b", "seed": 1.0, "accuracy": "", "more": ""},
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"years of work",
        b"kind,seed\na,0\n",
        b"# command\n# on a machine\n# grid 0123abcd; made by minivit 1\n",
        b"# command\n# on a machine\n# grid 0123abcd; made by minivit 1\nkind,seed\na\n",
        b"# command\n# on a machine\n# grid 0123abcd; made by minivit 1\nkind,seed\na,1,2\n",
        b"\xff\xfe\x00",
    ],
)
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "made.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is no table that `minivit experiment` wrote"):
        read(path)
