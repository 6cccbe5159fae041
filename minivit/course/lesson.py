"""One lesson, as its file tells it: a title, the minutes it takes, and what it builds on.

    # %% [markdown]
    # # Lesson 6: attention
    #
    # *25 minutes; builds on lessons 2 and 5.*

These are the first lines of its file.
"""

import re
from pathlib import Path
from typing import NamedTuple

from minivit.course.cells import Cell, join, read_cells

TITLE = re.compile(r"^# +(?:Lesson \d+: *)?(.+)$", re.MULTILINE)
NEEDS = re.compile(r"^\*(\d+) minutes; builds on ([^*]+?)\.?\*$", re.MULTILINE)


class Lesson(NamedTuple):
    path: Path
    title: str  # "attention"
    minutes: int | None  # reading, running and exercises; None where the file doesn't say
    builds_on: tuple[str, ...]  # keys of lessons, ("02", "05")
    cells: tuple[Cell, ...]

    @property
    def stem(self) -> str:
        """The file's name, "06_attention"."""
        return self.path.stem

    @property
    def text(self) -> str:
        """The file's text."""
        return join(self.cells)

    @property
    def key(self) -> str:
        """How the lesson is called in short: "06", or "puzzles" where it has no number."""
        return key_of(self.stem)

    @property
    def name(self) -> str:
        """How a sentence calls it: "lesson 6", "puzzles"."""
        return f"lesson {int(self.key)}" if self.key.isdigit() else self.key


def key_of(stem: str) -> str:
    number = stem.partition("_")[0]
    return number if number.isdigit() else stem


def read_lesson(path: Path) -> Lesson:
    """Raises OSError when the file can't be read."""
    cells = read_cells(path.read_text("utf-8"))
    first = next((cell.text for cell in cells if cell.kind == "markdown"), "")
    title, needs = TITLE.search(first), NEEDS.search(first)
    return Lesson(
        path,
        title[1].strip() if title else path.stem,
        int(needs[1]) if needs else None,
        tuple(f"{int(number):02}" for number in re.findall(r"\d+", needs[2])) if needs else (),
        cells,
    )


def plain(title: str) -> str:
    """The title without its markup."""
    return re.sub(r"[*`$]", "", title)
