"""Output that works on every terminal: characters that it can't show are escaped.

A file's name, or a class's from a checkpoint, may hold what the terminal's encoding lacks, a line
break, the beginning of a command to the terminal, or a character that turns the text around it.
"""

import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

# Control characters, those that say how others are shown, halves of characters, ends of lines.
UNSHOWN = ("Cc", "Cf", "Cs", "Zl", "Zp")
JOINERS = "\u200c\u200d"  # within words, and in pictures made of several
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
    return "".join(c.encode("unicode_escape").decode() if is_unshown(c) else c for c in text)


def is_unshown(character: str) -> bool:
    """Whether a character is none that is seen, and may change what is seen."""
    return unicodedata.category(character) in UNSHOWN and character not in JOINERS


def one_message(text: str) -> str:
    """The same, and not endless."""
    line = one_line(text)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


def complain(message: str) -> None:
    """Print one sentence on stderr."""
    print(f"minivit: {one_message(message)}", file=sys.stderr)


def some(names: list[str]) -> str:
    """The first names of a list, in a message."""
    return ", ".join(names[:5]) + ", ..." * (len(names) > 5)
