"""A hub of models on this machine, to try `minivit fetch` against without the network.

    python tests/checkpoints/local_hub.py FOLDER --breaks-off 90000000
    HF_ENDPOINT=http://127.0.0.1:8765 HF_HOME=/tmp/hub minivit fetch hf:owner/model

It answers as the hub does where huggingface_hub asks: what a model has, and its files, from any
byte on. Whatever FOLDER holds is the model owner/model; there is no other. With --breaks-off the
connection ends after so many bytes of a file that is read from its beginning, as networks may.
"""

import argparse
import hashlib
import json
import socket
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODEL, COMMIT, PIECE = "owner/model", "a" * 40, 1 << 20


class Hub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments, folder: Path, breaks_off: int | None):
        self.folder, self.breaks_off = folder, breaks_off
        super().__init__(*arguments)

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith(f"/api/models/{MODEL}"):
            self.send_words(self.tree() if "/tree/" in path else self.model())
        elif path.startswith(f"/{MODEL}/resolve/"):
            self.send_file(self.folder / path.rpartition("/")[2])
        else:
            self.send_missing("RepoNotFound")

    def tree(self) -> list[dict]:
        return [
            {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": "x"}
            for file in self.folder.iterdir()
        ]

    def model(self) -> dict:
        files = [{"rfilename": file.name} for file in self.folder.iterdir()]
        return {
            "_id": "1", "id": MODEL, "modelId": MODEL, "sha": COMMIT, "private": False,
            "downloads": 0, "likes": 0, "tags": [], "siblings": files,
        }  # fmt: skip

    def send_words(self, words, status: int = 200, **headers: str) -> None:
        content = json.dumps(words).encode()
        self.send_head(status, len(content), {"Content-Type": "application/json"} | headers)
        if self.command == "GET":
            self.wfile.write(content)

    def send_missing(self, code: str) -> None:
        self.send_words({"error": "not found"}, 404, **{"X-Error-Code": code})

    def send_file(self, file: Path) -> None:
        if not file.is_file():
            self.send_missing("EntryNotFound")
            return
        size, asked = file.stat().st_size, self.headers.get("Range")
        begin = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
        headers = {
            "ETag": f'"{hashlib.sha256(file.name.encode()).hexdigest()}"',
            "X-Repo-Commit": COMMIT,
            "Accept-Ranges": "bytes",
        }
        if asked:
            headers["Content-Range"] = f"bytes {begin}-{size - 1}/{size}"
        self.send_head(206 if asked else 200, size - begin, headers)
        if self.command == "GET":
            self.send_content(file, begin)

    def send_content(self, file: Path, begin: int) -> None:
        with file.open("rb") as content:
            content.seek(begin)
            while piece := content.read(PIECE):
                self.wfile.write(piece)
                if begin == 0 and self.breaks_off and content.tell() > self.breaks_off:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return

    def send_head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--breaks-off", type=int, metavar="BYTES")
    given = parser.parse_args()
    hub = partial(Hub, folder=given.folder, breaks_off=given.breaks_off)
    print(f"http://127.0.0.1:{given.port} has {MODEL}; Ctrl-C ends it")
    ThreadingHTTPServer(("127.0.0.1", given.port), hub).serve_forever()
