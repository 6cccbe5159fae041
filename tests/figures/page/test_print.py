"""The page on paper: dark ink whatever the theme, what is chosen, and pictures that keep shape."""

import pytest

pytest.importorskip("playwright.sync_api")

SHOWN = """(what) => [...document.querySelectorAll(what)].filter((one) => one.checkVisibility())
  .map((one) => one.textContent)"""
STYLE = "([what, name]) => getComputedStyle(document.querySelector(what))[name]"
INK, WHITE = "rgb(27, 31, 38)", "rgb(255, 255, 255)"


@pytest.mark.parametrize("is_switched", [False, True])
def test_what_is_dark_on_a_screen_is_printed_light(opened, is_switched):
    page = opened("forward", color_scheme="light" if is_switched else "dark")
    if is_switched:
        page.locator(".theme").click()
    assert page.evaluate(STYLE, ["body", "color"]) == "rgb(230, 233, 238)"
    page.emulate_media(media="print")
    assert page.evaluate(STYLE, ["body", "color"]) == INK
    assert page.evaluate(STYLE, [".node:not([aria-current]) rect", "fill"]) == WHITE


def test_paper_tells_what_is_chosen_and_leaves_out_what_can_be_chosen(opened):
    page = opened("forward/blocks.0.attention.scores/h2/5,7")
    page.emulate_media(media="print")
    assert page.evaluate(SHOWN, ".choice a") == ["2"]
    assert page.evaluate(SHOWN, "nav, button, .keys, .exports") == []
    assert "run" in page.evaluate(SHOWN, ".brand")[0]
    assert len(page.evaluate(SHOWN, "header .thumb")) == 1


def test_bars_and_listed_images_are_printed(opened):
    page = opened("overview")
    page.emulate_media(media="print")
    assert page.evaluate(STYLE, [".bar i", "printColorAdjust"]) == "exact"
    page = opened("mistakes")
    page.emulate_media(media="print")
    listed = page.locator(".listed .thumb").count()
    assert listed and len(page.evaluate(SHOWN, ".listed .thumb")) == listed


def test_a_picture_that_finds_less_room_keeps_its_shape(opened):
    page = opened("overview")
    page.evaluate("document.querySelector('main').style.width = '14rem'")
    box = page.locator(".picture").first.bounding_box()
    assert box["width"] < 200
    assert abs(box["width"] - box["height"]) < 1  # the image is square
