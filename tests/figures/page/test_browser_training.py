"""Training in a real browser: the slider, what it moves, and what a page without snapshots says."""

import numpy as np
import pytest
from in_browser import expect_address
from looked_at import build, images_for

from minivit import ViT, load, load_dataset, save, variant
from minivit.figures.page import Learning, Shown, explainer_page
from minivit.figures.page.rounding import rounded_model

STEPS = (0, 67, 135)  # of the snapshots; an epoch has 45


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory):
    """Three models in files: any will do, since the page only compares them."""
    folder = tmp_path_factory.mktemp("snapshots")
    paths = {step: folder / f"{step}.safetensors" for step in STEPS}
    for seed, path in enumerate(paths.values()):
        save(ViT(variant("digits", depth=1), seed=seed, zero_head=False), path)
    return paths


@pytest.fixture(scope="module")
def page_of_run(snapshots, tmp_path_factory):
    """The page of a run of three epochs, and two images."""
    model, test = load(snapshots[135]), load_dataset("digits").test
    history = [{"epoch": i, "train_loss": 2 / i, "test_accuracy": i / 4} for i in (1, 2, 3)]
    shown = [Shown(f"image {i}", test.images[i], int(test.labels[i])) for i in range(2)]
    learning = Learning(history, "test", 45, snapshots)
    path = tmp_path_factory.mktemp("run") / "page.html"
    page = explainer_page(model, shown, name="run", learning=learning)
    path.write_text(page, "utf-8", newline="\n")
    return path


def test_the_slider_by_keyboard(opened, page_of_run, snapshots):
    page = opened("training/e1", path=page_of_run)
    expect = pytest.importorskip("playwright.sync_api").expect
    slider = page.get_by_label("Snapshot")
    expect(slider).to_have_attribute("aria-valuetext", "2: at epoch 1.489 of 3")
    line = page.locator("path.moment").first
    before = line.get_attribute("d")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("output")).to_have_text("3: at epoch 3 of 3")
    expect_address(page, "#training/e2")
    expect(line).not_to_have_attribute("d", before)
    page.wait_for_selector("text=After epoch 3: training loss 0.6667, test accuracy 75")
    page.wait_for_selector("#live:has-text('The model says')", state="attached")
    _, made = rounded_model(load(snapshots[135]), "float16")
    logits = made.logits(load_dataset("digits").test.images[:1].astype(np.float64))[0]
    here = page.evaluate("[...new Trace(app.snapshots.at(2), app.image).logits.data]")
    assert np.abs(logits - here).max() < 1e-12
    sides = page.locator(".pair").nth(1).locator(".says")
    told = [f"The model says {page.evaluate(f'largest_at({logits})')}," for logits in (
        here, "app.trace.logits.data")]  # fmt: skip
    for i, words in enumerate(told):
        expect(sides.nth(i)).to_contain_text(words)
    page.get_by_role("link", name="image 1").click()
    page.wait_for_selector("[data-key=image-1][aria-current]")
    expect_address(page, "#training/e2/i1")
    page.get_by_role("link", name="what has been added since").click()
    page.wait_for_selector("[aria-current]:has-text('what has been added since')")
    expect_address(page, "#training/e2/since-start/i1")
    expect(page.locator("canvas.filters")).to_have_count(2)
    page.get_by_label("Snapshot").focus()
    page.keyboard.press("Home")
    page.wait_for_selector("text=Nothing yet.")
    page.evaluate("location.hash = '#training/e99'")
    expect(page.locator("output")).to_have_text("3: at epoch 3 of 3")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_narrow_window(opened, page_of_run, scheme):
    size = {"width": 320, "height": 800}
    page = opened("training/e1", path=page_of_run, viewport=size, color_scheme=scheme)
    page.wait_for_selector(".tile canvas")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate("document.querySelectorAll('*').length") < 1500


def test_without_snapshots_the_page_says_how_to_get_some(opened, tmp_path):
    model = build(depth=0, positions="none", pool="mean")
    history = [{"epoch": 1, "train_loss": 2.5, "held_out_accuracy": 0.25}]
    path, shown = tmp_path / "page.html", [Shown("one", images_for(model, 1)[0], 0)]
    for one in (Learning(history, "held-out", 9, {}), None):
        path.write_text(explainer_page(model, shown, name="r", learning=one), "utf-8", newline="\n")
        page = opened("training", path=path)
        words = page.locator("main").inner_text()
        assert ("minivit train --snapshots 20 --explain" in words) == (one is not None)
        assert ("accuracy on held-out images 25" in words) == (one is not None)
        assert ("Nothing is known here" in words) == (one is None)
        assert page.locator("input[type=range]").count() == 0


def test_where_labels_are_smoothed_the_least_training_loss_is_told(opened, tmp_path):
    expect = pytest.importorskip("playwright.sync_api").expect
    model, test = ViT(variant("digits", depth=1), seed=0), load_dataset("digits").test
    shown = [Shown("one", test.images[0], int(test.labels[0]))]
    history = [{"epoch": 1, "train_loss": 0.6, "test_accuracy": 0.9}]
    path = tmp_path / "page.html"
    least = -0.91 * np.log(0.91) - 9 * 0.01 * np.log(0.01)  # a tenth is shared by ten classes
    for smoothing, mixes in ((0.1, True), (0.0, False)):
        learning = Learning(history, "test", 9, {}, smoothing=smoothing, mixes=mixes)
        page = explainer_page(model, shown, name="run", learning=learning)
        path.write_text(page, "utf-8", newline="\n")
        for address in ("training", "words/crossentropy"):
            page = opened(address, path=path)
            told = page.locator("main")
            expect(told).to_contain_text("training loss" if address == "training" else "log p")
            for words in ("0.91 to an image's class and 0.01 to each other one", f"{least:.4f}",
                          "images were mixed with each other"):  # fmt: skip
                assert (words in told.inner_text()) == bool(smoothing)


def test_a_page_without_snapshots_promises_none(opened, page_of_run, tmp_path):
    model, test = ViT(variant("digits", depth=1), seed=0), load_dataset("digits").test
    shown = [Shown("one", test.images[0], int(test.labels[0]))]
    path = tmp_path / "page.html"
    history = [{"epoch": 1, "train_loss": 0.6, "test_accuracy": 0.9}]
    for learning, promised in ((Learning(history, "test", 9, {}), 1), (None, 0)):
        page = explainer_page(model, shown, name="run", learning=learning)
        path.write_text(page, "utf-8", newline="\n")
        page = opened("overview", path=path)
        assert "positions and attention have formed" not in page.locator(".ways").inner_text()
        assert page.locator(".ways").get_by_text("shows the curve of the run.").count() == promised
        page = opened("training", path=path)
        assert "moments of its training" not in page.locator("main").inner_text()
    page = opened("overview", path=page_of_run)
    assert "positions and attention have formed" in page.locator(".ways").inner_text()
