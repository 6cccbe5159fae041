"""A page without weights in a real browser, if there is one: every view, and what is not there."""

import numpy as np
import pytest
from in_browser import expect_address

from minivit import ViT, load_dataset, variant
from minivit.figures.page import Gallery, Shown, explainer_page

playwright = pytest.importorskip("playwright.sync_api")
VIEWS = ("overview", "forward", "backward", "attention", "why", "change", "lens", "training",
         "mistakes", "compare")  # fmt: skip


@pytest.fixture(scope="module")
def recorded_file(tmp_path_factory):
    """A page of a deeper digits model without its weights: blocks 0 and 2 of 3 are recorded."""
    model = ViT(variant("digits", depth=3), seed=3, zero_head=False)
    data = load_dataset("digits")
    model.preprocessing, model.class_names = data.preprocessing, list("0123456789")
    test = data.test
    images = [Shown(f"image {i}", test.images[i], int(test.labels[i])) for i in range(2)]
    gallery = Gallery(np.arange(60), test.images[:60], test.labels[:60], len(test.labels))
    page = explainer_page(model, images, name="run", gallery=gallery, weights="none", blocks=[0, 2])
    path = tmp_path_factory.mktemp("recorded") / "page.html"
    path.write_text(page, "utf-8", newline="\n")
    return path


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_a_recorded_page(view, opened, recorded_file):
    page = opened(view, recorded_file, viewport={"width": 320, "height": 800})
    playwright.expect(page.locator("h1")).to_have_count(1)
    if view == "why":
        playwright.expect(page.locator(".results")).to_have_attribute("aria-busy", "false")
        playwright.expect(page.locator(".results .tile")).to_have_count(7)
        playwright.expect(page.locator(".results dd")).to_have_count(7)
        playwright.expect(page.locator(".results .button")).to_have_count(0)  # nothing to change
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.locator("[data-key=image-1]").click()
    page.wait_for_selector("[data-key=image-1][aria-current]")
    page.goto(f"{recorded_file.as_uri()}#{view}/i30")  # an image of the gallery: not recorded
    page.wait_for_selector("[data-key=image-1][aria-current]")


OPEN_ALL = """async () => {
  const counts = {};
  for (const view of ["forward", "backward"]) {
    counts[view] = 0;
    for (const name of view === "backward" ? Object.keys(app.trace.gradients)
         : [...Object.keys(app.trace.values), ...Object.keys(app.model.parameters)]) {
      history.replaceState(null, "", `#${view}/${name}`);
      app.read();
      await new Promise((done) => setTimeout(done));
      const shown = document.querySelector(".array h2 code").textContent;
      counts[view] += shown === name && document.querySelectorAll(".made .number").length;
    }
  }
  return counts;
}"""


def test_every_array_of_a_recorded_page_opens(opened, recorded_file):
    page = opened("backward", recorded_file)
    attention = 2 * 8  # qkv, q, k, v, scores, probs, mixed, merged of two blocks
    found = page.evaluate(OPEN_ALL)
    # The image, its patches, the tokens and logits; w, b, cls and positions of the embedding.
    assert found == {"forward": attention + 4 + 4, "backward": attention + 1}


def test_a_recorded_page_tells_what_is_not_there(opened, recorded_file):
    expect = playwright.expect
    page = opened("overview", recorded_file)
    badge = page.locator(".badge")
    expect(badge).to_contain_text("Blocks recorded: 0, 2 (of 3)")
    assert 0 < float(badge.get_attribute("data-worst")) < 0.05
    page.goto(f"{recorded_file.as_uri()}#forward/blocks.2.attention.probs/h1/3,4")
    expect(page.locator(".where b")).to_have_text("probs[1, 3, 4]")
    expect(page.locator(".precision")).to_contain_text("off by at most")
    expect(page.locator(".node.absent")).to_have_count(5)  # block 1, two MLPs, the last LayerNorm
    expect(page.get_by_role("link", name="block 1, Attention")).to_have_count(0)
    page.get_by_role("link", name="qkv 17").click()
    expect(page.locator(".made")).to_contain_text("What it is made of was not recorded.")
    page.goto(f"{recorded_file.as_uri()}#backward/blocks.0.attention.scores/h1/3,4")
    expect(page.locator(".made code")).to_contain_text("--weights full --max-mb 1")
    expect(page.locator(".norms li")).to_have_count(10)
    recorded = ["blocks.0.attention", "blocks.2.attention", "head"]
    expect(page.locator(".norms a")).to_have_text(recorded)
    page.locator("canvas.cursor").focus()
    page.keyboard.press("c")  # nothing can be checked
    page.keyboard.press("g")
    page.wait_for_selector("html[data-view=forward]")
    page.goto(f"{recorded_file.as_uri()}#change")
    expect_address(page, "#change")
    expect(page.locator(".view code")).to_contain_text("--weights full --max-mb 1")
    page.goto(f"{recorded_file.as_uri()}#attention/b1")  # not recorded: the last that is
    expect(page.locator(".choice").first.locator("a")).to_have_text(["0", "2"])
    expect(page.locator(".choice").first.locator("[aria-current]")).to_have_text("2")
    page.goto(f"{recorded_file.as_uri()}#lens/1,4")
    expect(page.locator(".made h2")).to_have_text("block 0: Attention")
    page.locator("canvas.cursor").focus()
    page.keyboard.press("Enter")  # there is nowhere to go, as the keys say
    expect(page.locator("#heat-keys")).to_contain_text("where they were recorded")
    expect(page.locator(".depths th a")).to_have_text(["Embedding"])
    page.goto(f"{recorded_file.as_uri()}#mistakes")
    expect(page.locator(".listed span.thumb").first).to_be_visible()
    expect(page.locator(".listed a")).to_have_count(0)


def test_two_images_are_compared_by_what_was_recorded(opened, recorded_file):
    expect = playwright.expect
    page = opened("compare/blocks.2.attention.probs/h1/3,4", recorded_file)
    told = page.evaluate("""[0, 1].map((i) =>
      heads_of(app.runs.forward(i).values["blocks.2.attention.probs"])[1][3][4])""")
    shown = page.locator(".compare .facts dd")
    expect(shown).to_have_count(3)
    numbers = [float(one.replace("\u2212", "-")) for one in shown.all_inner_texts()]
    assert np.allclose(numbers, [*told, told[1] - told[0]], rtol=1e-4)
    expect(page.locator(".compare .bars a")).to_have_text(
        [
            "patchify.patches",
            "embed.x",
            "blocks.0.attention.merged",
            "blocks.2.attention.merged",
            "head.logits",
        ]
    )
    expect(page.locator(".compare")).to_contain_text("Nothing of them was recorded")
    page.goto(f"{recorded_file.as_uri()}#compare/with-run0/i1")  # there is no such run
    expect(page.locator(".compare figcaption").nth(1)).to_have_text("the other: image 0")
