"""Attention and the lens in a real browser: every number that is looked at stands on the page."""

import re

import numpy as np
import pytest
from in_browser import expect_address
from looked_at import build, images_for

from minivit import ViT, load_dataset, variant
from minivit.figures.page import Shown, explainer_page

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect


@pytest.fixture(scope="module")
def probs():
    """(heads, query, key): of the page's model, its first image and only block."""
    model = ViT(variant("digits", depth=1), seed=3, zero_head=False)
    return model.trace(load_dataset("digits").test.images[:1]).values["blocks.0.attention.probs"][0]


def entropy(rows: np.ndarray) -> np.ndarray:
    return -(rows * np.log2(rows)).sum(axis=-1)


def numbers_in(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"\d+(?:\.\d+)?", text)]


def test_a_map_tells_where_it_is_largest_and_of_this_token_beside_the_mean(opened, probs):
    page = opened("attention/t6")
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(4 + 3 + 1)
    for head in range(4):
        lines = tiles.nth(head).locator("p").all_inner_texts()
        given = probs[head, 6, 1:]
        best = given.argmax()
        assert lines[0].startswith(f"largest at patch {best} (row {best // 4}, column {best % 4}):")
        assert numbers_in(lines[0])[-1] == pytest.approx(given.max(), rel=5e-3)
        bits, mean = entropy(probs[head, 6]), entropy(probs[head]).mean()
        assert numbers_in(lines[1]) == pytest.approx([bits, 2**bits, mean], rel=5e-3)
        assert lines[1].startswith("this token:") and "mean of all:" in lines[1]
        places = np.stack(np.divmod(np.arange(16), 4), axis=-1) * 2  # of patches 2 pixels wide
        far = np.linalg.norm(places[:, None] - places, axis=-1)
        looked = (probs[head, 1:, 1:] * far).sum(axis=-1)
        assert numbers_in(lines[2]) == pytest.approx([looked[5], looked.mean()], rel=5e-3)


def test_all_maps_tell_of_the_patch_under_the_pointer(opened, probs):
    page = opened("attention/t6")
    tiles = page.locator(".linked .tile")
    box = tiles.first.locator("canvas").bounding_box()
    side = box["width"] / 4
    page.mouse.move(box["x"] + 2.5 * side, box["y"] + 1.5 * side)  # row 1, column 2
    for head in range(4):
        line = tiles.nth(head).locator("p").first
        expect(line).to_contain_text("patch 6 (row 1, column 2): ")
        assert numbers_in(line.inner_text())[-1] == pytest.approx(probs[head, 6, 7], rel=5e-3)
    spot = tiles.nth(3).locator(".spot").bounding_box()
    beside = tiles.nth(3).locator("canvas").bounding_box()
    assert abs(spot["x"] - beside["x"] - 2 * side) < 2 and abs(spot["width"] - side) < 2
    page.mouse.move(1, 1)
    expect(tiles.first.locator("p").first).to_contain_text("largest at")
    expect(page.locator(".spot:visible")).to_have_count(0)


@pytest.mark.parametrize("asked", [False, True])
def test_the_number_under_the_cursor_of_the_matrix_stands_below_it(asked, opened, probs):
    page = opened("attention/t6/h1" + "/from-keys" * asked)
    own = probs[1, :, 6] if asked else probs[1, 6]
    other = own.argmax()
    reading, cell = page.locator(".reading"), (lambda k: (k, 6) if asked else (6, k))

    def expect_read(k):
        query, key = cell(k)
        expect(reading).to_contain_text(f"query {query} (")
        expect(reading).to_contain_text(f"; key {key} (")
        number = float(reading.locator("b").inner_text())
        assert number == pytest.approx(probs[1][query, key], rel=1e-3)

    expect_read(other)
    page.locator("canvas.cursor").focus()
    step = -1 if other == 16 else 1
    page.keyboard.press("Arrow" + (["Right", "Left"], ["Down", "Up"])[asked][step < 0])
    expect_read(other + step)
    line = page.locator(".linked .tile").nth(1).locator("p").first
    expect(line).to_contain_text(f"patch {other + step - 1} (")
    expect(page.locator("#heat-keys")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-view=forward]")
    query, key = cell(other + step)
    expect_address(page, f"forward/blocks.0.attention.probs/h1/{query},{key}")


def test_rows_and_columns_of_the_matrix_are_called_by_their_patches(opened, tmp_path):
    page = opened("attention")
    expect(page.locator(".view")).to_contain_text("patch 0 is token 1")
    model = build(pool="mean")
    path = tmp_path / "page.html"
    text = explainer_page(model, [Shown("x", images_for(model, 1)[0], None)], name="run")
    path.write_text(text, "utf-8", newline="\n")
    page = opened("attention", path=path)
    expect(page.locator(".reading")).to_contain_text("query 0 (patch 0: row 0, column 0)")
    assert "patch 0 is" not in page.locator(".view").inner_text()


def test_a_minus_in_a_cell_is_explained_where_there_is_one(opened):
    page = opened("backward/blocks.0.attention.probs")
    told = page.locator(".heat > p.quiet")
    expect(told).to_contain_text("A − marks the numbers below −")
    low = page.evaluate("Math.min(...app.trace.gradients['blocks.0.attention.probs'].data)")
    limit = float(told.inner_text().split("below ")[1].rstrip(".").replace("−", "-"))
    assert low < limit < 0
    page = opened("forward/blocks.0.attention.probs")
    page.wait_for_selector(".made .number")
    expect(page.locator(".heat > p.quiet")).to_be_hidden()
