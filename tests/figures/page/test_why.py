"""Why this class, in a browser: what nothing is, one patch, and what the curves say."""

import re

import numpy as np
import pytest
from in_browser import expect_address
from looked_at import build, images_for

from minivit import ViT, load_dataset, variant
from minivit.figures.page import Shown, explainer_page
from minivit.figures.page.recorded_reasons import recorded_reasons
from minivit.figures.page.sources import sentences

expect = pytest.importorskip("playwright.sync_api").expect
MAPS = {key: sentences("en")[f"why.{key}"]
        for key in ("attention", "rollout", "weighted", "saliency", "gradient_input",
                    "integrated", "occlusion")}  # fmt: skip


@pytest.fixture(scope="module")
def reasons():
    """Of a class: the maps and curves that minivit finds for the page's first image."""
    small = ViT(variant("digits", depth=1), seed=3, zero_head=False)
    model = ViT(small.config, seed=None, dtype=np.float64)
    for name in model.layout.shapes:
        model.parameters[name] = small.parameters[name].astype(np.float64)
    data = load_dataset("digits")
    model.preprocessing = data.preprocessing
    image = data.test.images[0].astype(np.float64)
    logits = model.logits(image[None])[0]
    return np.argsort(-logits), lambda target: recorded_reasons(model, image, target)[1]


def percent(part: float) -> str:
    return f"{100 * part:.{0 if part >= 0.1 else 1}f}\xa0%"


def test_nothing_is_the_paper_that_strokes_stand_on(opened):
    page = opened("why")
    expect(page.locator(".results .panel").first).to_contain_text(
        "x₀, the image of nothing, is the empty paper: each of its pixels is −1."
    )


def test_nothing_is_the_mean_colour_where_no_ink_is_known(opened, tmp_path):
    model = build(channels=3, depth=1)
    image = images_for(model, 1)[0]
    path = tmp_path / "page.html"
    page = explainer_page(model, [Shown("x", image, None)], name="run")
    path.write_text(page, "utf-8", newline="\n")
    page = opened("why", path=path)
    told = page.locator(".results .panel").first
    expect(told).to_contain_text("is the image's mean colour: each of its pixels is")
    numbers = re.search(r"pixels is (.*?)\. Wherever", told.inner_text())[1].replace("−", "-")
    assert np.allclose([float(x) for x in numbers.split(", ")], image.mean((0, 1)), rtol=6e-3)
    page.get_by_role("link", name="Change this patch").click()
    page.wait_for_selector("html[data-view=change]")
    page.locator("canvas.painter").press(" ")
    expect(page.locator(".change-desk ol li").last).to_contain_text("the image's mean colour")
    n, painted = page.evaluate("""() => {
      const [change] = app.changes[0];
      const now = changed(app.model, app.image, [change], app.told.ink).image;
      const pixels = pixel_of(app.c, [change.n, 0]);
      return [change.n, range(3).map((k) => number_at_index(now, [pixels[0], pixels[1], k]))];
    }""")
    assert np.allclose(painted, image.mean((0, 1)), rtol=1e-12)


def test_one_patch_on_all_maps_and_on_to_change_it(opened, reasons):
    order, of = reasons
    maps = of(order[0])
    page = opened("why/t7")
    told = page.locator(".results .asking")
    expect(told.locator("h2").last).to_have_text("patch 6 (row 1, column 2)")
    for name, one in zip(MAPS, told.locator("dd").all(), strict=True):
        number, rank = re.fullmatch(r"(\S+) \(rank (\d+) of 16\)", one.inner_text()).groups()
        assert float(number.replace("−", "-")) == pytest.approx(maps[name][6], rel=0.01), name
        assert int(rank) == (maps[name] > maps[name][6]).sum() + 1, name
    picker = page.locator(".results canvas[data-key=picker]")
    picker.focus()
    picker.press("ArrowLeft")
    expect(told.locator("h2").last).to_have_text("patch 5 (row 1, column 1)")
    expect_address(page, "#why/t6")
    tile = page.locator(".tile canvas").nth(3)
    box = tile.bounding_box()
    tile.click(position={"x": 0.9 * box["width"], "y": 0.6 * box["height"]})
    expect(told.locator("h2").last).to_have_text("patch 11 (row 2, column 3)")
    page.get_by_role("link", name="Change this patch").click()
    page.wait_for_selector("html[data-view=change]")
    expect_address(page, "#change/whole-patch/cover/4,6")
    expect(page.get_by_label("a whole patch")).to_be_checked()
    page.locator("canvas.painter").press(" ")
    expect(page.locator(".change-desk ol li").last).to_have_text("patch 11: paper")
    lost = page.evaluate(
        """(c) => app.trace.logits.data[c]
        - app.runs.after(0, app.changes[0]).logits.data[c]""",
        int(order[0]),
    )
    assert lost == pytest.approx(maps["occlusion"][11], abs=1e-9)


