"""A lesson as one page: prose left, code and its output right. It needs nothing but itself."""

import html
from collections.abc import Iterable, Sequence
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from minivit.course.cells import Cell
from minivit.course.exercises import pieces
from minivit.course.lesson import Lesson, plain
from minivit.course.markdown import line_to_html, sections, to_html
from minivit.course.running import Output
from minivit.course.scrolling import scrolling

STYLE = Path(__file__).with_name("page.css")
FRAME = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#main">To the text</a>
{body}
</body>
</html>
"""


def frame(title: str, body: str) -> str:
    style = STYLE.read_text("utf-8")
    return FRAME.format(title=html.escape(plain(title)), style=style, body=body)


def lesson_page(
    lesson: Lesson, cells: Sequence[Cell], outputs: Iterable[Output], course: Sequence[Lesson] = ()
) -> str:
    """The page of these cells (a lesson's, or its student's copy's) and what they printed.

    `course`: the lessons that have pages beside this one, for links.
    """
    rows, results = [], iter(outputs)
    for cell in cells:
        if cell.kind == "markdown" or not rows:
            rows.append(([], []))
        if cell.kind == "markdown":
            rows[-1][0].append(to_html(cell.text))
        elif cell.text:
            rows[-1][1].append(code_block(cell.text) + output_block(next(results, Output())))
    text = "\n".join(
        f'<section class="row"><div class="prose">{"".join(prose)}</div>'
        f'<div class="code">{"".join(code)}</div></section>'
        for prose, code in rows
    )
    top = navigation(lesson, cells, course)
    return frame(f"{lesson.title} - minivit", f'{top}\n<main id="main">\n{text}\n</main>')


def navigation(lesson: Lesson, cells: Iterable[Cell], course: Sequence[Lesson]) -> str:
    """The way to the other pages, and to the sections of this one."""
    keys = [other.key for other in course]
    links = []
    if course:
        here = keys.index(lesson.key)
        links.append('<a href="index.html">All lessons</a>')
        if here > 0:
            links.append(link_to(course[here - 1], "prev", "Before: "))
        if here + 1 < len(course):
            links.append(link_to(course[here + 1], "next", "Next: "))
    listed = "".join(
        f'<li><a href="#{anchor}">{name}</a></li>'
        for cell in cells
        if cell.kind == "markdown"
        for anchor, name in sections(cell.text)
    )
    around = f'<nav aria-label="Lessons">{" ".join(links)}</nav>' if links else ""
    return f'<header>{around}<nav aria-label="Sections"><ul>{listed}</ul></nav></header>'


def link_to(lesson: Lesson, relation: str, word: str) -> str:
    return f'<a rel="{relation}" href="{lesson.stem}.html">{word}{line_to_html(lesson.title)}</a>'


def code_block(code: str) -> str:
    """The code; answers of exercises are folded away."""
    shown = ""
    for piece in pieces(code):
        text = "\n".join(piece.lines)
        if piece.is_answer:
            shown += f"<details><summary>The answer</summary>{listing(text)}</details>"
        elif text.strip():
            shown += listing(text)
    return f'<div class="cell">{shown}</div>'


def listing(text: str) -> str:
    """Python; page.css colours its words by the classes that Pygments gives them."""
    inner = highlight(text, PythonLexer(), HtmlFormatter(nowrap=True)).rstrip("\n")
    return scrolling("pre", "source", "code", f"<code>{inner}</code>")


def output_block(output: Output) -> str:
    """What the code printed, then its figures."""
    shown = ""
    if output.text:
        kind = "output error" if output.error else "output"
        text = html.escape(output.text, quote=False)
        shown += scrolling("pre", kind, "output", text)
    for figure in output.figures:
        caption = html.escape(figure.caption)
        image = f'<img src="data:image/png;base64,{figure.png}" alt="{caption}">'
        drawing = scrolling("div", "drawing", "figure", image)
        shown += f"<figure>{drawing}<figcaption>{caption}</figcaption></figure>"
    return shown


def index_page(course: Sequence[Lesson]) -> str:
    """The course's first page: every lesson, its minutes, and what it builds on."""
    known = {lesson.key: lesson for lesson in course}
    rows = []
    for lesson in course:
        needs = ", ".join(
            f'<a href="{known[key].stem}.html">{key}</a>' if key in known else key
            for key in lesson.builds_on
        )
        link = f'<a href="{lesson.stem}.html">{line_to_html(lesson.title)}</a>'
        rows.append(
            f"<tr><td>{lesson.key}</td><td>{link}</td>"
            f"<td>{lesson.minutes or '-'}</td><td>{needs or '-'}</td></tr>"
        )
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("lesson", "about", "minutes", "builds on")
    )
    table = f"<table><tr>{head}</tr>{''.join(rows)}</table>"
    return frame(
        "The course - minivit",
        '<main id="main" class="index"><h1>A Vision Transformer, step by step</h1>\n'
        f"{scrolling('div', 'wide', 'table', table)}</main>",
    )
