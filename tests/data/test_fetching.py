"""Fetching from mirrors: here, from a server in a thread of this process."""

import hashlib
import http.server
import io
import tarfile
import threading

import pytest

from minivit import InputError
from minivit.data.fetching import fetch
from minivit.data.known import KNOWN, Archive
from minivit.files import alone_in

CONTENT = bytes(range(256)) * 700
PAGE = b"<html><body>Sign in to the hotel's network</body></html>"


class Server(http.server.ThreadingHTTPServer):
    """Serves `files`; what it was asked for is in `asked`: (path, range)."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.asked, self.break_after, self.ranges = {}, [], None, True


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, asked = self.server, self.headers.get("Range")
        server.asked.append((self.path, asked))
        content = server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.ranges else 0
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        self.wfile.write(content[begin:][: server.break_after])
        self.wfile.flush()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def sum_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def mnist(server, monkeypatch):
    """MNIST of two files, on a mirror that has none of them and on one that has both."""
    files = {"images.gz": CONTENT, "labels.gz": CONTENT[::-1]}
    server.files = {f"/good/{name}": content for name, content in files.items()}
    archives = tuple(Archive(name, len(c), sum_of(c)) for name, c in files.items())
    root = f"http://127.0.0.1:{server.server_port}"
    known = KNOWN["mnist"]._replace(archives=archives, mirrors=(f"{root}/none/", f"{root}/good/"))
    monkeypatch.setitem(KNOWN, "mnist", known)
    return files


def test_a_set_is_fetched_into_torchvisions_layout(server, mnist, tmp_path):
    told = []
    folder = fetch("mnist", tmp_path, begin=lambda archive: told.append)
    assert folder == tmp_path / "MNIST" / "raw"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == mnist
    assert sum(told) == 2 * len(CONTENT)
    asked = len(server.asked)
    assert asked == 4  # each from the mirror that lacks it, then from the other
    fetch("mnist", tmp_path)  # all is there
    assert len(server.asked) == asked


def test_what_is_left_of_a_broken_fetch_is_used(server, mnist, tmp_path):
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    (folder / "images.gz.part").write_bytes(CONTENT[:1000])
    fetch("mnist", tmp_path)
    assert ("/good/images.gz", "bytes=1000-") in server.asked
    assert (folder / "images.gz").read_bytes() == CONTENT
    assert not (folder / "images.gz.part").exists()


def test_a_connection_that_breaks_is_taken_up_again(server, mnist, tmp_path):
    server.break_after = 100_000  # of 179,200: it takes a second request
    fetch("mnist", tmp_path)
    assert ("/good/images.gz", "bytes=100000-") in server.asked
    assert (tmp_path / "MNIST" / "raw" / "images.gz").read_bytes() == CONTENT


def test_one_that_breaks_too_often_keeps_what_arrived(server, mnist, tmp_path):
    server.break_after = 1000
    with pytest.raises(
        InputError, match=r"broke after 3,000 of 179,200 bytes.* run the same command"
    ):
        fetch("mnist", tmp_path)
    part = tmp_path / "MNIST" / "raw" / "images.gz.part"
    assert part.read_bytes() == CONTENT[:3000]
    server.break_after = None
    fetch("mnist", tmp_path)
    assert ("/good/images.gz", "bytes=3000-") in server.asked


def test_a_server_that_knows_no_ranges_sends_the_whole(server, mnist, tmp_path):
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    (folder / "images.gz.part").write_bytes(CONTENT[:1000])
    server.ranges = False
    told = []
    fetch("mnist", tmp_path, begin=lambda archive: told.append)
    assert (folder / "images.gz").read_bytes() == CONTENT
    assert sum(told) == 2 * len(CONTENT)  # the bar is set back


def test_a_part_of_another_file_is_thrown_away_and_fetched_anew(server, mnist, tmp_path):
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for part in (b"wrong" * 9, b"x" * len(CONTENT)):
        (folder / "images.gz.part").write_bytes(part)
        fetch("mnist", tmp_path)
        assert (folder / "images.gz").read_bytes() == CONTENT
        (folder / "images.gz").unlink()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (PAGE, "it sent an HTML page in the place of the file"),
        (CONTENT[::-1], "it sent another file: the checksum is wrong"),
        (CONTENT * 3, "it sent another file: the checksum is wrong"),
        (None, "the server answers 404"),
    ],
)
def test_what_is_not_the_file_is_not_kept(server, mnist, tmp_path, content, sentence):
    server.files["/good/images.gz"] = content
    with pytest.raises(InputError, match=sentence) as error:
        fetch("mnist", tmp_path)
    assert "images.gz could not be fetched (http://127.0.0.1" in str(error.value)
    assert list((tmp_path / "MNIST" / "raw").iterdir()) == []


def test_no_server_at_all(mnist, tmp_path, monkeypatch):
    known = KNOWN["mnist"]._replace(mirrors=("http://127.0.0.1:9/",))
    monkeypatch.setitem(KNOWN, "mnist", known)
    with pytest.raises(InputError, match=r"127.0.0.1:9/: .*refused"):
        fetch("mnist", tmp_path)


def test_a_file_of_that_name_that_is_another_one_stays(mnist, tmp_path):
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    (folder / "images.gz").write_bytes(b"years of work")
    with pytest.raises(InputError, match="is there and is another file than mnist's"):
        fetch("mnist", tmp_path)
    assert (folder / "images.gz").read_bytes() == b"years of work"


def test_two_processes_do_not_fetch_into_one_folder(mnist, tmp_path):
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    with alone_in(folder), pytest.raises(InputError, match="is in use: another process"):
        fetch("mnist", tmp_path)


def archive_of(members: dict[str, bytes], **links: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, to in links.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.type, info.linkname = tarfile.SYMTYPE, to
            tar.addfile(info)
    return file.getvalue()


BATCHES = {f"cifar-10-batches-py/{name}": name.encode() for name in KNOWN["cifar10"].unpacked}


def cifar(server, monkeypatch, content: bytes):
    server.files = {"/c.tar.gz": content}
    archive = Archive("c.tar.gz", len(content), sum_of(content))
    known = KNOWN["cifar10"]._replace(
        archives=(archive,), sums={}, mirrors=(f"http://127.0.0.1:{server.server_port}/",)
    )
    monkeypatch.setitem(KNOWN, "cifar10", known)


def test_an_archive_is_unpacked_without_what_is_not_expected(server, monkeypatch, tmp_path):
    more = {"../outside": b"x", "/tmp/outside": b"x", "cifar-10-batches-py/readme.html": b"x",
            "cifar-10-batches-py/../../outside": b"x"}  # fmt: skip
    cifar(server, monkeypatch, archive_of(BATCHES | more, cifar_link="/etc/passwd"))
    folder = fetch("cifar10", tmp_path / "to")
    assert {path.name for path in folder.iterdir()} == set(KNOWN["cifar10"].unpacked)
    assert (folder / "data_batch_2").read_bytes() == b"data_batch_2"
    assert {path.name for path in tmp_path.rglob("*outside*")} == set()
    asked = len(server.asked)
    fetch("cifar10", tmp_path / "to")
    assert len(server.asked) == asked


@pytest.mark.parametrize("kind", ["link", "missing", "damaged", "no archive"])
def test_a_bad_archive(server, monkeypatch, tmp_path, kind):
    members = dict(list(BATCHES.items())[1:])
    content = {
        "link": lambda: archive_of(members, **{"cifar-10-batches-py__data_batch_1": "/etc/passwd"}),
        "missing": lambda: archive_of(members),
        "damaged": lambda: archive_of(BATCHES)[:-30],
        "no archive": lambda: b"\x1f\x8b no",
    }[kind]()
    cifar(server, monkeypatch, content)
    sentence = {"link": "is no plain file", "missing": "lacks cifar-10-batches-py/data_batch_1"}
    with pytest.raises(InputError, match=sentence.get(kind, "is a damaged archive")):
        fetch("cifar10", tmp_path)
    assert not (tmp_path / "cifar-10-batches-py" / "data_batch_1").is_symlink()
