"""Words in a real browser: found, linked, and held by the address."""

import pytest

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
    told = dict(zip(rows.locator("th").all_inner_texts(),
                    rows.locator("td:last-child").all_inner_texts(), strict=True))  # fmt: skip
    assert told == {"B": "1", "N": "16", "T": "17", "D": "64", "H": "4", "K": "16", "M": "128",
                    "L": "1", "C": "10", "P": "2", "channels": "1"}  # fmt: skip
