"""The page that the README links, docs/digits.html: of today's script, style and sentences."""

import json
import re
from pathlib import Path

import pytest

from minivit.figures.page.shell import hash_of
from minivit.figures.page.sources import script, sentences_for, style

PAGE = Path(__file__).resolve().parents[3] / "docs" / "digits.html"
ANEW = (
    "docs/digits.html is older than the page's {what}: `minivit train --out digits --explain` "
    "writes the new one, digits/explain.html, which goes in its place"
)


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_bytes().decode()


def test_its_script_and_style_are_todays(page):
    for tag, own in (("script", script()), ("style", style())):
        assert f"<{tag}>{own}</{tag}>" in page, ANEW.format(what=tag)
        assert hash_of(own) in page.split("<style>")[0], ANEW.format(what=tag)


def test_its_sentences_are_todays(page):
    (strings,) = re.findall(r'<script type="application/json" id="strings">(.*?)</script>', page)
    assert json.loads(strings) == sentences_for("en", False), ANEW.format(what="sentences")
