"""The class that a page is asked about at first: `minivit explain --target`."""

import pytest
from looked_at import build, images_for

from minivit import InputError
from minivit.figures.page import Shown, explainer_page


@pytest.fixture(scope="module")
def model():
    return build()


def page_of(model, **options) -> str:
    return explainer_page(model, [Shown("one", images_for(model, 1)[0], 1)], name="r", **options)


@pytest.mark.parametrize("target", [-1, 3])
def test_a_class_that_there_is_not_is_refused(model, target):
    with pytest.raises(InputError, match=f"there is no class {target}: there are 3, from 0 on"):
        page_of(model, target=target)


@pytest.mark.parametrize("view", ["backward", "why"])
def test_its_score_is_asked_about_until_the_address_says_another(view, opened, model, tmp_path):
    expect = pytest.importorskip("playwright.sync_api").expect
    path = tmp_path / "page.html"
    path.write_text(page_of(model, target=2), "utf-8", newline="\n")
    page = opened(view, path=path)
    select = page.get_by_label("Score of" if view == "why" else "class", exact=True)
    expect(select).to_have_value("2")
    if view == "backward":
        logit = model.trace(images_for(model, 1)).logits[0, 2]
        shown = page.locator(".loss .number-small").inner_text().replace("−", "-")
        assert float(shown) == pytest.approx(logit, rel=1e-4)
        expect(page.get_by_role("button", name="a logit")).to_have_attribute("aria-pressed", "true")
    page.goto(f"{path.as_uri()}#{view}/logit-0")
    expect(select).to_have_value("0")
    page.goto(f"{path.as_uri()}#overview")
    page.wait_for_selector(".badge.agrees")


def test_the_same_target_gives_the_same_page(model):
    assert page_of(model, target=1) == page_of(model, target=1) != page_of(model)
