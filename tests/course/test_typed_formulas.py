"""Formulas as they are typed, as MathML."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minivit.course.typed_formulas import columns, formulas, is_formula, mathml

WORDS = "x y z dx d loss probs_i x_hat sum_j eps w^T x^2 f' 12 3HK 1e-8 a of log"
NAMES = st.sampled_from(WORDS.split())
SIGNS = st.sampled_from([" + ", " - ", " = ", " / ", "/", " ", ", ", "; ", " -> ", " * ", " <= "])


def typed(parts):
    """Formulas of any depth: `x_hat / sqrt(y + 1)`."""
    joined = st.lists(st.tuples(SIGNS, parts), min_size=1, max_size=4)
    row = st.tuples(parts, joined).map(lambda t: t[0] + "".join(s + p for s, p in t[1]))
    call = st.tuples(st.sampled_from(["", "sqrt", "mean", "[", "x^", "y_"]), row)
    return call.map(lambda t: f"[{t[1]}]" if t[0] == "[" else f"{t[0]}({t[1]})")


FORMULAS = st.recursive(NAMES, typed, max_leaves=12)


def words(math: str) -> str:
    """The text of MathML, without what is drawn instead of written."""
    return "".join(ElementTree.fromstring(math).itertext())


def shape(text: str) -> str:
    """MathML in short: x^2/y -> "(x^2)/y" with fractions, roots, sub- and superscripts drawn."""

    def short(node) -> str:
        parts = [short(child) for child in node]
        drawn = {
            "mfrac": "{0}//{1}", "msqrt": "root {0}", "msub": "{0}_{1}", "msup": "{0}^{1}",
            "msubsup": "{0}_{1}^{2}", "mover": "{0} with {1}",
        }  # fmt: skip
        if node.tag in drawn:
            return "<" + drawn[node.tag].format(*parts) + ">"
        return (node.text or "") + "".join(parts)

    return short(ElementTree.fromstring(mathml(text)))


@pytest.mark.parametrize(
    "text, drawn",
    [
        ("y = x w + b", "y=xw+b"),
        ("x_hat = (x - mean) / sqrt(var + eps)", "<x with ^>=<x−mean//<root var+ε>>"),
        ("probs_i = exp(x_i) / sum_j exp(x_j)", "<probs_i>=<exp(<x_i>)//<∑_j>exp(<x_j>)>"),
        ("d probs_i / d x_j = 1", "<d<probs_i>//d<x_j>>=1"),
        ("q k^T / sqrt(K)", "<q<k^T>//<root K>>"),
        ("a / b / c", "a/b/c"),
        ("h^2/2 f'' + h^3/6", "<h^2>/2f′′+<h^3>/6"),
        ("1 / 2 x", "1/2x"),  # half of x, or one over 2x? as it was typed
        ("a/2 / b", "a/2/b"),
        ("log a / b", "loga/b"),
        ("sum of x / n", "sumofx/n"),
        ("x^-1 y^(a + b) z_0^2", "<x^−1><y^a+b><z_0^2>"),
        ("sum_i x_i", "<∑_i><x_i>"),
        ("(B, T, 3HK) -> (B, T, 3, H, K)", "(B,T,3HK)→(B,T,3,H,K)"),
        ("w_out[hK : (h+1)K]", "<w_out>[hK:(h+1)K]"),
        ("5,717,416 <= x < y", "5,717,416≤x<y"),
    ],
)
def test_what_is_drawn(text, drawn):
    assert shape(text) == drawn


@given(FORMULAS)
def test_nothing_is_lost_and_nothing_is_added(text):
    text = f"y = {text}"
    assert is_formula([text])
    (column,) = columns(text)
    written = words(mathml(column))
    back = {"−": "-", "⋅": "*", "→": "->", "≤": "<=", "′": "'", "ε": "eps", "∑": "sum"}
    written = "".join(back.get(c, c) for c in written)
    rest = re.sub(r"sqrt|hat|[\s()/_^]", "", text)
    assert re.sub(r"[\s()/^]|sqrt|hat", "", written) == rest


@pytest.mark.parametrize(
    "block",
    [
        "minivit train --epochs 3", "x = np.exp(y)", "+--+\n|  |\n+--+", "y = (x", "x = f(y))",
        "$ pip install x = y", "a_ + b", "x^ = 2", "only some words", "x = 'a\"'",
        "α = 2", "x**2 = 4",
    ],
)  # fmt: skip
def test_what_is_no_formula_is_shown_as_it_stands(block):
    assert not is_formula(block.split("\n"))


def test_formulas_and_remarks_side_by_side():
    assert columns("z' = z + LN(z)      every token asks    (2)") == [
        "z' = z + LN(z)", "every token asks", "(2)",
    ]  # fmt: skip
    assert columns("a  = b  + c,    d = e") == ["a = b + c,", "d = e"]
    assert columns("f(a,  b) = c") == ["f(a, b) = c"]
    shown = formulas(["z = x + y    every token", "y  = x       asks the others    "])
    assert shown.count("<math") == 2 and "<span>every token</span>" in shown
    assert 'class="formula aligned"' in shown
    assert "flowing" in formulas(["a = b", "c = d,    e = f"])


def test_remarks_are_text():
    assert mathml("every token asks the others") == "every token asks the others"
