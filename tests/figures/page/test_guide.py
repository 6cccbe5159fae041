"""Words and the tour in a real browser, by pointer and by keyboard."""

import re

import pytest
from looked_at import build, images_for

from minivit.figures.page import Shown, explainer_page

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect


def test_a_word_of_the_address_has_the_focus_and_leads_to_its_array(opened):
    page = opened("words/softmax")
    expect(page.locator("[data-key=word-softmax]")).to_be_focused()
    card = page.locator("[data-word=softmax]")
    expect(card).to_be_in_viewport()
    expect(card.locator("code")).to_have_text("minivit/ops/softmax.py")
    card.get_by_role("link", name="blocks.0.attention.probs").click()
    page.wait_for_selector("html[data-view=forward]")
    word = page.locator(".made").get_by_role("link", name="softmax")
    expect(word).to_be_visible()
    word.click()
    page.wait_for_selector("html[data-view=words]")
    assert page.url.endswith("#words/softmax")
    page.locator("[data-key=word-gelu]").click()
    expect(page.locator("[data-key=word-gelu]")).to_be_focused()
    assert page.url.endswith("#words/gelu")


def test_words_are_found_by_their_text(opened):
    page = opened("words")
    field = page.get_by_label("Find a word")
    field.fill("Chefer")
    expect(page.locator("article:visible")).to_have_count(1)
    expect(page.locator("article:visible h3")).to_have_text("gradient-weighted attention")
    expect(page.get_by_role("status")).to_contain_text("1 of ")
    field.fill("no such word")
    expect(page.locator("article:visible")).to_have_count(0)
    field.fill("")
    expect(page.locator("[data-word=patch]")).to_be_visible()


def test_letters_have_the_values_of_the_model(opened):
    page = opened("words")
    rows = page.locator(".letters tbody tr")
    told = dict(zip(rows.locator("th .source").all_inner_texts(),
                    rows.locator("td:last-child").all_inner_texts(), strict=True))  # fmt: skip
    assert told == {"B": "1", "N": "16", "T": "17", "D": "64", "H": "4", "K": "16", "M": "128",
                    "L": "1", "C": "10", "P": "2", "channels": "1"}  # fmt: skip


def test_the_tour_by_keyboard_alone(opened):
    page = opened("overview")
    page.locator("a.button").focus()
    page.keyboard.press("Enter")
    for step in range(1, 9):
        heading = page.locator("#tour-step")
        expect(heading).to_contain_text(f"Step {step} of 8")
        expect(heading).to_be_focused()
        assert page.url.endswith(f"tour-{step}")
        expect(page.locator(".told")).to_be_empty()
        page.keyboard.press("Tab")
        expect(page.locator("[data-key=choice-0]")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".told b").first).to_have_text(re.compile("Right.|Not here."))
        expect(page.locator("[data-key=choice-0]")).to_be_focused()
        if step < 8:
            page.locator("[data-key='tour.next']").focus()
            page.keyboard.press("Enter")
    page.locator("[data-key='tour.leave']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tour-step")).to_have_count(0)
    expect(page.locator("h1")).to_be_focused()
    assert "tour" not in page.url


def test_the_tour_shows_what_it_tells_and_keeps_the_answer(opened):
    page = opened("attention/tour-3")
    right = page.evaluate("TOUR.attention.asks(app.tour.look).right")
    page.locator(f"[data-key=choice-{right}]").click()
    expect(page.locator(".told b").first).to_have_text("Right.")
    page.locator("[data-key=tour-see]").click()
    expect(page.locator("canvas.picker")).to_be_focused()
    expect(page.locator(".told b").first).to_have_text("Right.")
    page.locator("[data-key='tour.next']").click()
    expect(page.locator("#tour-step")).to_contain_text("Step 4 of 8")
    page.go_back()
    expect(page.locator("#tour-step")).to_contain_text("Step 3 of 8")


def test_the_last_step_changes_the_image(opened):
    page = opened("change/tour-8")
    page.locator("[data-key=choice-0]").click()
    said = page.locator(".told").inner_text()
    page.locator("[data-key=tour-see]").click()
    expect(page.locator(".change-desk ol li.quiet")).to_contain_text("patch")
    now = page.evaluate("TOUR.change.asks(app.tour.look).facts.now")
    expect(page.locator(".change .says b").last).to_have_text(str(now))
    assert f"says {now}" in said


def test_the_tour_ends_with_ways_on(opened):
    page = opened("change/tour-8")
    ways = page.locator(".tour .ways a")
    views = ["Change it", "Words", "Mistakes", "Overview"]
    expect(ways).to_have_text([*views, "The tour again, with the next image"])
    ways.last.click()
    expect(page.locator("#tour-step")).to_contain_text("Step 1 of 8")
    expect(page.locator("[data-key=image-1]")).to_have_attribute("aria-current", "true")
    page.go_back()
    ways.nth(1).click()
    page.wait_for_selector("html[data-view=words]")
    expect(page.locator("#tour-step")).to_have_count(0)


def test_a_step_that_is_not_there_is_the_last(opened):
    page = opened("forward/tour-77")
    expect(page.locator("#tour-step")).to_contain_text("Step 8 of 8")


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({"pool": "mean", "positions": "none", "channels": 3, "depth": 1}, 8),
        ({"pool": "sequence", "patch": (2, 3), "stride": (1, 3), "positions": "none"}, 7),
        ({"depth": 0}, 6),
        ({"patch": (4, 6), "pool": "mean"}, 6),
    ],
)
def test_the_tour_of_other_models(changes, steps, opened, tmp_path):
    model = build(**changes)
    path = tmp_path / "page.html"
    page = explainer_page(model, [Shown("x", images_for(model, 1)[0], None)], name="run")
    path.write_text(page, "utf-8", newline="\n")
    page = opened("overview/tour-1", path=path)
    for step in range(1, steps + 1):
        expect(page.locator("#tour-step")).to_contain_text(f"Step {step} of {steps}")
        page.locator(".tour [data-key=choice-0]").click()
        told = page.locator(".told")
        expect(told.locator("b").first).to_have_text(re.compile("Right.|Not here."))
        words = page.locator(".tour").inner_text()
        assert not re.search(r"[{}]|undefined|NaN|  ", words), words
        told.locator("a").click()
        expect(page.locator("#tour-step")).to_contain_text(f"Step {step} of {steps}")
        if step < steps:
            page.locator("[data-key='tour.next']").click()
    expect(page.locator("[data-key='tour.next']")).to_have_count(0)
