"""Compare: differences and distances are NumPy's, and are found by pointer and by keyboard."""

import re

import numpy as np
import pytest
from in_browser import expect_address
from javascript import KINDS, as_told, plain, v8
from looked_at import build, images_for

from minivit import ViT, load_dataset, variant
from minivit.figures.page import Gallery, Shown, explainer_page
from minivit.figures.page.sources import mathematics

COMPARED = """(models, images) => {
  const all = models.map(given);
  const [a, b] = images.map((image, i) => new Trace(all[i % all.length], image_of(image)));
  const distances = distances_of(a, b);
  const differences = {};
  for (const name of Object.keys(a.values)) {
    if (comparable(a, b, name)) differences[name] = difference_of(a.values[name], b.values[name]);
  }
  return { distances, parting: parting(distances), differences: told(differences) };
}"""


@pytest.fixture(scope="module")
def run():
    with v8(mathematics()) as run:
        yield run


def traces(models, images) -> list[dict]:
    """Of each model's image every array by its name, without the axis of the batch."""
    pairs = zip(models, images, strict=True)
    return [
        {name: array[0] for name, array in model.trace(image[None]).values.items()}
        for model, image in pairs
    ]


def check(found, a, b) -> dict:
    """What was found, if it is NumPy's; the distances by their names."""
    same = {name for name in a if name in b and a[name].shape == b[name].shape}
    assert {name for name, *_ in found["differences"]} == same
    for name, shape, numbers in found["differences"]:
        assert tuple(shape) == a[name].shape
        assert np.abs(np.ravel(b[name] - a[name]) - numbers).max() < 1e-12
    for name, off in found["distances"]:
        expected = np.linalg.norm(b[name] - a[name]) / np.linalg.norm(a[name])
        assert abs(off - expected) < 1e-12 * max(expected, 1)
    return dict(found["distances"])


@pytest.mark.parametrize("kind", KINDS)
def test_two_images(kind, run):
    model = build(**KINDS[kind])
    images = images_for(model, 2)
    found = run(COMPARED, [as_told(model)], [plain(one) for one in images])
    distances = check(found, *traces([model, model], images))
    assert found["parting"]["first"][0] == "patchify.patches" == next(iter(distances))
    assert found["parting"]["most"][1] == max(distances.values())


def test_two_models_part_where_their_weights_do(run):
    model, other = build(), build()
    other.parameters["blocks.1.mlp.w1"][0, 0] += 1
    image = images_for(model, 1)
    told = [as_told(one) for one in (model, other)]
    found = run(COMPARED, told, [plain(image[0])] * 2)
    distances = check(found, *traces([model, other], [image[0]] * 2))
    assert distances["blocks.1.attention.y"] == 0 < distances["blocks.1.mlp.y"]
    assert found["parting"]["first"][0] == "blocks.1.mlp.y"
    assert run(COMPARED, told[:1], [plain(image[0])] * 2)["parting"] is None


def test_of_other_widths_and_depths_what_has_one_shape_is_compared(run):
    model, other = build(), build(width=12, depth=1)
    image = images_for(model, 1)
    found = run(COMPARED, [as_told(model), as_told(other)], [plain(image[0])] * 2)
    distances = check(found, *traces([model, other], [image[0]] * 2))
    assert "head.logits" in distances and "patchify.patches" in distances
    assert not any(name.startswith("blocks.1") or name == "embed.x" for name in distances)


# In a browser.


def expect(locator):
    return pytest.importorskip("playwright.sync_api").expect(locator)


def number(text: str) -> float:
    return float(text.replace("\u2212", "-"))


def numbers(page) -> list[float]:
    """What stands under the cursor: this one, the other, the difference."""
    return [number(one) for one in page.locator(".compare .facts dd").all_inner_texts()]


def digits(**changes) -> ViT:
    model = ViT(variant("digits", **{"depth": 1} | changes), seed=3, zero_head=False)
    model.preprocessing = load_dataset("digits").preprocessing
    model.class_names = list("0123456789")
    return model


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    """A page of a model beside a wider and deeper one, and one that differs in its head."""
    model, wide, alike = digits(), digits(width=32, depth=2), digits()
    alike.parameters["head.b"][3] += 20
    test = load_dataset("digits").test
    images = [Shown(f"image {i}", test.images[i], int(test.labels[i])) for i in range(2)]
    gallery = Gallery(np.arange(20), test.images[:20], test.labels[:20], len(test.labels))
    path = tmp_path_factory.mktemp("beside") / "page.html"
    others = {"wide": wide, "alike": alike}
    page = explainer_page(model, images, name="run", gallery=gallery, others=others)
    path.write_text(page, "utf-8", newline="\n")
    return path, model, alike


