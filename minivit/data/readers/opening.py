"""Opening a file of images or labels: packed as gz or not, whatever its name says."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from minivit.errors import InputError

GZIP, ZIP, PICKLE = b"\x1f\x8b", b"PK\x03\x04", b"\x80"
MARKUP = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<!--")
MOST_UNPACKED = 1032  # bytes that deflate can make of one
LONGEST_START = 512  # bytes that are looked at to tell what a file is


@contextmanager
def content_of(path: Path) -> Iterator[BinaryIO]:
    """What a file holds, unpacked if it is gz.

    Raises InputError for a gz file that is damaged or ends early, also while it is read, and
    OSError for what can't be opened.
    """
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == GZIP
            file.seek(0)
            with gzip.GzipFile(fileobj=file) if packed else nullcontext(file) as content:
                yield content
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path} is a gz file that is damaged or truncated ({error}); get it again"
        ) from error


def start_of(path: Path) -> bytes:
    """The first bytes of what a file holds; fewer, or none, where it is damaged."""
    try:
        with content_of(path) as content:
            return content.read(LONGEST_START)
    except InputError:
        return b""


def sizes_allowed(path: Path) -> tuple[int, int]:
    """From how many to how many bytes a file may hold: unknown within bounds if it is gz."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        return (0, size * MOST_UNPACKED) if file.read(2) == GZIP else (size, size)


def is_markup(start: bytes) -> bool:
    """Whether a file that begins so is an HTML page."""
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(MARKUP)


def what_begins(start: bytes) -> str:
    """In words, what a file is that begins so and should be another; a part of a sentence."""
    if not start:
        return "is empty or damaged; get it again"
    if is_markup(start):
        return (
            "is an HTML page, perhaps one that tells of an error: the download went wrong; get the "
            "file again"
        )
    return f"begins with the bytes {start[:4].hex(' ')}"
