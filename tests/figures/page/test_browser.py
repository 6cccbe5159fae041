"""The page in a real browser, if there is one: every view, by pointer and by keyboard."""

import re
from pathlib import Path

import numpy as np
import pytest
from in_browser import expect_address
from looked_at import build, images_for

from minivit import load_dataset, trace_names
from minivit.figures.page import Gallery, Shown, explainer_page

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
VIEWS = ("overview", "forward", "backward", "attention", "why", "change", "lens", "training",
         "model", "mistakes", "compare", "words")  # fmt: skip


def test_it_computes_what_minivit_computes(opened):
    for image in range(2):
        page = opened(f"overview/i{image}")
        badge = page.locator(".badge")
        expect(badge).to_have_class(re.compile("agrees"))
        assert float(badge.get_attribute("data-worst")) < 1e-12


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_fits_a_narrow_window(view, scheme, opened):
    page = opened(view, viewport={"width": 320, "height": 800}, color_scheme=scheme)
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(20, 22, 26)") == (scheme == "dark")
    assert page.evaluate("document.querySelectorAll('*').length") < 1500


def test_views_and_arrays_are_links_and_the_address_holds_the_state(opened):
    page = opened()
    page.get_by_role("link", name="Forward").first.click()
    page.wait_for_selector("h1:focus")
    page.get_by_role("link", name="block 0, MLP").click()
    page.get_by_role("link", name="h 17 × 128").click()
    expect_address(page, "forward/blocks.0.mlp.h")
    expect(page.locator(".formula .source")).to_have_text("h = gelu(z) = z · Phi(z)")
    page.go_back()
    page.wait_for_selector("text=y = x + out")
    page.get_by_role("link", name="image 1").click()
    page.wait_for_selector("[data-key=image-1][aria-current]")
    expect_address(page, "/i1")


SLOW = """const add = window.addEventListener;
window.addEventListener = (name, heard, ...options) => add.call(window, name,
  name === "hashchange" ? (event) => setTimeout(() => heard(event), 500) : heard, ...options);"""


def test_whoever_waits_for_an_address_waits_for_a_slow_page_too(opened):
    page = opened("overview", script=SLOW)
    page.get_by_role("link", name="Forward").first.click()
    expect_address(page, "forward")
    assert page.locator("html").get_attribute("data-view") == "forward"


def test_a_heat_map_by_keyboard(opened):
    page = opened("forward/blocks.0.attention.scores/h1/3,4")
    map = page.locator("canvas.cursor")
    map.focus()
    where = page.locator(".where b")
    moves = {"ArrowRight": "1, 3, 5", "ArrowDown": "1, 4, 5", "Home": "1, 4, 0",
             "End": "1, 4, 16", "PageUp": "1, 0, 16", "ArrowUp": "1, 0, 16"}  # fmt: skip
    for key, index in moves.items():
        page.keyboard.press(key)
        expect(where).to_have_text(f"scores[{index}]", use_inner_text=True)
    page.keyboard.press("/")
    page.keyboard.type("2,7,5,1")
    page.keyboard.press("Enter")
    expect(page.locator(".heat [role=status]")).to_have_text(
        "“2,7,5,1” is no place in blocks.0.attention.scores. Type 3 whole numbers (head, query, "
        "key), each from 0 to below that of 4 × 17 × 17."
    )
    for typed in ("2,17,0", "x, 1, 1", "5", ""):
        page.locator(".go-to").fill(typed)
        page.keyboard.press("Enter")
        expect(page.locator(".heat [role=status]")).to_contain_text(f"“{typed}” is no place")
    page.locator(".go-to").fill("scores[3, 0, 7]")
    page.keyboard.press("Enter")
    expect(where).to_have_text("scores[3, 0, 7]", use_inner_text=True)
    expect_address(page, "/h3/0,7")
    page.wait_for_selector("canvas.cursor:focus")
    for typed, index in (("1,0,7", "1, 0, 7"), ("2 7", "1, 2, 7")):
        page.keyboard.press("/")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        expect(where).to_have_text(f"scores[{index}]", use_inner_text=True)
        page.wait_for_selector("canvas.cursor:focus")
    expect_address(page, "/h1/2,7")
    page.wait_for_selector("#live:has-text('scores 1, 2, 7')", state="attached")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:has-text('q')")
    expect_address(page, "blocks.0.attention.q/h1/2,0")


