"""A page whose model takes long works it out in a worker: in a real browser, if there is one."""

import re

import pytest
from javascript import v8
from looked_at import images_for

from minivit import ViT, ViTConfig, variant
from minivit.figures.page import Shown, explainer_page
from minivit.figures.page.payload import sizes
from minivit.figures.page.sources import mathematics
from minivit.models.cost import cost

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

# Few weights, but many tokens: a pass takes 51 million multiplications.
LARGE = ViTConfig(image=(32, 32), channels=1, patch=(2, 2), width=32, depth=8, heads=2, mlp=64,
                  classes=3)  # fmt: skip
IN_WORKER = "app.questions.has_begun && app.questions.works"
ANSWER = ".change-desk .numbers"


@pytest.fixture(scope="module")
def large_page(tmp_path_factory):
    model = ViT(LARGE, seed=1, zero_head=False)
    shown = [Shown(f"image {i}", one, i) for i, one in enumerate(images_for(model, 3))]
    path = tmp_path_factory.mktemp("large") / "page.html"
    path.write_text(explainer_page(model, shown, name="large"), "utf-8", newline="\n")
    return path


@pytest.mark.parametrize("config", [LARGE, variant("digits"), variant("Ti/16")])
def test_what_a_pass_costs_is_what_minivit_says(config):
    with v8(mathematics()) as run:
        found = run("multiplications", sizes(config))
    assert found == pytest.approx(cost(config, batch=1).forward_flops / 2, rel=0.01)


SAME = """() => {
  const t = new Trace(app.model, app.image);
  const kinds = [[app.trace.values, t.values]];
  if (app.state.view === "backward") {
    t.backward(dlogits_of(t.logits, app.loss));
    kinds.push([app.trace.gradients, t.gradients]);
  }
  let count = 0;
  for (const [found, here] of kinds) {
    if (Object.keys(found).join() !== Object.keys(here).join()) return "other arrays";
    for (const [name, { data, shape }] of Object.entries(here)) {
      const is_same = data.every((number, i) => number === found[name].data[i]);
      if (!is_same || shape.join() !== found[name].shape.join()) return name;
      count += data.length;
    }
  }
  return count;
}"""


def test_every_number_is_the_one_that_the_page_would_compute(opened, large_page):
    page = opened("overview", large_page)
    badge = page.locator(".badge")
    expect(badge).to_have_class(re.compile("agrees"))  # with minivit's own sums
    assert float(badge.get_attribute("data-worst")) < 1e-12
    page.goto(f"{large_page.as_uri()}#backward/logit-2")
    expect(page.locator("html")).to_have_attribute("data-view", "backward")
    assert page.evaluate(SAME) > 5e6
    assert page.evaluate(IN_WORKER)
    page.get_by_role("button", name="Check it").click()
    expect(page.locator(".checked b")).to_have_text(re.compile("Excellent|Right"))


def test_a_small_model_is_drawn_at_once(opened):
    page = opened("change")
    assert page.evaluate("""() => {
      location.hash = "#backward/i1";
      app.read();
      return document.documentElement.getAttribute("data-view") === "backward"
        && app.questions.waiting.size === 0 && !app.questions.has_begun;
    }""")


FRAMES_WHILE_BUSY = """async () => {
  let frames = 0;
  while (document.querySelector("[aria-busy=true]")) {
    await new Promise(requestAnimationFrame);
    frames += 1;
    if (frames === 20) break;
  }
  return frames;
}"""


def test_the_page_stays_awake_and_what_nobody_waits_for_is_given_up(opened, large_page):
    page = opened("why", large_page)  # some minutes of work
    compute = page.get_by_role("button", name="Compute it")  # there, if it takes half a minute
    compute.or_(page.locator("progress")).first.wait_for()
    if compute.count():
        compute.click()
    expect(page.locator("progress")).to_be_visible()
    assert page.evaluate(FRAMES_WHILE_BUSY) == 20
    page.wait_for_selector("progress[value]", state="attached")  # a block is through
    page.get_by_role("link", name="Logit lens").first.click()
    expect(page.locator("main h1")).to_contain_text("Logit lens")
    page.locator("[data-key=image-2]").click()
    expect(page.locator("html")).to_have_attribute("data-view", "lens")
    page.wait_for_selector("[data-key=image-2][aria-current]")
    expect(page.locator(".depths")).to_be_visible()
    assert page.evaluate(SAME) > 1e6
    assert not page.evaluate("[...app.questions.answers.keys()].some((key) => /reasons/.test(key))")


