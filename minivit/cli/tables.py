"""Tables of plain text."""

from collections.abc import Iterable

from minivit.cli.printing import one_line


def table(rows: Iterable[Iterable[str]], align: str = "<>") -> str:
    """Rows of cells (the first may be a heading) as aligned lines, two spaces between columns.

    Line breaks and control characters in a cell are escaped. `align` has a letter for each column,
    "<" left or ">" right; its last letter holds for further columns.
    """
    rows = [list(map(one_line, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    align = align.ljust(len(widths), align[-1])
    lines = [
        "  ".join(f"{cell:{a}{width}}" for cell, a, width in zip(row, align, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)
