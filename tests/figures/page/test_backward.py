"""Backward in a browser: what a step of SGD would add, and where the gradient is long and short."""

import re

import numpy as np
import pytest

from minivit import ViT, load_dataset, variant
from minivit.ops import cross_entropy_backward, cross_entropy_forward

expect = pytest.importorskip("playwright.sync_api").expect
NAME, INDEX = "blocks.0.mlp.w1", (5, 7)


@pytest.fixture(scope="module")
def trace():
    """The trace of the page's first image, in float64, with the gradients of its cross-entropy."""
    small = ViT(variant("digits", depth=1), seed=3, zero_head=False)
    model = ViT(small.config, seed=None, dtype=np.float64)
    for name in model.layout.shapes:
        model.parameters[name] = small.parameters[name].astype(np.float64)
    test = load_dataset("digits").test
    made = model.trace(test.images[:1].astype(np.float64))
    _, cache = cross_entropy_forward(made.logits, labels=test.labels[:1])
    made.backward(cross_entropy_backward(1.0, cache))
    return made


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_an_update_is_minus_the_rate_times_the_gradient(opened, trace):
    cell = ",".join(map(str, INDEX))
    page = opened(f"backward/{NAME}/{cell}")
    page.get_by_role("link", name="update", exact=True).click()
    rate = page.get_by_label("learning rate")
    expect(rate).to_have_value("0.1")
    rate.fill("0.02")
    rate.press("Enter")
    expect(page).to_have_url(re.compile("/update/rate-0.02$"))
    expect(page.locator(".made")).to_contain_text("update")
    gradient = trace.gradients[NAME][INDEX]
    told = re.search(r"update (\S+)", page.locator(".made").inner_text())[1]
    assert number(told) == pytest.approx(-0.02 * gradient, rel=1e-3)
    ends = page.locator(".figure .legend > span").all_inner_texts()
    most = 0.02 * np.abs(trace.gradients[NAME]).max()
    assert number(ends[0]) == pytest.approx(-most, rel=1e-3)
    assert number(ends[1]) == pytest.approx(most, rel=1e-3)
    rate = page.get_by_label("learning rate")
    rate.fill("much")
    rate.press("Enter")
    expect(rate).to_have_value("0.02")


def test_norms_by_depth_are_those_of_the_trace(opened, trace):
    page = opened("backward")
    bars = page.locator(".norms li")
    expect(bars.first).to_be_visible()
    told = {one.locator("span").first.inner_text(): one.locator("b").inner_text()
            for one in bars.all()}  # fmt: skip
    outputs = {"patchify": "patches", "embed": "x", "norm": "normed", "head": "logits",
               "blocks.0.attention": "y", "blocks.0.mlp": "y"}  # fmt: skip
    norms = {place: np.linalg.norm(trace.gradients[f"{place}.{outputs[place]}"])
             for place in told if place in outputs}  # fmt: skip
    assert len(norms) == len(outputs)
    for place, norm in norms.items():
        assert number(told[place]) == pytest.approx(norm, rel=5e-3), place
    longest, shortest = (
        max(told, key=lambda one: number(told[one])),
        min(told, key=lambda one: number(told[one])),
    )
    said = page.locator(".norms").inner_text()
    assert f"It is longest at {longest} ({told[longest]})" in said
    assert f"and shortest at {shortest} ({told[shortest]})" in said


def test_the_norms_stay_open_or_closed_and_their_bars_lead_to_arrays(opened, trace):
    page = opened("backward")
    fold = page.locator("details.norms")
    expect(fold).to_have_attribute("open", "")
    norms = [number(one) for one in page.locator(".norms b").all_inner_texts()]
    start = re.search(r"begin at (\S+), half", fold.inner_text())[1]
    assert number(start) == pytest.approx(min(norms) / 2, rel=0.02)
    link = page.get_by_role("link", name="blocks.0.mlp", exact=True)
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".array h2 code")).to_have_text("blocks.0.mlp.y")
    expect(page.locator(".norms .now")).to_contain_text("blocks.0.mlp")
    page.locator(".norms summary").click()
    expect(fold).not_to_have_attribute("open", "")
    page.get_by_role("button", name="a logit", exact=True).click()
    expect(page.get_by_role("button", name="a logit", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(fold).not_to_have_attribute("open", "")


def test_a_difference_begins_with_what_is_said_and_is_of_two_classes(opened, trace):
    order = np.argsort(-trace.logits[0])
    label = int(load_dataset("digits").test.labels[0])
    said, rival = order[0], label if label != order[0] else order[1]
    page = opened("backward")
    page.get_by_role("button", name="logit − logit").click()
    first, second = (page.get_by_label(name, exact=True) for name in ("class", "other class"))
    expect(first).to_have_value(str(said))
    expect(second).to_have_value(str(rival))
    second.select_option(str(said))  # they change places: never twice the same
    expect(first).to_have_value(str(rival))
    expect(second).to_have_value(str(said))
    page.get_by_role("button", name="a logit", exact=True).click()
    expect(second).to_have_count(0)
    first.select_option("3")
    expect(page.locator(".view")).to_contain_text("Class 3 was chosen here")
    page.get_by_role("button", name="logit − logit").click()
    expect(second).to_have_value(str(said if said != 3 else rival))
    expect(first).to_have_value("3")


@pytest.mark.parametrize("loss", ["difference-3-3", "difference-3", "logit-1.5"])
def test_a_loss_that_is_none_is_not_asked_about(loss, opened):
    page = opened(f"backward/{loss}")
    expect(page.get_by_role("button", name="cross-entropy")).to_have_attribute(
        "aria-pressed", "true"
    )
