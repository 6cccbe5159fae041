"""The colours of page.css can be read, in light and in dark."""

import re
from pathlib import Path

import pytest

from minivit import course

STYLE = Path(course.__file__).with_name("page.css").read_text("utf-8")
SCHEMES = dict(
    zip(("light", "dark"), re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL), strict=True)
)
# What stands on what: text beside code, words of code, outputs.
ON = {
    "paper": ("ink", "quiet", "link"),
    "code": ("ink", "keyword", "string", "number", "comment", "defined", "builtin"),
    "output": ("quiet", "error"),
}


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    digits = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", ON)
def test_contrast(scheme, ground):
    colours = dict(re.findall(r"--(\w+): #(\w+);", SCHEMES[scheme]))
    below = luminance(colours[ground])
    for name in ON[ground]:
        dark, light = sorted((below, luminance(colours[name])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{name} on {ground}"


def test_every_colour_has_its_ground():
    """But for lines, and for grounds themselves."""
    known = {name for names in ON.values() for name in names} | set(ON) | {"line", "focus"}
    assert all(set(re.findall(r"--(\w+):", scheme)) == known for scheme in SCHEMES.values())