def test_what_is_said_of_a_number_is_the_number(opened):
    page = opened("forward/blocks.0.mlp.z/5,7")
    number, total = (page.locator(one).inner_text() for one in (".number", ".sum .total td"))
    assert number == total
    map = page.locator("canvas.cursor")
    box = map.bounding_box()
    map.hover(position={"x": box["width"] - 5, "y": box["height"] - 5})
    expect(page.locator(".where b")).to_have_text("z[16, 127]", use_inner_text=True)
    expect(page.locator(".number")).not_to_have_text(number, use_inner_text=True)


def test_gradients_are_checked_in_gradchecks_words(opened):
    page = opened("backward/blocks.0.attention.w_qkv/3,100/logit-4")
    page.get_by_role("button", name="Check it").click()
    expect(page.locator(".checked")).to_have_text(re.compile("Excellent|Right"))
    page.get_by_role("button", name="cross-entropy").click()
    page.wait_for_selector("button[aria-pressed=true]:has-text('cross-entropy')")
    expect_address(page, f"cross-entropy-{page.evaluate('app.images.told(0).label')}")
    page.locator("canvas.cursor").focus()
    page.keyboard.press("c")
    expect(page.locator(".checked")).to_have_text(re.compile("Excellent|Right"))
    page.keyboard.press("g")
    page.wait_for_selector("html[data-view=forward]")


FRAMES = """async () => {
  for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame);
}"""


def test_g_goes_to_the_gradient_of_the_same_number_and_back(opened):
    page = opened("forward/blocks.0.attention.v/h2/5,7")
    page.locator("canvas.cursor").focus()
    page.evaluate(FRAMES)
    page.locator(".heat").evaluate("(one) => one.scrollIntoView({ block: 'center' })")
    top = page.locator(".heat").bounding_box()["y"]
    for view, name in (("backward", "d v"), ("forward", "v"), ("backward", "d v")):
        page.keyboard.press("g")
        page.wait_for_selector(f"html[data-view={view}]")
        page.wait_for_selector("canvas.cursor:focus")
        expect(page.locator(".where b")).to_have_text(f"{name}[2, 5, 7]", use_inner_text=True)
        page.evaluate(FRAMES)
        assert abs(page.locator(".heat").bounding_box()["y"] - top) < 2


def test_attention_by_pointer_and_keyboard(opened):
    page = opened("attention/b0")
    told = page.locator(".where")
    expect(told).to_have_text("token 0 (cls)", use_inner_text=True)
    cls = page.get_by_role("button", name="cls token")
    expect(cls).to_have_attribute("aria-pressed", "true")
    expect(page.locator("h2", has_text="Block 0, head 0: the tokens in rows ask")).to_be_visible()
    page.locator("canvas.picker").focus()
    page.keyboard.press("ArrowRight")
    expect(cls).to_have_attribute("aria-pressed", "false")
    expect(told).to_have_text("token 2 (patch 1: row 0, column 1)", use_inner_text=True)
    expect_address(page, "/t2")
    page.locator("canvas.cursor").focus()
    page.keyboard.press("ArrowDown")
    expect(told).to_have_text("token 3 (patch 2: row 0, column 2)", use_inner_text=True)
    page.locator("canvas.picker").click(position={"x": 5, "y": 180})
    expect(told).to_have_text("token 13 (patch 12: row 3, column 0)", use_inner_text=True)
    page.get_by_role("link", name="who asks this token").click()
    page.wait_for_selector("text=cls gives it")
    page.get_by_role("link", name="one for each head").click()
    page.wait_for_selector("[aria-current]:has-text('one for each head')")
    expect_address(page, "/t13/from-keys/own-scales")
    page.locator("canvas.cursor").focus()
    for key in ["ArrowUp"] * 17 + ["ArrowDown"] * 3 + ["Home", "ArrowRight", "ArrowRight"]:
        page.keyboard.press(key)
    link = page.get_by_role("link", name="Open it in Forward")
    expect(link).to_have_attribute("href", "#forward/blocks.0.attention.probs/3,2")
    link.click()
    expect_address(page, "forward/blocks.0.attention.probs/3,2")
    expect(page.locator(".where b")).to_have_text("probs[0, 3, 2]", use_inner_text=True)


