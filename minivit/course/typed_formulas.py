"""Formulas as they are typed in a lesson's prose, `y = x_hat gamma + beta`, as MathML.

A line may hold several formulas, and words beside them, two spaces or more apart. What is no
formula (code, diagrams, commands) is told by `is_formula`, and shown as it was typed.
"""

import html
import re
from collections.abc import Iterable

from minivit.course.scrolling import scrolling
from minivit.course.typed_parts import CLOSING, TOKEN, items, joined, tokens_of

# Drawings, powers in Python, attributes, commands, and what is no letter of a formula; and
# scripts that are missing.
NO_FORMULA = re.compile(
    r"--|\+-|\*\*|@|[a-z]\.[a-zA-Z]|^\S* ?[$>] |[`\"#%\\]|://|[^\x00-\x7f]"
    r"|[_^]-?(?:[^\w({[-]|$)"
)


def is_formula(lines: Iterable[str]) -> bool:
    """Whether a block is formulas: a sign of mathematics in it, brackets in pairs, no code."""
    text = "\n".join(lines)
    if any(NO_FORMULA.search(line) for line in text.split("\n")):
        return False
    left = re.sub(r"\s+", "", TOKEN.sub("", text))
    return not left and bool(re.search(r"[=^]|->|[a-z]_| [+/] ", text)) and in_pairs(text)


def in_pairs(text: str) -> bool:
    open_ones = []
    for c in text:
        if c in CLOSING:
            open_ones.append(CLOSING[c])
        elif c in ")]}" and (not open_ones or open_ones.pop() != c):
            return False
    return not open_ones


def formulas(lines: list[str]) -> str:
    """A line of the page for each line, its formulas and remarks below those of the line above."""
    rows = [columns(line) for line in lines if line.strip()]
    aligned = len(rows) > 1 and len({len(row) for row in rows}) == 1
    shown = "".join(
        f"<div>{''.join(f'<span>{mathml(part)}</span>' for part in row)}</div>" for row in rows
    )
    kind = "aligned" if aligned else "flowing"
    return scrolling("div", f"formula {kind}", "formula", shown)


def columns(line: str) -> list[str]:
    """A line's formulas and words: what two spaces or more keep apart, but for aligned signs."""
    parts = re.split(r"  +", re.sub(r"(?<![,; ]) +([-=+]) +", r" \1 ", line.strip()))
    return parts if all(map(in_pairs, parts)) else [" ".join(parts)]


def mathml(text: str) -> str:
    """One formula; several words without a sign are a remark, and stand as text."""
    if len(re.findall(r"[A-Za-z]{2,}", text)) > 1 and not re.search(r"[=+^/]|->|\w_", text):
        return html.escape(text, quote=False)
    alt = html.escape(" ".join(text.split()))
    return f'<math displaystyle="true" alttext="{alt}">{joined(items(tokens_of(text)))}</math>'
