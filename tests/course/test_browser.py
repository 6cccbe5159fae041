"""The pages in a real browser, if there is one: dark and light, wide and narrow, and no network."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from course_samples import LESSON
from PIL import Image

from minivit.course.finding import find_lesson, lesson_files
from minivit.course.lesson import read_lesson
from minivit.course.running import run_lesson

pytest.importorskip("latex2mathml")
pytest.importorskip("markdown_it")
pytest.importorskip("mdit_py_plugins")
pytest.importorskip("pygments")
from minivit.course.page import index_page, lesson_page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAPER = {"light": (0xFD, 0xFD, 0xFB), "dark": (0x16, 0x18, 0x1C)}  # of page.css
# What the browser finds of a page, told in its title.
MEASURE = """<script>addEventListener("load", () => {
  const pictures = [...document.images].filter(i => i.complete && i.naturalWidth > 0).length;
  const formulas = [...document.querySelectorAll("math")].map(m => m.getBoundingClientRect());
  document.title = JSON.stringify([document.documentElement.scrollWidth - innerWidth, pictures,
    document.images.length, formulas.filter(r => r.width > 0 && r.height > 0).length,
    formulas.length, performance.getEntriesByType("resource").filter(
      e => !e.name.startsWith("data:")).length]);
})</script>"""

pytestmark = pytest.mark.lessons


@pytest.fixture
def browser(tmp_path):
    """Runs a headless browser on a file, returns what it prints."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not program:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")

    def run(path: Path, *options: str) -> str:
        quiet = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
                 "--disable-background-networking", "--disable-component-update")  # fmt: skip
        done = subprocess.run(
            [program, "--headless", "--no-sandbox", *quiet, f"--user-data-dir={tmp_path / 'user'}",
             *options, path.as_uri()],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "07_sums.py"
    path.write_text(LESSON, "utf-8")
    return read_lesson(path)


def measured(browser, page: str, folder: Path, width: int) -> list[int]:
    path = folder / "measured.html"
    path.write_text(page.replace("</body>", f"{MEASURE}</body>"), "utf-8")
    found = browser(path, f"--window-size={width},900", "--dump-dom")
    return [int(number) for number in re.findall(r"<title>\[(.*?)\]", found)[0].split(",")]


@pytest.mark.parametrize("width", [500, 800, 1500])
def test_a_page_fits_its_window(width, browser, sample, tmp_path):
    page = lesson_page(sample, sample.cells, run_lesson(LESSON, "07_sums.py"))
    over, pictures, images, drawn, formulas, fetched = measured(browser, page, tmp_path, width)
    assert over <= 0 and fetched == 0
    assert pictures == images == 1 and drawn == formulas >= 1
    assert measured(browser, index_page([sample]), tmp_path, width)[0] <= 0


@pytest.mark.parametrize("key", lesson_files())
def test_every_lessons_page_fits_a_narrow_window(key, browser, tmp_path):
    lesson = find_lesson(key)
    over, *_, drawn, formulas, fetched = measured(
        browser, lesson_page(lesson, lesson.cells, []), tmp_path, 500
    )
    assert over <= 0 and fetched == 0 and drawn == formulas


@pytest.mark.parametrize("scheme", PAPER)
def test_a_page_is_dark_where_dark_is_preferred(scheme, browser, sample, tmp_path):
    path, picture = tmp_path / "page.html", tmp_path / "page.png"
    path.write_text(lesson_page(sample, sample.cells, []), "utf-8")
    preferred = f"--blink-settings=preferredColorScheme={int(scheme == 'light')}"
    browser(path, preferred, f"--screenshot={picture}", "--window-size=800,600")
    with Image.open(picture) as image:
        assert image.convert("RGB").getpixel((2, 2)) == PAPER[scheme]
