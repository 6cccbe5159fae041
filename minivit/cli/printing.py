"""Output that works on every terminal: characters that it can't show are escaped.

A file's name, or a class's from a checkpoint, may hold what the terminal's encoding lacks, a line
break, or the beginning of a command to the terminal.
"""

import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

UNSHOWN = ("Cc", "Cs", "Zl", "Zp")  # control characters, halves of characters, ends of lines
LONGEST = 2000  # characters of a message


def prepare_streams() -> None:
    """Let what the encoding lacks be printed as \\u6570; send closed streams (`>&-`) nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # It takes the free file number: else the next file that is opened would be "stdout".
            nowhere = os.open(os.devnull, os.O_RDWR)
            stream = open(nowhere, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
    for stream in (sys.stdout, sys.stderr):
        if getattr(stream, "errors", None) == "strict" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def silent_libraries() -> Iterator[None]:
    """Drop what C code writes on stderr: of a damaged TIFF, libtiff has much to say there."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def one_line(text: str) -> str:
    """The text without line breaks and other control characters: "a\\nb" with a backslash."""
    if text.isprintable():
        return text
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in UNSHOWN else c
        for c in text
    )


def complain(message: str) -> None:
    """Print one sentence on stderr."""
    line = one_line(message)
    if len(line) > LONGEST:
        line = f"{line[:LONGEST]}..."
    print(f"minivit: {line}", file=sys.stderr)


def some(names: list[str]) -> str:
    """The first names of a list, in a message."""
    return ", ".join(names[:5]) + ", ..." * (len(names) > 5)
