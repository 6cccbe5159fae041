"""A test image that stands first in a page is in it once, and has one name in all views."""

import re

import numpy as np
import pytest
from in_browser import expect_address

from minivit import ViT, load_dataset, variant
from minivit.figures.page import Gallery, Shown, explainer_page

expect = pytest.importorskip("playwright.sync_api").expect
FIRST, OTHER = 7, 3  # numbers of the images that stand first


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The page of two of the sixty test images that it holds."""
    model = ViT(variant("digits", depth=1), seed=3, zero_head=False)
    data = load_dataset("digits")
    model.preprocessing, model.class_names = data.preprocessing, list("0123456789")
    test = data.test
    shown = [Shown(n, test.images[n], int(test.labels[n])) for n in (FIRST, OTHER)]
    gallery = Gallery(np.arange(60), test.images[:60], test.labels[:60], len(test.labels))
    path = tmp_path_factory.mktemp("page") / "page.html"
    page = explainer_page(model, shown, name="run", gallery=gallery)
    path.write_text(page, "utf-8", newline="\n")
    return path


def test_every_image_is_there_once_with_its_pixels_and_its_class(opened):
    page = opened()
    expect(page.locator(".panel.warning")).to_contain_text("images (60)")
    test = load_dataset("digits").test
    names, labels, pixels = page.evaluate("""() => {
      const all = range(app.images.count);
      return [all.map((i) => app.images.name(i)), all.map((i) => app.images.told(i).label),
        all.map((i) => [...app.images.at(i).data])];
    }""")
    order = [FIRST, OTHER, *(n for n in range(60) if n not in (FIRST, OTHER))]
    assert names == [f"test image {n}" for n in order]
    assert labels == test.labels[order].tolist()
    assert np.array_equal(pixels, test.images[order].reshape(60, -1))
    places = page.evaluate("range(60).map((n) => app.images.of_gallery(n))")
    assert [order[i] for i in places] == list(range(60))


def test_mistakes_lead_to_the_image_that_stands_first_and_from_it_to_what_asks_about_it(opened):
    page = opened("mistakes/i9")
    label = int(load_dataset("digits").test.labels[FIRST])
    said = page.evaluate(f"app.told.gallery.said[{FIRST}]")
    page.goto(f"{page.url.split('#')[0]}#mistakes/{label},{said}/i9")
    page.locator(".listed [data-key=image-0-listed]").click()
    expect_address(page, f"mistakes/{label},{said}")
    looked_at = page.locator(".mistakes p.choice")
    expect(looked_at).to_contain_text(f"You look at test image {FIRST}.")
    looked_at.get_by_role("link", name="Why this class").click()
    page.wait_for_selector("html[data-view=why]")
    expect_address(page, "#why")
    page.goto(f"{page.url.split('#')[0]}#overview")
    expect(page.locator(".badge")).to_contain_text("Largest difference")  # over every array
    expect(page.locator(".badge")).to_have_class(re.compile("agrees"))


def test_compare_finds_an_image_by_its_number(opened):
    page = opened("compare")
    field = page.get_by_label("or the test image with the number")
    expect(field).to_have_value(str(OTHER))
    field.fill(str(FIRST))
    field.press("Enter")
    expect(page.locator(".compare")).to_contain_text(f"Test image {FIRST} is the one that you look")
    field.fill("11")
    field.press("Enter")
    expect(page.locator(".compare figcaption").nth(1)).to_have_text("the other: test image 11")
    expect(page.locator("header [data-key=image-0]")).to_have_attribute(
        "aria-label", f"test image {FIRST}"
    )
