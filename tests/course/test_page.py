"""A lesson as one page, run and put together."""

import re
from html.parser import HTMLParser

import pytest
from course_samples import LESSON

from minivit.course.exercises import open_exercises
from minivit.course.lesson import read_lesson
from minivit.course.page import index_page, lesson_page
from minivit.course.running import Output, run_lesson
from minivit.errors import InputError


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


def test_a_lesson_is_run_cell_by_cell():
    outputs = run_lesson(LESSON, "07_sums.py")
    assert [output.text for output in outputs] == [
        "the sum is 3", "before", "7.1 is right", "", "7.2 is right",
    ]  # fmt: skip
    (figure,) = outputs[1].figures
    assert figure.caption == "Nothing but black" and figure.png.startswith("iVBOR")
    assert not any(output.error for output in outputs)


def test_a_lesson_that_fails_shows_where():
    outputs = run_lesson(
        "# %%\nx = 1\n\n# %%\n\ndef f():\n    assert x == 2, 'no'\n\n\nf()\n# %%\n", "a.py"
    )
    assert len(outputs) == 2 and outputs[1].error == "AssertionError: no"
    assert 'File "a.py", line 10' in outputs[1].text and "assert x == 2, 'no'" in outputs[1].text
    assert "execute.py" not in outputs[1].text


def test_a_lesson_that_ends_its_process_is_a_sentence():
    with pytest.raises(
        InputError, match=r"a\.py ended its process before it was through: exit cod"
    ):
        run_lesson("# %%\nimport os\nos._exit(3)\n", "a.py")


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
    assert "SOLUTION" not in page and "c = a + b" in page and "return" in page


def test_a_students_page_stops_at_its_first_open_exercise(lesson):
    cells = open_exercises(lesson.cells)
    outputs = run_lesson("".join(cell.source for cell in cells), "07_sums.py")
    assert outputs[-1].error == 'NotImplementedError: exercise 7.1: Add "two" numbers'
    page = lesson_page(lesson, cells, outputs)
    Balance(page)
    assert "c = a + b" not in page and "<details>" not in page
    assert "output error" in page and "7.2 is right</pre>" not in page


def test_pages_of_a_course_lead_to_each_other(lesson):
    others = [lesson._replace(path=lesson.path.with_name(f"{n}.py")) for n in ("02_a", "09_b")]
    course = [others[0], lesson, others[1]]
    found = Balance(lesson_page(lesson, lesson.cells, [Output()], course))
    assert {"index.html", "02_a.html", "09_b.html"} <= set(found.targets)
    found = Balance(index_page(course))
    assert {"02_a.html", "07_sums.html", "09_b.html"} == set(found.targets) - {"#main"}
