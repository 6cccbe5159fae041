"""Model: filters, positions and heads are those of minivit, by pointer and by keyboard."""

import json
import re

import numpy as np
import pytest
from javascript import as_told, v8
from looked_at import build, images_for

from minivit import ViT, inspection, load_dataset, variant
from minivit.figures.page import Gallery, Shown, explainer_page
from minivit.figures.page.sources import mathematics


def expect(locator):
    return pytest.importorskip("playwright.sync_api").expect(locator)


def told(page: str) -> dict:
    return json.loads(re.search(r'id="told">(.*?)</script>', page)[1])


@pytest.mark.parametrize("cls", [True, False])
def test_heads_are_measured_over_the_gallery(cls):
    model = build(pool="cls" if cls else "mean")
    images = images_for(model, 5)
    shown = [Shown("one", images[0], 1)]
    gallery = Gallery(np.arange(5), images, np.zeros(5, int), 5)
    c, first = model.config, int(cls)
    far = np.zeros((c.patches, c.patches))
    for q in range(c.patches):
        for k in range(c.patches):
            rows, columns = q // c.grid[1] - k // c.grid[1], q % c.grid[1] - k % c.grid[1]
            far[q, k] = (4 * rows**2 + 4 * columns**2) ** 0.5  # patches of 2 x 2 pixels
    for some, count in ((gallery, 5), (None, 1)):
        measures = told(explainer_page(model, shown, name="r", gallery=some))["measures"]
        assert measures["images"] == count
        for block in range(c.depth):
            name = f"blocks.{block}.attention.probs"
            A = np.stack([model.trace(images[i : i + 1]).values[name][0] for i in range(count)])
            distance = (A[:, :, first:, first:] * far).sum(axis=-1).mean(axis=(0, 2))
            entropy = -(A * np.log2(A)).sum(axis=-1).mean(axis=(0, 2))
            share = A[:, :, 1:, 0].mean(axis=(0, 2)) if cls else np.zeros(c.heads)
            found = [measures[kind][block] for kind in ("distance", "entropy", "cls_share")]
            assert np.allclose(found, [distance, entropy, share], rtol=5e-6, atol=1e-12)


def test_without_blocks_no_head_is_measured():
    model = build(depth=0)
    page = explainer_page(model, [Shown("one", images_for(model, 1)[0], 1)], name="r")
    assert told(page)["measures"] is None


@pytest.mark.parametrize("kind", ["sincos", "sincos-2d", "learned", "learned-2d", "none"])
def test_positions_that_are_added_are_those_of_inspection(kind):
    model = build(positions=kind)
    code = """(model) => {
      const vectors = added_vectors(given(model));
      return vectors && similarity(vectors).map((row) => [...row]);
    }"""
    with v8(mathematics()) as run:
        cosines = run(code, as_told(model))
    if kind == "none":
        assert cosines is None
        return
    expected = inspection.position_similarity(model).reshape(6, 6)
    assert np.abs(np.array(cosines) - expected).max() < 1e-12


def number(text: str) -> float:
    return float(text.replace("−", "-"))


@pytest.fixture(scope="module")
def cosines():
    model = ViT(variant("digits", depth=1), seed=3, zero_head=False)
    return inspection.position_similarity(model).reshape(16, 16)


def test_the_position_under_the_cursor_is_compared_with_all(opened, cosines):
    page = opened("model")
    map = page.locator("canvas.cursor")
    map.focus()
    words = page.locator(".model .where")
    for keys, n in (("", 10), ("ArrowRight", 11), ("ArrowUp", 7), ("Home", 4)):
        if keys:
            page.keyboard.press(keys)
        expect(words).to_contain_text(f"patch {n} (row {n // 4}, column {n % 4}):")
        text = words.inner_text()
        others = np.delete(cosines[n], n)
        assert number(re.search(r"most like .*?cosine (\S+);", text)[1]) == pytest.approx(
            others.max(), rel=6e-3
        )
        assert number(re.search(r"least like .*cosine (\S+)\.$", text)[1]) == pytest.approx(
            cosines[n].min(), rel=6e-3
        )
    assert page.url.endswith("#model/1,0")
    page.keyboard.press("Escape")  # the pointer may take it
    box = map.bounding_box()
    map.hover(position={"x": 40 + 3, "y": box["height"] - 6})
    expect(words).to_contain_text("patch 12 (row 3, column 0):")


def test_heads_are_dots_and_the_table_leads_to_them(opened):
    page = opened("model")
    assert page.locator(".model circle.dot").count() == 3 * 4
    # The mean distance of patches of 2 x 2 pixels on a grid of 4 x 4, of 17 tokens.
    even = 4.016029938760175 * 16 / 17
    said = page.locator(".model").inner_text()
    assert f"would look {even:.3g} px far" in said and "means over images (60)" in said
    model = ViT(variant("digits", depth=1), seed=3, zero_head=False)
    test = load_dataset("digits").test
    measures = inspection.head_measures(model, test.images[:60])
    assert f"block 0, head {measures.distance[0].argmin()} ({measures.distance.min():.3g}" in said
    page.locator(".model summary").click()
    cells = page.locator(".model table tbody tr").nth(2).locator("td")
    expect(cells.nth(1)).to_have_text(f"{measures.entropy[0, 2]:.3g}")
    page.get_by_role("link", name="block 0, head 2").click()
    page.wait_for_selector("[data-key=head-2][aria-current]")
    assert page.url.endswith("#attention/b0/h2")


def test_filters_and_their_shares(opened):
    page = opened("model")
    w = ViT(variant("digits", depth=1), seed=3, zero_head=False).parameters["embed.w"]
    _, shares = inspection.principal_filters(w)
    said = page.locator(".model section").first.inner_text().replace("\xa0", " ")
    listed = re.search(r"in order: (.*)\.", said)[1].split(", ")
    assert listed == [f"{100 * share:.{0 if share >= 0.1 else 1}f} %" for share in shares]


def test_a_model_without_positions_and_blocks_says_so(opened, tmp_path):
    model = build(depth=0, positions="none")
    path = tmp_path / "page.html"
    page = explainer_page(model, [Shown("one", images_for(model, 1)[0], 1)], name="r")
    path.write_text(page, "utf-8", newline="\n")
    said = opened("model", path=path).locator(".model").inner_text()
    assert "there are no positions to compare" in said and "This model has no blocks" in said
