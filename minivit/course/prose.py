"""The Markdown of the lessons as HTML: headings, paragraphs, lists, tables, blocks, formulas."""

import html
import re

from minivit.course.formulas import latex
from minivit.course.inline import inline, plain
from minivit.course.typed_formulas import columns, is_formula, mathml

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
    """What is indented by four spaces: formulas, or what is shown to the letter."""
    while not lines[-1].strip():
        lines.pop()
    if is_formula(lines):
        return formulas(lines)
    text = html.escape("\n".join(line[4:] for line in lines), quote=False)
    return f'<pre class="formula" tabindex="0" role="group" aria-label="as typed">{text}</pre>'


def formulas(lines: list[str]) -> str:
    """A line of the page for each line, its formulas and remarks below those of the line above."""
    rows = [columns(line) for line in lines if line.strip()]
    aligned = len(rows) > 1 and len({len(row) for row in rows}) == 1
    shown = "".join(
        f"<div>{''.join(f'<span>{mathml(part)}</span>' for part in row)}</div>" for row in rows
    )
    kind = "aligned" if aligned else "flowing"
    return (
        f'<div class="formula {kind}" tabindex="0" role="group" aria-label="formula">{shown}</div>'
    )


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
    """A list; what belongs to an item besides its first line is indented."""
    first = lines[0]
    ordered = first[0].isdigit()
    points = ""
    while lines and (found := ITEM.match(lines[0])) and found[1][0].isdigit() == ordered:
        lines.pop(0)
        item = [found[2], *take_further(lines, found.start(2))]
        inner = to_html("\n".join(item))
        loose = inner.count("<p>") != 1 or not inner.endswith("</p>")
        points += f"<li>{inner if loose else inner[3:-4]}</li>"
        skip_gap(lines)
    if not ordered:
        return f"<ul>{points}</ul>"
    number = int(first.partition(".")[0])
    return (f'<ol start="{number}">' if number != 1 else "<ol>") + f"{points}</ol>"


def take_further(lines: list[str], indent: int) -> list[str]:
    """Remove and return what is indented below an item, without the item's indent."""
    count = 0
    for i, line in enumerate(lines):
        if line.startswith("  "):
            count = i + 1
        elif line.strip():
            break
    taken, lines[:] = lines[:count], lines[count:]
    return [re.sub(f"^ {{2,{indent}}}", "", line) for line in taken]


def skip_gap(lines: list[str]) -> None:
    """Remove empty lines between two items of a list."""
    rest = [line for line in lines if line.strip()]
    if rest and ITEM.match(rest[0]):
        while not lines[0].strip():
            lines.pop(0)


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
    return f'<div class="wide" tabindex="0" role="group" aria-label="table"><table>{done}</table></div>'
