"""Whoever moves by the keyboard sees where: every stop of every view, and headings in focus."""

import pytest
from in_browser import expect_address

from minivit.figures.page.sources import sentences

playwright = pytest.importorskip("playwright.sync_api")
VIEWS = [key.removeprefix("view.") for key in sentences("en") if key.startswith("view.")]
MOST = 300  # stops of a view

# How the element with the focus is marked: an outline that nothing cuts off, or a thick edge.
MARKED = """() => {
  const it = document.activeElement;
  if (it === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(it);
  const edge = it.matches(".node") && getComputedStyle(it.querySelector("rect")).strokeWidth;
  const { left, right, top, bottom } = it.getBoundingClientRect();
  const cuts = (one) => {
    const box = one.getBoundingClientRect();
    const is_within = box.left < left && box.right > right && box.top < top && box.bottom > bottom;
    return getComputedStyle(one).overflowX !== "visible" && !is_within;
  };
  let is_cut = false;
  for (let one = it.parentElement; one; one = one.parentElement) is_cut ||= cuts(one);
  const is_outlined = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !is_cut;
  const key = it.getAttribute("data-key");
  return [is_outlined || parseFloat(edge) >= 3, `${it.tagName} ${key} ${it.textContent}`];
}"""


@pytest.mark.parametrize("address", [*VIEWS, "overview/tour-1", "why/tour-7"])
def test_every_stop_of_the_keyboard_is_marked(address, opened):
    page = opened(address)
    page.wait_for_selector("[aria-busy=true]", state="detached")
    stops = []
    while len(stops) < MOST:
        page.keyboard.press("Tab")
        found = page.evaluate(MARKED)
        if found is None:
            break
        stops.append(found)
    assert 15 < len(stops) < MOST
    assert [what for is_marked, what in stops if not is_marked] == []


def test_a_heading_that_gets_the_focus_is_marked(opened):
    page = opened("overview")
    page.locator("[data-key=view-lens]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:focus-visible")
    assert page.evaluate(MARKED)[0]
    page = opened("overview/tour-1")
    page.locator("[data-key='tour.next']").focus()
    page.keyboard.press("Enter")
    expect_address(page, "tour-2")
    page.wait_for_selector("#tour-step:focus-visible")
    assert page.evaluate(MARKED)[0]
