"""Files that are new: nothing that exists is ever written over."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from minivit.errors import InputError
from minivit.files import typed


def check_room(paths: Iterable[Path]) -> None:
    """Before the work that a file costs: InputError if one is there already, or if no file can be
    made in its folder.
    """
    for path in paths:
        if os.path.lexists(path):
            raise in_the_way(path)
        try:
            tempfile.TemporaryFile(dir=path.parent).close()
        except OSError as error:
            place = "this folder" if path.parent == Path() else typed(path.parent)
            reason = (error.strerror or str(error)).lower()
            raise InputError(
                f"no file can be made in {place}: {reason}; choose another folder"
            ) from error


def write_new(path: Path, text: str) -> None:
    """Write a file that doesn't exist yet; on failure there is none."""
    try:
        file = open(path, "x", encoding="utf-8", newline="\n")  # noqa: SIM115  closed below
    except FileExistsError as error:
        raise in_the_way(path) from error
    try:
        with file:
            file.write(text)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename is None:
            error.filename = str(path)
        raise


def in_the_way(path: Path) -> InputError:
    return InputError(
        f"{typed(path)} exists already and stays as it is; move it away, or go to another folder"
    )
