"""Python code as HTML, its words told apart by kind: one string a line."""

import builtins
import html
import io
import keyword
import tokenize
from collections.abc import Iterator

KINDS = {"COMMENT": "comment", "STRING": "string", "NUMBER": "number"}


def highlighted(code: str) -> list[str]:
    """The lines of the code in HTML; plain where it is no Python."""
    lines = code.split("\n")
    try:
        marks = list(spans(code))
    except (tokenize.TokenError, SyntaxError):
        return [html.escape(line) for line in lines]
    shown = []
    for number, line in enumerate(lines, 1):
        done, at = "", 0
        for start, end, kind in [mark[1:] for mark in marks if mark[0] == number]:
            word = html.escape(line[start:end])
            done += html.escape(line[at:start]) + f'<span class="{kind}">{word}</span>'
            at = end
        shown.append(done + html.escape(line[at:]))
    return shown


def spans(code: str) -> Iterator[tuple[int, int, int, str]]:
    """(line, from, to, kind) of each word that has a kind; what runs over lines has several."""
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        kind = kind_of(token, before)
        before = token.string
        if not kind:
            continue
        (first, start), (last, end) = token.start, token.end
        for number in range(first, last + 1):
            right = end if number == last else len(code.split("\n")[number - 1])
            yield number, start if number == first else 0, right, kind


def kind_of(token: tokenize.TokenInfo, before: str) -> str:
    """ "keyword", "string", ..., or "" for what is shown as it is."""
    name = tokenize.tok_name[token.type]
    if name.startswith("FSTRING") or name.startswith("TSTRING"):  # Python 3.12 on: in parts
        return "string"
    if name == "NAME":
        if keyword.iskeyword(token.string):
            return "keyword"
        if before in ("def", "class"):
            return "defined"
        return "builtin" if before != "." and hasattr(builtins, token.string) else ""
    return KINDS.get(name, "")
