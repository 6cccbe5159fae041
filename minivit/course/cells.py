"""A lesson's cells: what stands between the lines `# %%` and `# %% [markdown]`."""

import re
from typing import NamedTuple

MARK = re.compile(r"^# %%.*\n?", re.MULTILINE)


class Cell(NamedTuple):
    """A piece of a lesson. All `source`s of a lesson, one after the other, are its file again."""

    kind: str  # "markdown" or "code"
    source: str  # as in the file, with the line that begins the cell
    line: int  # the number of its first line in the file, from 1

    @property
    def lines(self) -> range:
        """The numbers of its lines in the file."""
        return range(self.line, self.line + self.source.rstrip("\n").count("\n") + 1)

    @property
    def text(self) -> str:
        """What is to be read: prose without comment signs, code without the line above it."""
        body = MARK.sub("", self.source, count=1)
        if self.kind == "markdown":
            body = re.sub(r"^# ?", "", body, flags=re.MULTILINE)
        return body.strip("\n")

    def with_text(self, change) -> "Cell":
        """The same cell with `change(body)` in the body's place; the body is as in the file."""
        found = MARK.match(self.source)
        mark = found.group() if found else ""
        return self._replace(source=mark + change(self.source[len(mark) :]))


def read_cells(text: str) -> tuple[Cell, ...]:
    """A percent file in cells. What stands above its first mark is a cell of code, if anything."""
    starts = [found.start() for found in MARK.finditer(text)] or [0]
    if text[: starts[0]].strip():
        starts = [0, *starts]
    starts[0] = 0
    cells = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        source = text[start:end]
        prose = source.lstrip().startswith("# %% [markdown]")
        cells.append(Cell("markdown" if prose else "code", source, 1 + text.count("\n", 0, start)))
    return tuple(cells)


def join(cells) -> str:
    """The file of these cells."""
    return "".join(cell.source for cell in cells)
