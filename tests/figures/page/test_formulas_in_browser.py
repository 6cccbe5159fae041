"""Formulas in a real browser, if there is one: drawn as MathML, wrapped, and still their text."""

import pytest

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
NARROW = {"viewport": {"width": 320, "height": 800}}
# What sticks out of its box: [text, by how many pixels].
TOO_WIDE = """() => [...document.querySelectorAll(".formula")].flatMap((box) => {
  const { right } = box.getBoundingClientRect();
  const parts = [...box.querySelectorAll("math, .drawn")];
  const most = Math.max(...parts.map((one) => one.getBoundingClientRect().right)) - right;
  return most > 0 ? [[box.textContent, most]] : [];
})"""
SIZES = """(card) => {
  const height = (one) => one.getBoundingClientRect().height;
  const [root, fraction] = ["msqrt", "mfrac"].map((tag) => card.querySelector(tag));
  const { namespaceURI } = root;
  return [namespaceURI, height(root), height(root.firstChild), height(fraction)];
}"""
SELECTED = """(formula) => {
  const range = document.createRange();
  range.selectNodeContents(formula);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  return getSelection().toString();
}"""


@pytest.mark.parametrize(
    "address",
    ["words", "forward/blocks.0.mlp.x_hat/3,4", "backward/embed.x/3,4", "backward/head.logits"],
)
def test_formulas_wrap_in_a_narrow_window(address, opened):
    page = opened(address, **NARROW)
    page.wait_for_selector(".formula math")
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_roots_and_fractions_are_drawn(opened):
    card = opened("words").locator("[data-word=scores]")
    namespace, root, under_root, fraction = card.evaluate(SIZES)
    assert namespace == "http://www.w3.org/1998/Math/MathML"
    assert root > under_root and fraction > 1.5 * root


def test_a_formula_is_copied_searched_and_read_as_it_is_written(opened):
    page = opened("words")
    formula = page.locator("[data-word=attention] .formula")
    assert formula.evaluate(SELECTED).strip() == "mixed = softmax(q · kᵀ / √K) · v"
    expect(formula).to_match_aria_snapshot('- paragraph: "mixed = softmax(q · kᵀ / √K) · v"')
    page.locator("#find-word").fill("kᵀ / √k")
    expect(page.locator("article.word:visible h3")).to_have_text(["scores", "attention"])


def test_a_formula_stays_while_the_cursor_moves_in_its_array(opened):
    page = opened("forward/blocks.0.mlp.z/5,7")
    page.locator(".made .formula").evaluate("(formula) => { formula.dataset.mark = 'same'; }")
    page.locator("canvas.cursor").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".where b")).to_have_text("z[5, 8]")
    assert page.locator(".made > *").evaluate_all(
        "(all) => all.map((one) => one.classList[0] + (one.dataset.mark ?? ''))"
    )[:5] == ["picture", "where", "number", "quiet", "formulasame"]  # fmt: skip
