"""Formulas as MathML."""

import sys

import pytest

from minivit.course.formulas import latex
from minivit.course.prose import to_html


def test_latex_becomes_mathml():
    pytest.importorskip("latex2mathml")
    shown = to_html("so $x_1^2$ and\n\n$$\n\\frac{a}{b}\n$$\n\n$$y$$")
    assert "<msubsup>" in shown and "<mfrac>" in shown and shown.count('display="block"') == 2
    assert "$" not in shown and "frac{" not in shown


def test_what_is_no_latex_is_shown_as_it_is():
    assert latex(r"\frac{a") == r"<code>\frac{a</code>" or "<math" in latex(r"\frac{a")


def test_without_latex2mathml_formulas_are_code(monkeypatch):
    for name in ("latex2mathml", "latex2mathml.converter"):
        monkeypatch.setitem(sys.modules, name, None)
    assert latex("a < b^2") == "<code>a &lt; b^2</code>"
    assert to_html("$$\na\n$$") == "<code>a</code>"