def test_without_a_choice_the_patch_is_the_one_that_matters_most_when_covered(opened, reasons):
    order, of = reasons
    most = int(of(order[0])["occlusion"].argmax())
    page = opened("why")
    row, column = divmod(most, 4)
    told = page.locator(".results .asking h2").last
    expect(told).to_have_text(f"patch {most} (row {row}, column {column})")


def test_what_is_said_of_the_curves_is_so(opened, reasons):
    order, of = reasons
    found = of(order[0])
    means = {name: found[f"{key}.curve"].mean() for key, name in MAPS.items()}
    low, high = min(means, key=means.get), max(means, key=means.get)
    page = opened(f"why/logit-{order[0]}")
    expect(page.locator(".results")).to_contain_text(
        f"Lowest is the curve of {low} (⌀ {percent(means[low])}), "
        f"highest that of {high} (⌀ {percent(means[high])})."
    )
    strokes = page.locator(".plot path[stroke]")
    samples = page.locator(".curves li path")
    look = """all => all.map((one) =>
        [one.getAttribute("stroke"), one.getAttribute("stroke-dasharray")])"""
    drawn, named = strokes.evaluate_all(look), samples.evaluate_all(look)
    assert drawn == named and len({tuple(one) for one in drawn}) == len(MAPS)


def test_a_difference_of_two_scores_is_asked_about(opened, reasons):
    order, of = reasons
    (a, b) = (int(one) for one in order[:2])
    first, second = of(a), of(b)
    page = opened("why")
    page.get_by_label("less that of").select_option(str(b))
    expect_address(page, f"why/difference-{a}-{b}")
    page.wait_for_selector(".results[aria-busy=false]")
    found = page.evaluate("(loss) => app.runs.reasons(0, loss).maps",
                          {"kind": "difference", "label": a, "other": b})  # fmt: skip
    for name in ("gradient_input", "integrated", "occlusion"):  # linear in the score
        assert np.allclose(found[name], first[name] - second[name], atol=1e-10), name
    expect(page.locator(".results")).to_contain_text(
        f"The probability of {a}, if there were only it and {b}"
    )
    p = page.evaluate("probabilities(app.trace.logits)")
    whole = page.evaluate("(loss) => app.runs.deletion(0, loss, {a: [1, 2]}).curves[0][1][0]",
                          {"kind": "difference", "label": a, "other": b})  # fmt: skip
    assert whole == pytest.approx(p[a] / (p[a] + p[b]), rel=1e-12)
    page.get_by_role("link", name="The gradient of this score").click()
    expect_address(page, f"/difference-{a}-{b}")
    page.go_back()
    page.get_by_label("less that of").select_option("")
    expect_address(page, f"why/logit-{a}")


def test_a_signed_map_names_both_of_its_ends(opened, reasons):
    order, of = reasons
    occlusion = of(order[0])["occlusion"]
    page = opened("why")
    page.wait_for_selector(".results[aria-busy=false]")
    told = page.locator(".results .tile").last.locator("p").first
    expect(told).to_contain_text(f"largest at patch {occlusion.argmax()} (")
    expect(told).to_contain_text(f"least at patch {occlusion.argmin()}: −")
    assert occlusion.min() < 0


def test_a_class_without_a_chance_has_little_to_fall_from(opened, reasons):
    order, of = reasons
    curve = of(order[-1])["occlusion.curve"]
    page = opened(f"why/logit-{order[-1]}")
    assert curve[0] < 0.1
    expect(page.locator(".results")).to_contain_text(
        f"begins at {percent(curve[0])} and ends, with all patches covered, at "
        f"{percent(curve[-1])}; an even guess among 10 classes would be 10\xa0%."
    )


def test_a_class_chosen_here_is_seen_in_backward_and_can_be_left(opened):
    page = opened("why/logit-5")
    page.wait_for_selector(".results[aria-busy=false]")
    page.get_by_role("link", name="The gradient of this score").click()
    page.wait_for_selector("html[data-view=backward]")
    expect_address(page, "/logit-5")
    expect(page.locator(".view")).to_contain_text("Class 5 was chosen here or in Why this class")
    label = page.evaluate("app.images.told(0).label")
    page.get_by_role("link", name=f"Back to cross-entropy, class {label}").click()
    expect(page.get_by_role("button", name="cross-entropy")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.locator(".view")).not_to_contain_text("was chosen here")
