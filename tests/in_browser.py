"""What a page in a browser comes to say: what is drawn after a click comes a little later."""

import re

import pytest


def expect_address(page, part):
    """The address comes to hold this, and the page to show what it asks for."""
    sync_api = pytest.importorskip("playwright.sync_api")
    sync_api.expect(page).to_have_url(re.compile(re.escape(part)))
    page.wait_for_function("document.documentElement.dataset.ready === location.hash")
