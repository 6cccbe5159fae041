"""A percent file in cells, and back."""

import pytest
from course_samples import LESSON
from hypothesis import given
from hypothesis import strategies as st

from minivit.course.cells import join, read_cells

LINES = st.sampled_from(
    ["# %%", "# %% [markdown]", "# %% title", "# prose", "#", "x = 1", "", " y"]
)


def test_cells_of_a_lesson():
    cells = read_cells(LESSON)
    assert [cell.kind for cell in cells] == ["markdown", "code"] * 4 + ["code"]
    assert cells[0].text.startswith("# Lesson 7: sums, and *why*\n\n*25 minutes;")
    assert cells[0].text.endswith("| B | images |")
    assert cells[1].text.startswith("from pathlib") and cells[1].text.endswith('{total}")')
    lines = LESSON.split("\n")
    assert all(lines[cell.line - 1].startswith("# %%") for cell in cells)


@given(st.lists(LINES).map("\n".join))
def test_cells_one_after_the_other_are_the_file(text):
    cells = read_cells(text)
    assert join(cells) == text
    marks = sum(line.startswith("# %%") for line in text.split("\n"))
    assert len(cells) - marks in (0, 1)


@pytest.mark.parametrize("text", ["x = 1\n", "\n\nx = 1\n# %%\ny = 2\n"])
def test_what_stands_above_the_first_mark_is_code(text):
    first = read_cells(text)[0]
    assert (first.kind, first.text, first.line) == ("code", "x = 1", 1)
