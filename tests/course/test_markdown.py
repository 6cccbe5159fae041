"""The rules that the course adds to Markdown, and that its lessons mean the Markdown they write."""

import re

import pytest

from minivit.course.finding import find_lesson, lesson_files

pytest.importorskip("latex2mathml")
pytest.importorskip("markdown_it")
pytest.importorskip("mdit_py_plugins")
pytest.importorskip("pygments")
from minivit.course.markdown import READER, line_to_html, sections, to_html


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a < b & <c>", "a &lt; b &amp; &lt;c&gt;"),
        ("z_0 = x_1 E, a * b * c and **kwargs", "z_0 = x_1 E, a * b * c and **kwargs"),
        ("[the *op*](https://a.b/c?d=1)", '<a href="https://a.b/c?d=1">the <em>op</em></a>'),
        ("[5](05_layernorm.py)", '<a href="05_layernorm.html">5</a>'),
        ("[5](lessons/05_layernorm.py)", '<a href="05_layernorm.html">5</a>'),
        ("it costs $5 or $6", "it costs $5 or $6"),
    ],
)
def test_a_line(text, shown):
    assert line_to_html(text) == shown


def test_links_can_lead_to_headings():
    text = "# 1\n\n## By *hand* 1: `a`\n\n### 3\n\n## 4"
    assert sections(text) == [("by-hand-1-a", "By <em>hand</em> 1: <code>a</code>"), ("4", "4")]
    assert '<h2 id="by-hand-1-a">' in to_html(text) and '<h3 id="3">' in to_html(text)


def test_a_table_has_a_head_and_scrolls():
    shown = to_html("| a | b |\n|---|--:|\n| `1` | 2 < 3 |")
    assert shown.startswith(
        '<div class="wide" tabindex="0" role="group" aria-label="table"><table>'
    )
    assert (
        '<th scope="col">a</th>' in shown and '<th style="text-align:right" scope="col">' in shown
    )
    assert shown.endswith("</table></div>\n")


@pytest.mark.parametrize(
    "text", ["so:\n\n    +--+\n\n    |<x|\n\nend", "```\n+--+\n\n|<x|\n```\nend"]
)
def test_a_block_is_shown_to_the_letter(text):
    shown = to_html(text)
    assert re.search(r'<pre class="formula" tabindex="0"[^>]*>\+--\+\n\n\|&lt;x\|</pre>', shown)
    assert shown.endswith("\n<p>end</p>\n") and "<math" not in shown


def test_formulas_as_they_are_typed_are_drawn():
    shown = to_html("- so\n\n      y  = x^2\n      dx = 2 x dy\n")
    assert shown.count("<math") == 2 and shown.count("<msup>") == 1
    assert 'class="formula aligned" tabindex="0"' in shown


def test_formulas_in_latex_are_drawn():
    shown = to_html("so $x_1^2$ and\n\n$$\n\\frac{a}{b}\n$$\n\n$$y$$")
    assert "<msubsup>" in shown and "<mfrac>" in shown and shown.count('display="block"') == 2
    assert "$" not in shown and "frac{" not in shown


def test_what_is_no_latex_is_shown_as_it_is():
    assert "<code>a &lt; b_c_d</code>" in line_to_html("$a < b_c_d$")


@pytest.mark.parametrize("key", lesson_files())
def test_no_line_of_a_lesson_begins_a_list_by_chance(key):
    """As "+ b" would, or "1) is", where a formula is broken at a line's end."""
    for cell in find_lesson(key).cells:
        if cell.kind == "markdown":
            marks = {token.markup for token in READER.parse(cell.text) if "list" in token.type}
            assert marks <= {"-", "."}, cell.text
