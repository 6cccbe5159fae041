"""A line of prose as HTML: code, bold, italic, links and formulas."""

import html
import re

from minivit.course.formulas import latex

TOKEN = re.compile(
    r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)"
    r"|\$(?P<formula>[^\s$](?:[^$]*[^\s$])?)\$(?!\d)"
    r"|\[(?P<link>[^\]]+)\]\((?P<target>[^)\s]+)\)"
    r"|\*\*(?P<bold>\S(?:.*?\S)?)\*\*"
    r"|(?<![\w*])\*(?P<italic>[^\s*](?:[^*]*[^\s*])?)\*(?![\w*])"
    r"|\\(?P<escaped>[\\`*_$\[\]])",
    re.DOTALL,
)


def inline(text: str) -> str:
    """The text in HTML; what is no markup stands as it is."""
    done, at = "", 0
    for found in TOKEN.finditer(text):
        done += html.escape(text[at : found.start()], quote=False) + element(found)
        at = found.end()
    return done + html.escape(text[at:], quote=False)


def element(found: re.Match) -> str:
    if found["code"]:
        return f"<code>{html.escape(found['code'].strip(), quote=False)}</code>"
    if found["formula"]:
        return latex(found["formula"])
    if found["link"]:
        return f'<a href="{html.escape(page_of(found["target"]))}">{inline(found["link"])}</a>'
    if found["bold"]:
        return f"<strong>{inline(found['bold'])}</strong>"
    if found["italic"]:
        return f"<em>{inline(found['italic'])}</em>"
    return html.escape(found["escaped"], quote=False)


def page_of(target: str) -> str:
    """A link to another lesson leads to its page."""
    return re.sub(r"^(?:lessons/)?(\d\d_\w+)\.py\b", r"\1.html", target)


def plain(text: str) -> str:
    """The text without its markup, for names of sections and for titles."""
    text = re.sub(r"\[([^\]]+)\]\([^)\s]+\)", r"\1", text)
    return re.sub(r"[*`$]", "", text)
