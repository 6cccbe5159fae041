"""What a student has written: a lesson's copy, as a script or a notebook, or any Python file."""

import json
import re
import stat
from pathlib import Path
from typing import NamedTuple

from minivit.course.cells import Cell, read_cells
from minivit.course.exercises import with_exercises
from minivit.errors import InputError
from minivit.files import typed

LARGEST = 1 << 26  # bytes: a notebook holds its pictures
MAGIC = re.compile(r"^([ \t]*)([%!][\w%].*)$", re.MULTILINE)  # what IPython alone understands


class Written(NamedTuple):
    """A student's file. All cells, one after the other, are its text."""

    text: str  # of a notebook: the percent file of its cells
    cells: tuple[tuple[Cell, str | None], ...]  # of code, and the exercise each belongs to
    is_notebook: bool

    def has(self, number: str) -> bool:
        """Whether the exercise stands in it."""
        return any(exercise == number for _, exercise in self.cells)

    def of(self, number: str) -> list[Cell]:
        """The cells of an exercise; of a file without it all cells."""
        return [cell for cell, exercise in self.cells if exercise == number or not self.has(number)]

    def up_to(self, last: Cell) -> list[Cell]:
        """The cells from the first to this one."""
        return [cell for cell, _ in self.cells if cell.line <= last.line]


def read_written(path: str | Path) -> Written:
    """Raises OSError for a file that can't be read, and InputError for one that is no text."""
    path = Path(path)
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST:
        raise InputError(f"{typed(path)} is no file, or one of more than {LARGEST:,} bytes")
    is_notebook = path.suffix.lower() == ".ipynb"
    try:
        text = path.read_text("utf-8-sig")
        if is_notebook:
            text = percent(json.loads(text))
            text.encode()  # JSON can spell half a character
    except UnicodeDecodeError as error:
        raise InputError(f"{typed(path)} is no text in UTF-8: save it as such") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(
            f"{typed(path)} is no notebook of Jupyter: its cells can't be found; save it from "
            "Jupyter again, or hand over a Python file"
        ) from error
    found = with_exercises(read_cells(text))
    cells = [(cell, exercise and exercise.number) for cell, exercise in found]
    return Written(text, tuple(one for one in cells if one[0].kind == "code"), is_notebook)


def percent(notebook: dict) -> str:
    """The cells of a notebook as a percent file; lines that are no Python are commented out."""
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"]).replace("\r\n", "\n").replace("\r", "\n")
        if cell["cell_type"] == "code":
            parts.append("# %%\n" + MAGIC.sub(r"\1# \2", source))
        elif cell["cell_type"] == "markdown":
            prose = "\n".join(f"# {line}" for line in source.split("\n"))
            parts.append("# %% [markdown]\n" + prose)
    return "\n\n".join(parts) + "\n"
