"""The HTML of a page: everything in one file, and a policy that lets nothing else in.

The browser runs the one script and applies the one sheet of style whose hashes the policy names;
it fetches nothing. Names of classes and files are data, in JSON that no character can leave.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from pathlib import Path

from minivit.figures.page.letters import in_letters

# What could end a script's element, begin a comment in it, or break a line of JavaScript.
ESCAPED = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
MARK = "minivit explain"  # by which a page that we wrote is known again

WEIGHTS = '<script type="application/octet-stream" id="weights-{i}">{content}</script>\n'
SNAPSHOT = '<script type="application/octet-stream" id="snapshot-{i}">{content}</script>\n'

PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="{mark}">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<noscript>{noscript}</noscript>
<div id="page"></div>
<script type="application/json" id="strings">{strings}</script>
<script type="application/json" id="told">{told}</script>
<script type="application/octet-stream" id="images">{images}</script>
<script type="application/octet-stream" id="gallery">{gallery}</script>
<script type="application/octet-stream" id="weights">{weights}</script>
<script type="application/octet-stream" id="recorded">{recorded}</script>
{others}{snapshots}<script>{script}</script>
</body>
</html>
"""


def page(*, language: str, title: str, noscript: str, strings: dict, told: dict,
         weights: bytes, images: bytes, gallery: bytes, recorded: str, others: Sequence[bytes],
         snapshots: Sequence[bytes], script: str, style: str) -> str:  # fmt: skip
    """The whole file as text, whose lines end in LF; `noscript` is HTML."""
    return PAGE.format(
        language=language, policy=policy(script, style), mark=MARK, title=html.escape(title),
        noscript=noscript, style=style, script=script, strings=in_json(strings),
        told=in_json(told), weights=in_letters(weights), images=in_letters(images),
        gallery=in_letters(gallery), recorded=recorded, others=numbered(WEIGHTS, others),
        snapshots=numbered(SNAPSHOT, snapshots),
    )  # fmt: skip


def told_in(page: str) -> dict:
    """What a page was told, as its script reads it."""
    return json.loads(re.search(r'id="told">(.*?)</script>', page)[1])


def is_ours(path: Path) -> bool:
    """Whether a file is such a page: so that no other one is written over or removed."""
    with path.open("rb") as file:
        return f'<meta name="generator" content="{MARK}">'.encode() in file.read(1 << 10)


def numbered(line: str, contents: Sequence[bytes]) -> str:
    """A line for each of some contents, by its number."""
    return "".join(line.format(i=i, content=in_letters(one)) for i, one in enumerate(contents))


def policy(script: str, style: str) -> str:
    """What the browser may do: run this script, apply this style, show pictures that it made.

    A worker runs the same script, out of a blob: nothing else is at hand to make one of.
    """
    return (
        f"default-src 'none'; script-src {hash_of(script)}; style-src {hash_of(style)}; "
        "img-src data: blob:; worker-src blob:; base-uri 'none'; form-action 'none'"
    )


def hash_of(text: str) -> str:
    """A text as a policy names it."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def in_json(value) -> str:
    """JSON that may stand in a script's element; NaN and infinities become null."""
    return json.dumps(finite(value), ensure_ascii=False, separators=(",", ":")).translate(ESCAPED)


def finite(value):
    """The same plain values, with None for numbers that JSON lacks."""
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    if isinstance(value, float) and value - value != 0:
        return None
    return value