EDIT_TWICE = """() => {
  window.drawn = new Set();
  const note = () => window.drawn.add(document.querySelector("ANSWER")?.textContent);
  new MutationObserver(note).observe(app.main, { childList: true, subtree: true });
  const silence = (head) => document.querySelector(`[data-key=silence-7-${head}]`).click();
  silence(0);
  setTimeout(() => silence(1), 30);
}""".replace("ANSWER", ANSWER)
AFTER = """() => {
  const changes = [0, 1].map((head) => ({ kind: "head", block: 7, head }));
  const now = changed(app.model, app.image, changes, app.told.ink);
  const t = new Trace(now.model, now.image);
  const there = app.runs.after(app.state.image, changes);
  const loss = app.runs.usual_loss(app.state.image);
  const pull = t.backward(dlogits_of(t.logits, loss)).data;
  const told = app.runs.pull(app.state.image, changes, loss).data;
  return [pull.every((number, i) => number === told[i]),
    t.logits.data.every((number, i) => number === there.logits.data[i]),
    [...drawn].filter((text) => text !== undefined).length];
}"""


def test_of_two_quick_edits_the_last_is_drawn_alone(opened, large_page):
    page = opened("change/i1", large_page)
    expect(page.locator(".pull")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".pull canvas.picture")).to_have_count(1)
    page.evaluate(EDIT_TWICE)
    expect(page.locator("[data-key=silence-7-1]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".pull canvas.picture")).to_have_count(2)
    expect(page.locator(".pull")).to_have_attribute("aria-busy", "false")
    assert page.evaluate(AFTER) == [True, True, 1]
    page.get_by_role("button", name="As it was").click()
    expect(page.locator(".pull canvas.picture")).to_have_count(1)


def test_the_tour_waits_for_its_numbers_too(opened, large_page):
    page = opened("forward/tour-3", large_page)
    expect(page.locator("#tour-step")).to_contain_text("Step 3 of 8")
    page.locator(".tour [data-key=choice-0]").click()
    expect(page.locator(".told b").first).to_have_text(re.compile("Right.|Not here."))
    page.locator("[data-key='tour.next']").click()
    expect(page.locator("#tour-step")).to_be_focused()


def test_what_went_wrong_in_the_worker_is_said(opened, large_page):
    page = opened("model", large_page)
    page.evaluate("""() => {
      const part = element("div", { id: "tried" });
      app.main.append(part);
      draw_when_there(app, part, () => app.questions.ask(1, "nothing", []).answer);
    }""")
    expect(page.locator("#tried")).to_have_text(
        re.compile("This could not be worked out: TypeError: .*not a function")
    )
    page.locator("[data-key=image-1]").click()  # and the worker goes on
    page.wait_for_selector("[data-key=image-1][aria-current]")
    expect(page.locator(".view.model .panel").first).to_be_visible()


@pytest.mark.parametrize(
    "script",
    [
        "delete self.Worker",
        "self.Worker = class { constructor() { throw new DOMException('no', 'SecurityError'); } }",
        """self.Worker = class {
          constructor() { setTimeout(() => this.onerror(new ErrorEvent("error")), 50); }
          postMessage() {}
          terminate() {}
        }""",
    ],
)
def test_without_a_worker_the_page_computes_itself(script, opened, large_page):
    page = opened("backward/i1", large_page, script=script)
    expect(page.locator("html")).to_have_attribute("data-view", "backward")
    assert page.evaluate(SAME) > 5e6
    assert not page.evaluate("app.questions.works")
    page.get_by_role("link", name="Overview").click()
    expect(page.locator(".badge")).to_have_class(re.compile("agrees"))
    assert page.locator("[aria-busy=true]").count() == 0


def test_a_policy_without_workers_is_no_harm(browser, large_page, tmp_path):
    text = large_page.read_text("utf-8").replace("worker-src blob:", "worker-src 'none'")
    path = tmp_path / "page.html"
    path.write_text(text, "utf-8", newline="\n")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(f"{path.as_uri()}#overview")
    expect(page.locator(".badge")).to_have_class(re.compile("agrees"))
    assert not page.evaluate("app.questions.works")
    context.close()