def test_two_images_by_pointer_and_keyboard(opened):
    model, images = digits(), load_dataset("digits").test.images
    seen = model.check_images(images[:5]).astype(np.float64)
    page = opened("compare")
    expect(page.locator(".compare figcaption").nth(1)).to_have_text("the other: image 1")
    field = page.get_by_label("or the test image with the number")
    field.fill("60")  # the page holds those from 0 to 59
    field.press("Enter")
    expect(page.locator(".compare")).to_contain_text("This page holds no test image 60.")
    field.fill("4")
    field.press("Enter")
    expect_address(page, "/with-i6")
    expect(page.locator(".compare figcaption").nth(1)).to_have_text("the other: test image 4")
    page.get_by_label("array").select_option("patchify.patches")
    expect(page.locator(".compare .where b").first).to_contain_text("patches[")
    map = page.locator("canvas.cursor").nth(2)
    map.focus()
    for key in ("Home", "PageUp", "PageUp", "ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator(".compare .where b").first).to_have_text("patches[2, 1]")
    a, b = (seen[i, 0, 5, 0] for i in (0, 4))  # patch 2 is the third of the first row
    assert np.allclose(numbers(page), [a, b, b - a], rtol=1e-5, atol=1e-9)
    expect_address(page, "compare/patchify.patches/2,1/with-i6")
    page.keyboard.press("Escape")
    box = page.locator("canvas.cursor").first.bounding_box()
    page.locator("canvas.cursor").first.hover(
        position={"x": box["width"] - 5, "y": box["height"] - 5}
    )
    expect(page.locator(".compare .where b").first).to_have_text("patches[15, 3]")
    page.get_by_role("link", name="exchange the two").click()
    expect(page.locator(".compare figcaption").first).to_have_text("this one: test image 4")
    expect_address(page, "/i6/with-i0")
    page.locator("canvas.picker").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".compare .where").last).to_have_text("token 2 (patch 1: row 0, column 1)")
    expect_address(page, "/t2/")
    page.get_by_role("link", name="head.logits").click()
    expect(page.locator(".compare .where b").first).to_contain_text("logits[")


def test_two_runs_are_those_that_minivit_ran(opened, beside):
    path, model, alike = beside
    page = opened("compare", path=path)
    page.get_by_role("link", name="alike").click()
    expect_address(page, "/with-run1")
    badge = page.locator(".badge")
    expect(badge).to_have_class(re.compile("agrees"))
    assert float(badge.get_attribute("data-worst")) < 1e-12
    words = page.locator(".compare .says")
    expect(words).to_contain_text("also the one that differs most: head.logits")
    images = load_dataset("digits").test.images[:1]
    before, after = (one.logits(one.check_images(images))[0] for one in (model, alike))
    off = np.linalg.norm(after - before) / np.linalg.norm(before)
    part = number(re.search(r"by (\S+)\s%", words.inner_text())[1])
    assert part == pytest.approx(100 * off, abs=0.06)
    page.get_by_role("link", name="head.logits").click()
    expect(page.locator(".compare .where b").first).to_have_text("logits[3]")
    assert np.allclose(numbers(page), [before[3], after[3], 20], rtol=1e-4)
    page.goto(f"{path.as_uri()}#compare/with-run1/i5")
    expect(page.locator(".compare")).to_contain_text(
        "does not hold the logits that minivit computed for alike"
    )


def test_of_a_run_of_another_width_the_shapes_are_told(opened, beside):
    page = opened("compare/embed.x/with-run0", path=beside[0])
    expect(page.locator(".badge")).to_have_class(re.compile("agrees"))
    expect(page.locator(".compare")).to_contain_text(
        "embed.x is of another shape: 17 \u00d7 64 in this one, 17 \u00d7 32 in the other"
    )
    expect(page.locator(".compare canvas.cursor")).to_have_count(0)
    expect(page.locator(".compare")).to_contain_text("Left out: ")
    expect(page.locator(".compare .tile canvas")).to_have_count(2 + 4 + 4)  # images; heads of two
    page.goto(f"{beside[0].as_uri()}#overview")
    expect(page.locator(".panel.warning")).to_contain_text("the weights of 3 models")


def test_the_difference_is_white_at_0_even_if_nothing_is_below(opened):
    page = opened("compare")
    found = page.evaluate("[0, 2, 1].map((x) => scale_of([0, 1, 2], true).colour(x))")
    assert found[0] == [250, 250, 250]
    assert found[1] == [176, 72, 8]  # the strongest orange


def test_a_page_of_one_image_and_one_run_says_so(opened, tmp_path):
    model = build()
    path = tmp_path / "page.html"
    page = explainer_page(model, [Shown("one", images_for(model, 1)[0], 1)], name="r")
    path.write_text(page, "utf-8", newline="\n")
    expect(opened("compare", path=path).locator("main")).to_contain_text("nothing to compare")
