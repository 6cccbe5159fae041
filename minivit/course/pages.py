"""Write lessons as pages: each is run, alone, and its page written as soon as it is through."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from minivit.course.cells import join
from minivit.course.exercises import open_exercises
from minivit.course.extras import need_for_pages
from minivit.course.lesson import Lesson
from minivit.course.running import run_lesson
from minivit.course.writing import check_room, write_new

INDEX = "index.html"


def write_pages(
    lessons: Sequence[Lesson], folder: Path, *, student: bool, whole: bool
) -> Iterator[tuple[Path, Lesson, str]]:
    """Yields (the page, its lesson, the error that stopped it or "") as each page is written.

    `whole`: they are the whole course, with links and, at the end, an index. InputError or
    OSError, before anything is run, when a package is missing, or a page is there already, or
    none can be written.
    """
    need_for_pages()
    from minivit.course.page import index_page, lesson_page

    folder.mkdir(parents=True, exist_ok=True)
    end = "_student.html" if student and not whole else ".html"
    pages = {lesson.stem: folder / (lesson.stem + end) for lesson in lessons}
    index = [folder / INDEX] if whole else []
    check_room([*pages.values(), *index])
    for lesson in lessons:
        cells = open_exercises(lesson.cells) if student else lesson.cells
        outputs = run_lesson(join(cells), lesson.path.name)
        page = lesson_page(lesson, cells, outputs, lessons if whole else ())
        write_new(pages[lesson.stem], page)
        yield pages[lesson.stem], lesson, outputs[-1].error if outputs else ""
    for path in index:
        write_new(path, index_page(lessons))
