"""The parts of a typed formula in MathML: tokens, then factors and signs, then fractions.

What stands side by side is a product. ` / ` between spaces divides all factors to its left by what
follows; it is drawn as a fraction where that is one plain factor, so that nothing is drawn that was
not typed.
"""

import html
import re
from typing import NamedTuple

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "eps": "ε", "epsilon": "ε", "eta": "η",
    "theta": "θ", "lambda": "λ", "mu": "μ", "pi": "π", "sigma": "σ", "tau": "τ", "phi": "φ",
    "Phi": "Φ", "Sigma": "Σ", "Delta": "Δ",
}  # fmt: skip
SIGNS = {"-": "−", "*": "⋅", "->": "→", "<=": "≤", ">=": "≥", "!=": "≠", "...": "…", "==": "=",
         "<->": "↔", "~": "∼"}  # fmt: skip
# Between these there is English, and no product.
LITTLE_WORDS = set("a all and at by each every for in is of on or over own the then to where with"
                   .split())  # fmt: skip
# Functions without a bracket: how far they reach is not told.
BARE = {f'<mi class="word">{name}</mi>' for name in ("log", "ln", "exp", "sqrt", "max", "min")}
TOKEN = re.compile(
    r"(?P<number>\d[\d,]*\d(?:\.\d+)?|\d+(?:\.\d+)?(?:e-?\d+)?)|(?P<word>[A-Za-z]+'s\b)"
    r"|(?P<name>[A-Za-z]+\d*'*)|(?P<sign><->|->|<=|>=|==|!=|\.\.\.|[-+*/=<>,;:()\[\]{}|^_!~.])"
)
CLOSING = {"(": ")", "[": "]", "{": "}"}
SPACE = '<mspace width="0.28em"></mspace>'


class Token(NamedTuple):
    kind: str
    text: str
    spaced: bool  # whether a space stands before it


class Item(NamedTuple):
    """A part of a formula in MathML: a factor, or a sign between factors (then `is_sign`)."""

    shown: str
    text: str
    spaced: bool = False
    is_sign: bool = False
    inner: str = ""  # of a bracket: what it holds, without it


def tokens_of(text: str) -> list[Token]:
    found, before = [], 0
    for match in TOKEN.finditer(text):
        found.append(Token(match.lastgroup or "", match.group(), match.start() > before))
        before = match.end()
    return found


def items(tokens: list[Token], end: str = "") -> list[Item]:
    """Read tokens up to the sign `end`, which is taken too."""
    found: list[Item] = []
    while tokens:
        token = tokens[0]
        if token.text == end:
            tokens.pop(0)
            break
        if token.kind == "sign" and token.text not in CLOSING:
            tokens.pop(0)
            found.append(Item(sign(token), token.text, token.spaced, True))
        else:
            found.append(factor(tokens))
            if token.text == "a" and len(found) > 1 and found[-2].text in LITTLE_WORDS:
                found[-1] = Item("<mtext>a</mtext>", "a", token.spaced)
    return fractions(found)


def sign(token: Token) -> str:
    """An operator; a slash without spaces keeps close to what it divides."""
    shown = html.escape(SIGNS.get(token.text, token.text))
    close = token.text in "|/" and not token.spaced
    return f'<mo lspace="0" rspace="0">{shown}</mo>' if close else f"<mo>{shown}</mo>"


def factor(tokens: list[Token]) -> Item:
    """A number, a name or a bracket, with what stands below and above it; a function's call."""
    first = tokens[0]
    base = bracket(tokens) if first.text in CLOSING else leaf(tokens.pop(0))
    below = above = ""
    while len(tokens) > 1 and tokens[0].text in ("_", "^") and not tokens[0].spaced:
        mark = tokens.pop(0).text
        minus = sign(tokens.pop(0)) if tokens[0].text == "-" and len(tokens) > 1 else ""
        script = bracket(tokens) if tokens[0].text in CLOSING else leaf(tokens.pop(0))
        shown = f"<mrow>{minus}{script.inner or script.shown}</mrow>"
        below, above = (shown, above) if mark == "_" else (below, shown)
    shown = scripted(base, below, above)
    if first.kind == "name" and tokens and tokens[0].text in "([" and not tokens[0].spaced:
        held = bracket(tokens)
        root = first.text == "sqrt" and not (below or above)
        shown = f"<msqrt>{held.inner}</msqrt>" if root else f"<mrow>{shown}{held.shown}</mrow>"
        return Item(shown, first.text, first.spaced)
    return Item(shown, first.text, first.spaced, inner="" if below or above else base.inner)