def test_why_asks_in_seven_ways_and_integrated_gradients_add_up(opened):
    page = opened("why/logit-3")
    page.wait_for_selector(".results[aria-busy=false]")
    expect(page.locator(".results .tile")).to_have_count(7)
    words = page.locator("text=Integrated gradients add up to").inner_text()
    sum_, difference = re.findall(r"(?:up to|x₀, is) (\S*\d)", words)
    assert sum_[:7] == difference[:7]
    diagonal = page.locator(".numbers tbody tr").nth(2).locator("td").nth(2)
    expect(diagonal).to_have_text("1.00", use_inner_text=True)
    page.get_by_label("Score of").select_option("5")
    page.wait_for_selector(".results[aria-busy=false]")
    expect_address(page, "why/logit-5")


def test_why_that_takes_long_begins_when_it_is_asked_for(opened):
    page = opened("overview")
    page.evaluate("app.runs.patience = () => 7150")  # as if it took nearly two hours
    page.get_by_role("link", name="Why this class").first.click()
    page.wait_for_selector("html[data-view=why]")
    passes = 32 + 8 * 17  # 32 nodes; 16 patches and the image, for occlusion and seven curves
    playwright.expect(page.locator(".results")).to_contain_text(
        f"takes {passes} passes through the model, which is at least 120 min here"
    )
    page.get_by_role("button", name="Compute it").click()
    playwright.expect(page.locator(".results")).to_have_attribute("aria-busy", "false")
    playwright.expect(page.locator(".results .tile")).to_have_count(7)


def test_changes_are_seen_at_once_and_undone(opened):
    page = opened("change")
    before = page.locator(".numbers").inner_text()
    undo = page.get_by_role("button", name="Undo")
    assert undo.is_disabled()
    page.locator("canvas.painter").click(position={"x": 100, "y": 100})
    expect(page.locator(".numbers")).not_to_have_text(before, use_inner_text=True)
    painted = page.locator(".numbers").inner_text()
    expect(page.locator(".change-desk li.quiet")).to_have_text("pixel in row 2, column 2: ink")
    page.locator("canvas.painter").focus()
    for key in ("ArrowDown", "ArrowRight", " "):
        page.keyboard.press(key)
    expect(page.locator(".change-desk")).to_contain_text("pixel in row 3, column 3")
    page.locator("[data-key=silence-0-1]").click()
    page.get_by_role("button", name="Drop the positions").click()
    page.get_by_label("parameter").select_option("head.b")
    page.get_by_label("index").fill("3")
    value = page.get_by_label("value")
    assert value.evaluate("one => one.scrollWidth <= one.clientWidth")  # no digit is cut off
    value.fill("50")
    page.get_by_role("button", name="Set it").click()
    expect(page.locator(".change .says")).to_contain_text("Now it says 3")
    page.get_by_label("value").fill("much")
    page.get_by_role("button", name="Set it").click()
    expect(page.locator(".change-desk")).to_contain_text("no number")
    for _ in range(4):
        undo.click()
    expect(page.locator(".numbers")).to_have_text(painted, use_inner_text=True)
    page.get_by_role("button", name="As it was").click()
    expect(page.locator(".numbers")).to_have_text(before, use_inner_text=True)


def test_the_lens_by_keyboard_and_its_last_row_is_the_answer(opened):
    page = opened("lens/1,4")
    page.wait_for_selector(".made .number")
    expect(page.locator(".made h2")).to_have_text("block 0: Attention", use_inner_text=True)
    page.locator("canvas.cursor").focus()
    page.keyboard.press("ArrowDown")
    expect_address(page, "lens/2,4")
    expect(page.locator(".made h2")).to_have_text("block 0: MLP", use_inner_text=True)
    p = float(page.locator(".made .number").inner_text())
    assert p == pytest.approx(page.evaluate("probabilities(app.trace.logits)[4]"), rel=1e-5)
    expect(page.locator(".depths tbody tr")).to_have_count(3)
    expect(page.locator(".depths th").last).to_have_text("block 0: MLP", use_inner_text=True)
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-view=forward]")
    expect_address(page, "forward/blocks.0.mlp.y")
    page.get_by_role("link", name="Logit lens").click()
    page.wait_for_selector("html[data-view=lens]")
    label = page.evaluate("app.images.told(0).label")
    page.wait_for_selector(".made .number")  # the cursor begins at the label, in the last row
    expect_address(page, f"#lens/2,{label}")


