"""What a page in a browser comes to say: what is drawn after a click comes a little later."""

import re

import pytest

# One evaluation that waits: wait_for_function evaluates a text in the page again and again,
# and the second time the page's own policy forbids it.
SHOWN = """async () => {
  const html = document.documentElement, end = Date.now() + 60_000;
  while (html.dataset.ready !== location.hash) {
    if (Date.now() > end) throw Error(`${html.dataset.ready} is shown, not ${location.hash}.`);
    await new Promise(again => setTimeout(again, 20));
  }
}"""


def expect_address(page, part):
    """The address comes to hold this, and the page to show what it asks for."""
    sync_api = pytest.importorskip("playwright.sync_api")
    sync_api.expect(page).to_have_url(re.compile(re.escape(part)))
    page.evaluate(SHOWN)
