"""Pages in a real browser, if there is one: what opens them, and what they may not do."""

import shutil

import numpy as np
import pytest

from minivit import ViT, load_dataset, variant
from minivit.figures.page import Gallery, Shown, explainer_page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SLOWEST = 180_000  # milliseconds: a machine may be busy with much else


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not program:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    with playwright.sync_playwright() as driver:
        playwright.expect.set_options(timeout=SLOWEST)
        one = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield one
        one.close()


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    """A page of a small digits model, and two images."""
    model = ViT(variant("digits", depth=1), seed=3, zero_head=False)
    data = load_dataset("digits")
    model.preprocessing, model.class_names = data.preprocessing, list("0123456789")
    test = data.test
    images = [Shown(f"image {i}", test.images[i], int(test.labels[i])) for i in range(2)]
    path = tmp_path_factory.mktemp("page") / "page.html"
    gallery = Gallery(np.arange(60), test.images[:60], test.labels[:60], len(test.labels))
    page = explainer_page(model, images, name="run", gallery=gallery)
    path.write_text(page, "utf-8", newline="\n")
    return path


@pytest.fixture
def opened(browser, file):
    """Opens the page at an address; whatever it complains of or fetches fails the test."""
    complaints, contexts = [], []

    def open_at(address="", path=file, script="", **options):
        context = browser.new_context(offline=True, reduced_motion="reduce", **options)
        context.set_default_timeout(SLOWEST)
        contexts.append(context)
        context.add_init_script(script)  # runs before the page's own
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: complaints.append(r.url) if "file:" not in r.url else None)
        page.goto(f"{path.as_uri()}#{address}")
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert [one for one in complaints if not one.startswith(("blob:", "data:"))] == []
