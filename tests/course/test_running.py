"""A lesson that is run, and what each of its cells leaves."""

import pytest
from course_samples import LESSON

from minivit.course.running import run_lesson
from minivit.errors import InputError


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
