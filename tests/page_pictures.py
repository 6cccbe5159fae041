"""The README's pictures of a page: python tests/page_pictures.py docs/digits.html docs

It opens two views of the page in Chromium, without a network, and writes a part of each as a PNG.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

VIEWS = {  # a file: what is opened, and which part of it is shown
    "page-forward.png": ("forward/blocks.1.attention.scores/h2/5,7", ".array"),
    "page-why.png": ("why", ".results > .panel"),
}
SIZE = {"width": 1400, "height": 860}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = browser.new_context(offline=True, viewport=SIZE, color_scheme="light")
        context.set_default_timeout(180_000)  # a machine may be busy with much else
        for name, (address, part) in VIEWS.items():
            page = context.new_page()
            page.goto(f"{given.page.resolve().as_uri()}#{address}")
            page.wait_for_selector("html[data-ready]")
            page.wait_for_timeout(3000)  # maps and curves come behind the first picture
            page.locator(part).first.screenshot(path=given.folder / name)
        browser.close()


if __name__ == "__main__":
    main()