def scripted(base: Item, below: str, above: str) -> str:
    if below == '<mrow><mi class="word">hat</mi></mrow>':
        base, below = Item(f"<mover>{base.shown}<mo>^</mo></mover>", base.text), ""
    if base.text == "sum" and below:
        base = Item("<mo>∑</mo>", "sum")
    if below and above:
        return f"<msubsup>{base.shown}{below}{above}</msubsup>"
    if below:
        return f"<msub>{base.shown}{below}</msub>"
    return f"<msup>{base.shown}{above}</msup>" if above else base.shown


def leaf(token: Token) -> Item:
    text = html.escape(GREEK.get(token.text, token.text).replace("'", "′"), quote=False)
    if token.kind == "number":
        shown = f"<mn>{text}</mn>"
    elif token.kind == "word" or token.text in LITTLE_WORDS - {"a"}:
        shown = f"<mtext>{text.replace('′', '’')}</mtext>"
    else:
        word = "" if len(text.rstrip("′")) == 1 else ' class="word"'
        shown = f"<mi{word}>{text}</mi>" if token.kind == "name" else f"<mo>{text}</mo>"
    return Item(shown, token.text, token.spaced)


def bracket(tokens: list[Token]) -> Item:
    first = tokens.pop(0)
    end = CLOSING[first.text]
    inner = f"<mrow>{joined(items(tokens, end))}</mrow>"
    shown = f"<mrow><mo>{first.text}</mo>{inner}<mo>{end}</mo></mrow>"
    return Item(shown, first.text, first.spaced, inner=inner if first.text == "(" else "")


def fractions(found: list[Item]) -> list[Item]:
    """Draw a spaced ` / ` as a fraction where nobody could read it otherwise."""
    done: list[Item] = []
    rest = list(found)
    while rest:
        item = rest.pop(0)
        count = next((i for i, other in enumerate(rest) if other.is_sign), len(rest))
        top = len(done)
        while top and not done[top - 1].is_sign:
            top -= 1
        over, under = done[top:], rest[:count]
        beside = [*done[:top][-1:], *rest[count : count + 1]]
        if item.text == "/" and item.spaced and is_plain(over, under, beside):
            shown = f"<mfrac>{row(over)}{row(under)}</mfrac>"
            done[top:] = [Item(shown, "/", over[0].spaced)]
            del rest[:count]
        else:
            done.append(item)
    return done


def is_plain(over: list[Item], under: list[Item], beside: list[Item]) -> bool:
    """Whether `over / under` is one factor below any factors, or a derivative, or a sum below.

    `beside` are the signs before and after: with another slash, two readings are possible.
    """
    if not over or not under or len(under) > 2:
        return False
    derivative = over[0].text[0] == "d" and under[0].text == "d"
    few = len(under) == 1 or derivative or under[0].text == "sum"
    words = any(part.text in LITTLE_WORDS or part.shown in BARE for part in (*over, *under))
    return few and not words and not any(sign.text == "/" for sign in beside)


def row(parts: list[Item]) -> str:
    """What stands above or below a fraction's line: it needs no bracket of its own."""
    alone = len(parts) == 1 and parts[0].inner
    return alone or f"<mrow>{joined(parts)}</mrow>"


def joined(parts: list[Item]) -> str:
    """The parts in a row, with a little space between factors that stand apart."""
    shown = ""
    for i, part in enumerate(parts):
        beside = i > 0 and not part.is_sign and not parts[i - 1].is_sign
        beside = beside and not parts[i - 1].shown.startswith("<msub><mo>∑")
        shown += (SPACE if beside and part.spaced else "") + part.shown
    return shown
