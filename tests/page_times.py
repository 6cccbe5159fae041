"""How quick a page is in this machine's Chromium: python tests/page_times.py docs/digits.html

It opens the page without a network, several times, and prints medians: when the first view is
there, the longest piece of work until then and after, how long a move of the pointer over a map
takes, how long an edit of the image takes by itself, and until all that follows from it is drawn.
"""

import argparse
import shutil
import statistics
from pathlib import Path

from playwright.sync_api import sync_playwright

SIZE = {"width": 1280, "height": 1000}
OPENINGS = 5
SETTLED = 4_000  # ms after the first view

STALLS = """
window.stalls = [0];
new PerformanceObserver((list) => window.stalls.push(...list.getEntries().map((e) => e.duration)))
  .observe({ type: "longtask", buffered: true });
"""

HOVER = """
(map) => {
  const { left, top, width, height } = map.getBoundingClientRect(), times = [];
  for (let k = 0; k < 250; k++) {
    const clientX = left + width * (0.1 + 0.8 * ((k * 37) % 100) / 100);
    const clientY = top + height * (0.1 + 0.8 * ((k * 61) % 100) / 100);
    const start = performance.now();
    map.dispatchEvent(new PointerEvent("pointermove",
      { clientX, clientY, bubbles: true, pointerType: "mouse" }));
    times.push(performance.now() - start);
  }
  return times.slice(50);
}
"""

EDIT = """
async (k) => {
  const canvas = document.querySelector("canvas.painter");
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const clientX = left + width * (0.2 + 0.6 * ((k * 37) % 100) / 100);
  const clientY = top + height * (0.2 + 0.6 * ((k * 61) % 100) / 100);
  const next = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const start = performance.now();
  for (const kind of ["pointerdown", "pointerup", "click"])
    canvas.dispatchEvent(new PointerEvent(kind,
      { clientX, clientY, bubbles: true, pointerId: 1, button: 0, buttons: 1 }));
  const itself = performance.now() - start;
  await next();
  const drawn = performance.now() - start;
  while (document.querySelector("main [aria-busy=true]")) await next();
  return [itself, drawn, performance.now() - start];
}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    given = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = browser.new_context(offline=True, viewport=SIZE)
        context.set_default_timeout(180_000)
        context.add_init_script(STALLS)
        print(f"Chromium {browser.version}; {given.page}: {given.page.stat().st_size / 1e6:.2f} MB")
        for line in measured(context, given.page.resolve().as_uri()):
            print(line, flush=True)
        browser.close()


def opened(context, address):
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return page


def measured(context, address):
    """Line after line of what was found."""
    ready, stalls = [], []
    for _ in range(OPENINGS):
        page = opened(context, address)
        ready.append(page.evaluate("performance.now()"))
        page.wait_for_timeout(SETTLED)
        stalls.append(page.evaluate("Math.max(...window.stalls)"))
        elements = page.evaluate("document.querySelectorAll('*').length")
        page.close()
    yield f"first view       {of(ready)}, {elements} elements"
    yield f"longest work     {of(stalls)}"
    page = opened(context, f"{address}#forward/blocks.1.attention.scores/h1/2,3")
    cursor = page.locator("canvas.cursor").first
    cursor.wait_for()
    yield f"pointer moves    {of(cursor.evaluate(HOVER))}"
    page.close()
    page = opened(context, f"{address}#change")
    page.locator("canvas.painter").wait_for()
    edits = []
    for k in range(15):
        edits.append(page.evaluate(EDIT, k))
        page.wait_for_timeout(300)
    itself, drawn, all_drawn = zip(*edits[3:], strict=True)
    yield f"an edit          {of(itself)}; drawn {of(drawn)}, with all that follows {of(all_drawn)}"


def of(times):
    return f"{statistics.median(times):.4g} ms (at most {max(times):.4g})"


if __name__ == "__main__":
    main()
