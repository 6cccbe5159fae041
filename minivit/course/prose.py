"""The Markdown of the lessons as HTML: headings, paragraphs, lists, tables, blocks, formulas."""

import html
import re

from minivit.course.formulas import latex
from minivit.course.inline import inline, plain

HEADING = re.compile(r"(#{1,6}) +(.+)")
ITEM = re.compile(r"(-|\d+\.) +(.*)")
RULE = re.compile(r"\|?[\s:|-]*-[\s:|-]*\|?$")  # the line under a table's head


def to_html(text: str) -> str:
    """The whole text; blocks are told apart by their first line."""
    lines, blocks = text.split("\n"), []
    while lines:
        line = lines[0]
        if not line.strip():
            lines.pop(0)
        elif found := HEADING.match(line):
            blocks.append(heading(len(found[1]), found[2].strip()))
            lines.pop(0)
        elif line.startswith("    "):
            blocks.append(block(take(lines, lambda line: line.startswith("    ") or not line)))
        elif line.startswith("$$"):
            blocks.append(displayed(lines))
        elif line.startswith("|"):
            blocks.append(table(take(lines, lambda line: line.startswith("|"))))
        elif ITEM.match(line):
            blocks.append(listed(lines))
        else:
            blocks.append(f"<p>{inline(' '.join(paragraph(lines)))}</p>")
    return "\n".join(blocks)


def take(lines: list[str], belongs) -> list[str]:
    """Remove and return the lines up to the first that doesn't belong."""
    count = next((i for i, line in enumerate(lines) if not belongs(line)), len(lines))
    taken, lines[:] = lines[:count], lines[count:]
    return taken


def paragraph(lines: list[str]) -> list[str]:
    """The lines up to an empty one, or one that begins something else."""
    first = lines.pop(0)

    def belongs(line: str) -> bool:
        other = HEADING.match(line) or line.startswith(("- ", "1. ", "|", "$$"))
        return bool(line.strip()) and not other

    return [first, *(line.strip() for line in take(lines, belongs))]


def heading(level: int, text: str) -> str:
    return f'<h{level} id="{anchor(text)}">{inline(text)}</h{level}>'


def anchor(text: str) -> str:
    """A heading's name in links: "By hand 1: pixels" -> "by-hand-1-pixels"."""
    return re.sub(r"\W+", "-", plain(text).lower()).strip("-")


def block(lines: list[str]) -> str:
    """What is indented by four spaces: formulas and diagrams, to the letter."""
    while not lines[-1].strip():
        lines.pop()
    text = html.escape("\n".join(line[4:] for line in lines), quote=False)
    return f'<pre class="formula" tabindex="0">{text}</pre>'


def displayed(lines: list[str]) -> str:
    """A formula between $$ and $$, on one line or on several."""
    first = lines.pop(0)[2:]
    if first.rstrip().endswith("$$"):
        return latex(first.rstrip()[:-2].strip(), block=True)
    inside = [first, *take(lines, lambda line: "$$" not in line)]
    if lines:
        inside.append(lines.pop(0).partition("$$")[0])
    return latex("\n".join(inside).strip(), block=True)


def listed(lines: list[str]) -> str:
    """A list of one level; an item's further lines are indented."""
    tag = "ul" if lines[0].startswith("-") else "ol"
    items: list[list[str]] = []
    while lines and ((found := ITEM.match(lines[0])) or is_further(lines)):
        line = lines.pop(0)
        if found:
            items.append([found[2]])
        elif line.strip():
            items[-1].append(line.strip())
    points = "".join(f"<li>{inline(' '.join(item))}</li>" for item in items)
    return f"<{tag}>{points}</{tag}>"


def is_further(lines: list[str]) -> bool:
    """Whether the first line goes on with the list's last item, or is a gap between two items."""
    if lines[0].strip():
        return lines[0].startswith("  ")
    return len(lines) > 1 and bool(ITEM.match(lines[1]))


def table(lines: list[str]) -> str:
    """A table; the lines above the rule are its head."""
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:].removesuffix("|"))]
            for line in lines]  # fmt: skip
    under = next((i for i, line in enumerate(lines) if RULE.match(line)), 0)
    done = ""
    for i, row in enumerate(rows):
        if i == under and RULE.match(lines[i]):
            continue
        tag = 'th scope="col"' if i < under else "td"
        cells = (f"<{tag}>{inline(cell)}</{tag[:2]}>" for cell in row)
        done += f"<tr>{''.join(cells)}</tr>"
    return f'<div class="wide" tabindex="0"><table>{done}</table></div>'
