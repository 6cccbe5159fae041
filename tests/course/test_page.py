"""A lesson as one page, put together."""

import re
from html.parser import HTMLParser

import pytest
from course_samples import LESSON

from minivit.course.exercises import open_exercises
from minivit.course.lesson import read_lesson
from minivit.course.running import Output, run_lesson

pytest.importorskip("latex2mathml")
pytest.importorskip("markdown_it")
pytest.importorskip("mdit_py_plugins")
pytest.importorskip("pygments")
from minivit.course.page import code_block, index_page, lesson_page


@pytest.fixture
def lesson(tmp_path):
    path = tmp_path / "07_sums.py"
    path.write_text(LESSON, "utf-8")
    return read_lesson(path)


class Balance(HTMLParser):
    """Fails where elements are not closed in order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.ids, self.targets = [], [], []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        self.ids += [facts["id"]] if "id" in facts else []
        self.targets += [facts[name] for name in ("href", "src") if name in facts]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def words(page: str) -> str:
    """The page without its markup."""
    return re.sub(r"<[^>]*>", "", page)


def test_the_page_needs_nothing_but_itself(lesson):
    page = lesson_page(lesson, lesson.cells, run_lesson(LESSON, "07_sums.py"))
    found = Balance(page)
    assert {target.partition(":")[0] for target in found.targets if ":" in target} == {"data"}
    assert not re.search(r"<script|@import|url\(", page)
    inner = [target[1:] for target in found.targets if target.startswith("#")]
    assert set(inner) <= set(found.ids) and "exercises" in inner
    assert len(found.ids) == len(set(found.ids))
    assert "<title>sums, and why - minivit</title>" in page
    assert 'alt="Nothing but black"' in page and "prefers-color-scheme: dark" in page


def test_answers_are_folded_and_complete(lesson):
    page = lesson_page(lesson, lesson.cells, [])
    assert page.count("<details>") == 2
    assert "SOLUTION" not in page and "c = a + b" in words(page) and "return" in page


def test_words_of_code_are_told_apart():
    shown = code_block('def f(x):\n    return len("<" + x)  # so')
    for name, word in {"k": "def", "nf": "f", "nb": "len", "c1": "# so"}.items():
        assert f'<span class="{name}">{word}</span>' in shown
    assert "&lt;" in shown and shown.count("\n") == 1


def test_a_students_page_stops_at_its_first_open_exercise(lesson):
    cells = open_exercises(lesson.cells)
    outputs = run_lesson("".join(cell.source for cell in cells), "07_sums.py")
    assert outputs[-1].error == 'NotImplementedError: exercise 7.1: Add "two" numbers'
    page = lesson_page(lesson, cells, outputs)
    Balance(page)
    assert "c = a + b" not in words(page) and "<details>" not in page
    assert "output error" in page and "7.2 is right</pre>" not in page


def test_pages_of_a_course_lead_to_each_other(lesson):
    others = [lesson._replace(path=lesson.path.with_name(f"{n}.py")) for n in ("02_a", "09_b")]
    course = [others[0], lesson, others[1]]
    found = Balance(lesson_page(lesson, lesson.cells, [Output()], course))
    assert {"index.html", "02_a.html", "09_b.html"} <= set(found.targets)
    found = Balance(index_page(course))
    assert {"02_a.html", "07_sums.html", "09_b.html"} == set(found.targets) - {"#main"}