def test_mistakes_by_keyboard_and_pointer(opened):
    page = opened("mistakes/3,5")
    counts = page.evaluate(
        "[...confusion(app.told.gallery.labels, app.told.gallery.said, 10).data]"
    )
    fullest = int(np.argmax(counts))
    row, column = divmod(fullest, 10)
    page.wait_for_selector("text=It is 3, and is said to be 5")
    page.locator("canvas.cursor").focus()
    for _ in range(abs(row - 3)):
        page.keyboard.press("ArrowDown" if row > 3 else "ArrowUp")
    page.keyboard.press("Home")
    for _ in range(column):
        page.keyboard.press("ArrowRight")
    expect_address(page, f"mistakes/{row},{column}")
    expect(page.locator(".listed a")).to_have_count(int(counts[fullest]))
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_selector(".listed a[aria-current=true]")
    said = page.evaluate("[app.images.told(app.state.image), largest_at(app.trace.logits.data)]")
    assert said[0]["label"] == row and said[0]["said"] == said[1] == column
    box = page.locator("canvas.cursor").bounding_box()
    page.locator("canvas.cursor").click(position={"x": 45, "y": box["height"] - 8})
    page.wait_for_selector("text=It is 9, and is said to be 0")


def test_mistakes_open_at_the_cell_of_the_image(opened):
    page = opened("mistakes")
    for image in (0, 1):
        label = page.evaluate(f"app.images.told({image}).label")
        said = page.evaluate("largest_at(app.trace.logits.data)")
        expect_address(page, f"mistakes/{label},{said}")
        page.locator("canvas.cursor").focus()
        page.keyboard.press("ArrowLeft" if said else "ArrowRight")  # leave the cell
        expect(page).not_to_have_url(re.compile(f"mistakes/{label},{said}"))
        page.locator(f"[data-key=image-{1 - image}]").first.click()
        page.wait_for_selector(f"[data-key=image-{1 - image}][aria-current]")


def test_counts_and_classes_stand_at_the_confusion_matrix(opened, tmp_path):
    model = build(depth=1)
    model.class_names = ["ankle boot", "a very long name of a class", "bag"]
    images = images_for(model, 4)
    gallery = Gallery(np.arange(4), images, np.array([0, 1, 2, 2]), 4)
    path = tmp_path / "page.html"
    page = explainer_page(model, [Shown("x", images[0], 0)], name="run", gallery=gallery)
    path.write_text(page, "utf-8", newline="\n")
    page = opened("mistakes", path=path)
    names = page.evaluate("app.map.names.rows")
    legend = page.locator(".legend span").all_inner_texts()
    assert all(re.fullmatch(r"\d|from \d to \d", one) for one in legend)
    assert names == ["ankle boot", "a very long n…", "bag"]


def test_an_image_of_the_gallery_in_every_view(opened):
    page = opened("overview/i9")  # the eighth test image, behind the two that are shown
    expect(page.locator(".panel h2").first).to_have_text("test image 7", use_inner_text=True)
    expect(page.locator(".badge")).to_have_class(re.compile("agrees"))
    for view in VIEWS:
        page.locator(f"[data-key=view-{view}]").click()
        page.wait_for_selector(f"html[data-view={view}]")
        expect(page.locator("[data-key=image-9]")).to_have_attribute("aria-current", "true")
        expect_address(page, "/i9")
    pixels = page.evaluate("[...app.image.data]")
    assert np.array_equal(pixels, load_dataset("digits").test.images[7].ravel())


@pytest.mark.parametrize("address", ["nothing", "forward/no.such.array/h9/99,99/i7/logit-77",
                                     "backward//x/%3Cscript%3E", "%"])  # fmt: skip
def test_an_address_that_makes_no_sense_shows_something(address, opened):
    page = opened(address)
    expect(page.locator("h1")).to_have_count(1)


def test_files_are_saved_by_buttons(opened):
    page = opened("forward/blocks.0.mlp.h/5,7")
    page.wait_for_selector(".number")
    for button, name, start in (("Save PNG", "blocks.0.mlp.h.png", b"\x89PNG"),
                                ("Save CSV", "blocks.0.mlp.h.csv", b"0,"),
                                ("Save pipeline.svg", "pipeline.svg", b"<svg")):  # fmt: skip
        with page.expect_download() as saved:
            page.get_by_role("button", name=button).click()
        assert saved.value.suggested_filename == name
        content = Path(saved.value.path()).read_bytes()
        assert content.startswith(start) and len(content) > 300


