"""`minivit data`: list, check, get."""

import hashlib
import http.server
import threading

import pytest
from data_files import write_idx, write_pictures

from minivit.cli.main import main
from minivit.data import DATASETS
from minivit.data.known import KNOWN, Archive

pytestmark = pytest.mark.usefixtures("nowhere")


def test_the_list_names_all_sets_and_where_they_were_looked_for(capsys):
    assert main(["data"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n{name} " in f"\n{out}" for name in DATASETS)
    assert out.count("not found; `minivit data get ") == len(KNOWN)
    assert "./data" in out and "~/.keras/datasets" in out and "data/MNIST/raw" in out


def test_the_list_checks_sums(tmp_path, capsys, monkeypatch):
    folder = tmp_path / "data" / "MNIST" / "raw"
    write_idx(folder)
    assert main(["data", "list"]) == 1
    out = capsys.readouterr().out
    assert "in data/MNIST/raw: t10k-images-idx3-ubyte.gz, " in out and "differ from the" in out
    archives = tuple(
        Archive(path.name, 0, f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")
        for path in folder.iterdir()
    )
    monkeypatch.setitem(KNOWN, "mnist", KNOWN["mnist"]._replace(archives=archives))
    assert main(["data"]) == 0
    assert "in data/MNIST/raw: 4 files have the right checksum" in capsys.readouterr().out


def test_check_reads_all_and_names_every_damaged_picture(tmp_path, capsys):
    write_pictures(tmp_path / "pets")
    assert main(["data", "check", "pets"]) == 0
    out = capsys.readouterr().out
    assert "green" in out and "All images can be read." in out
    for name in ("red/001.png", "blue/004.png"):
        (tmp_path / "pets" / name).write_bytes(b"no picture")
    assert main(["data", "check", "pets"]) == 1
    out = capsys.readouterr().out
    assert "red/001.png is not a picture" in out and "blue/004.png is not a picture" in out
    assert "2 images can't be read." in out


def test_check_of_a_set_in_one_file(capsys):
    assert main(["data", "check", "fashion-small"]) == 0
    assert "ankle boot" in capsys.readouterr().out


def test_get_fetches_and_says_how_to_go_on(tmp_path, capsys, monkeypatch):
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "a.gz").write_bytes(b"content")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=tmp_path / "served")

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        checksum = f"sha256:{hashlib.sha256(b'content').hexdigest()}"
        known = KNOWN["mnist"]._replace(
            archives=(Archive("a.gz", 7, checksum),),
            mirrors=(f"http://127.0.0.1:{server.server_port}/",),
        )
        monkeypatch.setitem(KNOWN, "mnist", known)
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.delenv(name, raising=False)
        try:
            assert main(["data", "get", "mnist"]) == 0
            said = capsys.readouterr().out
            assert main(["data", "get", "mnist", "--to", "else where"]) == 0
        finally:
            server.shutdown()
            thread.join()
    assert (tmp_path / "data" / "MNIST" / "raw" / "a.gz").read_bytes() == b"content"
    assert (tmp_path / "else where" / "MNIST" / "raw" / "a.gz").exists()
    assert said.endswith("  minivit train --data mnist\n")
    assert "minivit train --data 'else where/MNIST/raw'" in capsys.readouterr().out


def test_a_fetch_that_is_interrupted_says_how_to_go_on(capsys, monkeypatch):
    def interrupted(name, to, begin):
        raise KeyboardInterrupt

    monkeypatch.setattr("minivit.data.fetching.fetch", interrupted)
    assert main(["data", "get", "mnist"]) == 130
    assert "what has arrived is kept: run the same command again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gett"], "data can't gett; the nearest is get: list, get or check"),
        (["get"], "get needs a name, e.g. `minivit data get mnist`"),
        (["check"], "check needs a name"),
        (["get", "mnits"], "'mnits' can't be fetched; the nearest is mnist: there are mnist"),
        (["get", "digits"], "'digits' can't be fetched"),
        (["list", "mnist"], "list takes no name"),
        (["check", "mnist", "--to", "x"], "--to says where to fetch into"),
        (["check", "mnist"], "mnist is not on this machine"),
        (["check", "nowhere/at/all"], "nowhere/at/all does not exist"),
    ],
)
def test_bad_input(arguments, sentence, capsys):
    assert main(["data", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("minivit: ") and sentence in error and error.count("\n") == 1
