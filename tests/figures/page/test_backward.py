"""Backward in a browser: what a step of SGD would add, and where the gradient is long and short."""

import re

import numpy as np
import pytest
from in_browser import expect_address
from looked_at import build, images_for

from minivit import ViT, load_dataset, variant
from minivit.figures.page import Shown, explainer_page
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
    expect_address(page, "/update/rate-0.02")
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


def test_what_shortens_a_gradient_is_told_and_so(opened, trace):
    gradients = [trace.gradients[name][0]
                 for name in ("blocks.0.attention.y", "blocks.0.mlp.y", "norm.normed")]  # fmt: skip
    assert all(one[0].any() and not one[1:].any() for one in gradients)
    assert trace.gradients["embed.x"][0].any(axis=1).all()
    x = trace.values["blocks.0.mlp.y"][0, 0]
    rstd = 1 / np.sqrt(x.var() + 1e-6)
    page = opened("backward/logit-3")
    norms = page.locator(".norms")
    expect(norms).to_contain_text("16 of the 17 rows of a gradient are 0")
    told = re.search(r"In the last one rstd is ([\d.]+\d)", norms.inner_text())[1]
    assert float(told) == pytest.approx(rstd, rel=5e-3)
    expect(norms).to_contain_text("The 2-norm of the gradient of the score of 3,")
    page.get_by_role("button", name="logit − logit").click()
    expect(norms).to_contain_text(re.compile("the gradient of the score of 3 less that of "))
    page.get_by_role("button", name="cross-entropy").click()
    label = int(load_dataset("digits").test.labels[0])
    expect(norms).to_contain_text(f"the gradient of the cross-entropy with {label},")


def test_a_mean_gives_each_patch_a_part_of_its_gradient(opened, tmp_path):
    model = build(pool="mean")
    path = tmp_path / "page.html"
    page = explainer_page(model, [Shown("x", images_for(model, 1)[0], None)], name="run")
    path.write_text(page, "utf-8", newline="\n")
    patches = model.config.patches
    page = opened("backward", path=path)
    expect(page.locator(".norms")).to_contain_text(f"each of them gets back 1/{patches} of that")


@pytest.mark.parametrize(
    ("name", "index", "words"),
    [
        ("blocks.0.attention.b_qkv", (100,), "both are 0 within rounding"),
        ("blocks.0.mlp.y", (5, 3), "are both exactly 0."),  # of a token that no head reads
    ],
)
def test_a_check_of_two_zeros_says_so(name, index, words, opened, trace):
    gradient = trace.gradients[name] if len(index) == 1 else trace.gradients[name][0]
    assert abs(gradient[index]) < 1e-15
    page = opened(f"backward/{name}/{','.join(map(str, (0, *index)[-2:]))}")
    page.get_by_role("button", name="Check it").click()
    expect(page.locator(".checked")).to_contain_text(words)
    said = page.locator(".checked").inner_text()
    is_key = 64 <= index[0] < 128
    assert ("a key's bias moves all scores of a query alike" in said) == is_key
    if is_key:
        pattern = r"central difference (\S+), gradient (\S+)\. .* difference of (\S+),"
        numeric, found, limit = map(number, re.search(pattern, said).groups())
        assert max(abs(numeric), abs(found)) <= limit < 1e-8


def test_a_check_states_the_floor_of_its_relative_error(opened, trace):
    gradient = trace.gradients["blocks.0.attention.b_qkv"]
    page = opened("backward/blocks.0.attention.b_qkv/0,150")
    page.get_by_role("button", name="Check it").click()
    expect(page.locator(".checked b")).to_have_text(re.compile("Excellent|Right"))
    pattern = r"difference (\S+), gradient (\S+); relative error (\S+):.* sizes and (\S+) "
    said = re.search(pattern, page.locator(".checked").inner_text()).groups()
    numeric, found, error, floor = map(number, said)
    assert floor == pytest.approx(1e-3 * np.abs(gradient).max(), rel=0.06)
    assert found == pytest.approx(gradient[150], rel=1e-6)
    assert numeric == pytest.approx(gradient[150], rel=1e-4)
    assert error < 1e-4


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