def test_dark_by_a_switch(opened):
    page = opened("overview", color_scheme="light")
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 26)"


OPEN_ALL = """async () => {
  const counts = {};
  for (const view of ["forward", "backward"]) {
    counts[view] = 0;
    for (const name of [...Object.keys(app.trace.values), ...Object.keys(app.model.parameters)]) {
      history.replaceState(null, "", `#${view}/${name}`);
      app.read();
      await new Promise((done) => setTimeout(done));
      const shown = document.querySelector(".array h2 code").textContent;
      counts[view] += shown === name && document.querySelectorAll(".made .number").length;
    }
  }
  return counts;
}"""


@pytest.mark.parametrize("changes", [
    {"pool": "sequence", "norm_after_pool": True, "depth": 1, "patch_norm": True, "pre_logits": 5},
    {"channels": 3, "positions": "learned-2d", "pool": "mean", "depth": 1,
     "positions_at": "every-layer-shared"},
])  # fmt: skip
def test_every_array_of_other_models_opens(changes, opened, tmp_path):
    model = build(**changes)
    model.class_names = ["</script>", '"><img src=x onerror=alert(1)>', "\u202egnp"]
    path = tmp_path / "page.html"
    images = [Shown("a" * 300, images_for(model, 1)[0], None)]
    path.write_text(explainer_page(model, images, name="<b>"), "utf-8", newline="\n")
    page = opened("backward", path=path)
    counts = page.evaluate(OPEN_ALL)
    arrays = len(model.layout.shapes) + len(trace_names(model.config))
    assert counts == {"forward": arrays, "backward": arrays}


def test_a_cursor_that_comes_late_does_not_take_the_address_back(opened):
    page = opened("backward")
    page.wait_for_selector(".made .number")
    page.evaluate("location.hash = '#overview'; app.stay({ cell: [3, 4] })")  # before it is read
    page.wait_for_selector("html[data-view=overview]")
    expect_address(page, "#overview")
    page.wait_for_selector(".badge.agrees")


def test_a_difference_that_is_there_is_not_told_as_nothing(opened):
    tell = "pairs => pairs.map((pair) => points_text(...pair))"
    pairs = [(0.5, 0.5), (0.1, 0.3601), (0.018, 0.0245), (0.5, 0.502), (0.5, 0.49966), (0, 2e-8)]
    told = opened("change").evaluate(tell, pairs)  # with a digit more than 1.8 % and 2.5 % have
    assert told == ["0", "+26.0", "+0.65", "+0.2", "−0.034", "+2.0e−6"]


def test_the_links_to_the_views_stay_where_they_are(opened):
    page = opened()
    left = "all => all.map((one) => one.getBoundingClientRect().left)"
    places = page.locator("nav a").evaluate_all(left)
    for view in ("attention", "why"):
        page.locator(f"[data-key=view-{view}]").click()
        page.wait_for_selector(f"html[data-view={view}]")
        assert page.locator("nav a").evaluate_all(left) == places


def test_ticks_are_round(opened):
    ticks = opened().evaluate("[2.28, 1, 4.02, 0.0123, 0].map((most) => round_ticks(most))")
    assert ticks == [
        [0, 0.5, 1, 1.5, 2], [0, 0.25, 0.5, 0.75, 1], [0, 1, 2, 3, 4],
        [0, 0.0025, 0.005, 0.0075, 0.01], [0],
    ]  # fmt: skip


@pytest.mark.parametrize("width", [400, 1280])
def test_a_table_of_numbers_around_the_cursor_is_whole(width, opened):
    page = opened("forward/blocks.0.attention.probs/9,9", viewport={"width": width, "height": 800})
    page.wait_for_selector(".made .number")
    page.get_by_text("As a table, around the cursor").click()
    table = page.locator(".scroll:has(table.numbers)")
    expect(table.locator("thead th", has_text=re.compile("^9$"))).to_be_visible()
    assert table.evaluate("(one) => one.scrollWidth <= one.clientWidth")


def test_green_rows_of_the_lens_are_explained(opened):
    page = opened("lens")
    expect(page.locator(".lens")).to_contain_text("In rows on green it says the image's class.")
