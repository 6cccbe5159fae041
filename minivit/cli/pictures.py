"""Pictures by the names that were typed: files, folders, patterns, standard input."""

import glob
import os
import sys


def spelled_out(given: list[str]):
    """Every name, and for a pattern such as *.png the names that fit.

    Most shells do this; those of Windows leave it to the program.
    """
    for path in given:
        fitting = [] if os.path.lexists(path) else sorted(glob.glob(path))
        yield from fitting or [path]


def pictures_of(path: str):
    """Pairs of a picture's name, or an error instead, and its bytes, read only from stdin ("-")."""
    from minivit.data.decoding import all_of
    from minivit.data.picture_files import picture_files

    if path == "-":
        yield path, all_of(sys.stdin.buffer, "standard input")
        return
    for file in picture_files(path):
        yield file, None
