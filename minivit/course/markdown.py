"""The Markdown of the lessons as HTML: read by markdown-it, with a few rules of our own."""

import html
import re

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from minivit.course.scrolling import begin, scrolling
from minivit.course.typed_formulas import formulas, is_formula


def to_html(text: str) -> str:
    return READER.render(text)


def line_to_html(text: str) -> str:
    """A title, without a paragraph around it."""
    return READER.renderInline(text)


def sections(text: str) -> list[tuple[str, str]]:
    """(its name in links, its HTML) of each heading of the second level."""
    tokens = READER.parse(text)
    return [
        (token.attrs["id"], READER.renderer.render([tokens[i + 1]], READER.options, {}))
        for i, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h2"
    ]


def reader() -> MarkdownIt:
    """CommonMark with tables, formulas between $ signs, and headings that links can lead to."""
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.use(anchors_plugin, max_level=6)
    made.use(dollarmath_plugin, allow_space=False, allow_digits=False, renderer=latex)
    for rule in (code_block, fence, link_open, table_open, table_close, th_open):
        made.add_render_rule(rule.__name__, rule)
    return made


def latex(formula: str, options: dict) -> str:
    """A formula written in LaTeX, as MathML."""
    block = options["display_mode"]
    try:
        shown = convert(formula, display="block" if block else "inline")
    except Exception:  # of whatever kind: a formula that it can't read is shown as it stands
        shown = f"<code>{html.escape(formula, quote=False)}</code>"
    return scrolling("div", "formula", "formula", shown) if block else shown


def code_block(renderer, tokens, i, options, env) -> str:
    """What is indented by four spaces: formulas, or what is shown to the letter."""
    lines = tokens[i].content.rstrip().split("\n")
    if is_formula(lines):
        return formulas(lines) + "\n"
    return fence(renderer, tokens, i, options, env)


def fence(renderer, tokens, i, options, env) -> str:
    text = html.escape(tokens[i].content.rstrip(), quote=False)
    return scrolling("pre", "formula", "as typed", text) + "\n"


def link_open(renderer, tokens, i, options, env) -> str:
    """A link to another lesson leads to its page."""
    target = str(tokens[i].attrs["href"])
    tokens[i].attrs["href"] = re.sub(r"^(?:lessons/)?(\d\d_\w+)\.py\b", r"\1.html", target)
    return renderer.renderToken(tokens, i, options, env)


def table_open(renderer, tokens, i, options, env) -> str:
    return begin("div", "wide", "table") + "<table>\n"


def table_close(renderer, tokens, i, options, env) -> str:
    return "</table></div>\n"


def th_open(renderer, tokens, i, options, env) -> str:
    tokens[i].attrs["scope"] = "col"
    return renderer.renderToken(tokens, i, options, env)


READER = reader()
