"""The page's formulas become MathML: every symbol, in its order, and with the right structure."""

import re

import pytest
from javascript import v8

from minivit.figures.page.sources import mathematics

# Every formula of the tables, without those that are empty.
FORMULAS = """() => [
  ...Object.values(WORDS).map(({ formula }) => formula),
  ...[MADE, RETURNED].flatMap((table) =>
    Object.values(table).flatMap((place) => Object.values(place).map(({ letters }) => letters)),
  ),
].filter(Boolean)"""
DRAWN = {"ᵀ": "T", "²": "2", "₀": "0", "₁": "1", "₂": "2", "x\u0302": "xˆ"}
CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "mover": 2, "msubsup": 3, "msqrt": 1}


@pytest.fixture(scope="module")
def run():
    with v8(mathematics()) as run:
        yield run


@pytest.fixture(scope="module")
def drawn(run):
    """Pieces of a formula as the page has them: text, or [tag, attributes, *children]."""
    return lambda text: [piece for part in text.split("  ") for piece in run("pieces_of", part)]


def text_of(node) -> str:
    return node if isinstance(node, str) else "".join(map(text_of, node[2:]))


def nodes_in(node):
    if not isinstance(node, str):
        yield node
        for child in node[2:]:
            yield from nodes_in(child)


def short(node) -> str:
    """mfrac(a b) for <mfrac><mi>a</mi><mi>b</mi></mfrac>; the text alone of mi, mn and mo."""
    if isinstance(node, str) or node[0] in ("mi", "mn", "mo"):
        return text_of(node)
    inner = " ".join(map(short, node[2:]))
    return inner if node[0] in ("math", "mrow") else f"{node[0]}({inner})"


def symbols(text: str) -> str:
    """What can be compared: brackets around what a line or a root holds are not drawn."""
    for written, seen in DRAWN.items():
        text = text.replace(written, seen)
    return re.sub(r"[\s()/√_^]", "", text)


def test_every_formula_is_drawn_with_its_symbols_in_their_order(run, drawn):
    every = run(FORMULAS)
    assert len(every) > 100
    for text in every:
        pieces = drawn(text)
        assert symbols("".join(map(text_of, pieces))) == symbols(text), text
        nodes = [node for piece in pieces for node in nodes_in(piece)]
        tags = [node[0] for node in nodes]
        assert tags.count("msqrt") == text.count("√"), text
        slashes = sum(text_of(node) == "/" for node in nodes if node[0] == "mo")
        assert tags.count("mfrac") + slashes == text.count("/"), text
        for tag, _, *children in nodes:
            assert len(children) == CHILDREN.get(tag, len(children)), text


def test_a_line_may_break_wherever_it_must(run, drawn):
    """No <math> of the tables is wider than a card in a window of 320 pixels."""
    for text in run(FORMULAS):
        for piece in drawn(text):
            assert len(text_of(piece)) <= 26, text


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("softmax(q · kᵀ / √K) · v", ["softmax ( q · msup(k T) / msqrt(K) ) ·", " ", "v"]),
        ("scores = q · kᵀ / √K", ["scores =", " ", "mfrac(q · msup(k T) msqrt(K))"]),
        ("d z = d loss / d z", ["d z =", " ", "mfrac(d loss d z)"]),
        ("(x − x₀) · d a / d x", ["( x − msub(x 0) ) ·", " ", "mfrac(d a d x)"]),
        ("(A + I) / 2", ["mfrac(A + I 2)"]),
        ("1 / √(var + eps) · b1", ["mfrac(1 msqrt(var + eps)) ·", " ", "msub(b 1)"]),
        ("d z · w_outᵀ", ["d z ·", " ", "msubsup(w out T)"]),
        ("10000^(−i / n)", ["msup(10000 − i / n)"]),
        ("x\u0302 + mixed_(H−1)", ["mover(x ˆ) +", " ", "msub(mixed H − 1)"]),
        ("−log₂ p[label]", ["− msub(log 2)", " ", "p [ label ]"]),
        ("p, or ±1", ["p ,", " ", "or", " ", "± 1"]),
        (
            "p(x with the n first patches covered)",
            ["p ( x", " ", "with", " ", "the", " ", "n", " ", "first", " ", "patches", " ",
             "covered )"],
        ),
    ],
)  # fmt: skip
def test_formulas_by_hand(text, pieces, drawn):
    assert [short(piece) for piece in drawn(text)] == pieces


def test_letters_are_italic_words_upright_and_brackets_do_not_grow(drawn):
    ((_, _, name, open_, letter, close),) = drawn("gelu(z)")
    assert name == ["mi", {}, "gelu"]
    assert letter == ["mi", {"class": "letter"}, "z"]
    assert open_[1]["stretchy"] == close[1]["stretchy"] == "false"


@pytest.mark.parametrize("text", ["a ? b", "(a", "√", "x_", "a)", "d logit {", "a / "])
def test_what_is_no_formula_is_refused(text, run):
    with pytest.raises(Exception, match="no formula"):
        run("pieces_of", text)
