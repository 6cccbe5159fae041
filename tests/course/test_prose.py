"""The Markdown of the lessons as HTML."""

import re

import pytest

from minivit.course.highlight import highlighted
from minivit.course.inline import inline
from minivit.course.prose import to_html

PLAIN = '<pre class="formula" tabindex="0" role="group" aria-label="as typed">'


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("**bold *both* bold**", "<strong>bold <em>both</em> bold</strong>"),
        ("*dx*, not d*x*y or a * b * c", "<em>dx</em>, not d*x*y or a * b * c"),
        ("`a * b * <c>`", "<code>a * b * &lt;c&gt;</code>"),
        ("``a ` b``", "<code>a ` b</code>"),
        ("z_0 = x_1 E and **kwargs", "z_0 = x_1 E and **kwargs"),
        ("[the *op*](https://a.b/c?d=1)", '<a href="https://a.b/c?d=1">the <em>op</em></a>'),
        ("[5](05_layernorm.py)", '<a href="05_layernorm.html">5</a>'),
        ("[5](lessons/05_layernorm.py)", '<a href="05_layernorm.html">5</a>'),
        (r"\*so\*", "*so*"),
        ("it costs $5 or $6", "it costs $5 or $6"),
    ],
)
def test_a_line(text, shown):
    assert inline(text) == shown


@pytest.mark.parametrize(
    "text, shown",
    [
        ("one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>"),
        ("## By *hand* 1: a\ntext", '<h2 id="by-hand-1-a">By <em>hand</em> 1: a</h2>\n<p>text</p>'),
        ("- a\n  b\n- c\n\n- d\n\ntext", "<ul><li>a b</li><li>c</li><li>d</li></ul>\n<p>text</p>"),
        ("so:\n1. a\n2. b", "<p>so:</p>\n<ol><li>a</li><li>b</li></ol>"),
        ("3. a\n\n   b\n4. c", '<ol start="3"><li><p>a</p>\n<p>b</p></li><li>c</li></ol>'),
        ("- a\n\n      +--+\n", f"<ul><li><p>a</p>\n{PLAIN}+--+</pre></li></ul>"),
        ("text\n2. no list", "<p>text 2. no list</p>"),
    ],
)
def test_blocks(text, shown):
    assert to_html(text) == shown


def test_a_table_has_a_head():
    shown = to_html("| a | b |\n|---|:-:|\n| `1` | 2 < 3 |")
    assert '<tr><th scope="col">a</th><th scope="col">b</th></tr>' in shown
    assert "<tr><td><code>1</code></td><td>2 &lt; 3</td></tr>" in shown and "--" not in shown


def test_an_indented_block_is_shown_to_the_letter():
    shown = to_html("so:\n\n    +--+\n\n    |<x|\n\nend")
    assert re.search(r"<pre[^>]*>\+--\+\n\n\|&lt;x\|</pre>\n<p>end</p>", shown)


@pytest.mark.parametrize(
    "code, shown",
    [
        ("x = 1  # so", 'x = <span class="number">1</span>  <span class="comment"># so</span>'),
        ("def f(x):", '<span class="keyword">def</span> <span class="defined">f</span>(x):'),
        ("len(x.len)", '<span class="builtin">len</span>(x.len)'),
        ("a < 'b<'", 'a &lt; <span class="string">&#x27;b&lt;&#x27;</span>'),
    ],
)
def test_words_of_code_have_kinds(code, shown):
    assert highlighted(code) == [shown]


def test_a_string_over_lines_is_coloured_on_each():
    shown = highlighted('"""a\n  b\n"""\nx')
    assert [line.count("span") for line in shown] == [2, 2, 2, 0]
    assert [re.sub("<[^>]*>", "", line) for line in shown] == [
        "&quot;" * 3 + "a",
        "  b",
        "&quot;" * 3,
        "x",
    ]


def test_what_is_no_python_is_shown_as_it_is():
    assert highlighted("(\nif <") == ["(", "if &lt;"]
