"""The course: list its lessons, or write one as a script, a notebook or a page."""

import argparse
from pathlib import Path

from minivit.cli.arguments import one_of
from minivit.cli.printing import complain
from minivit.errors import InputError

HELP = "list the lessons, or write one as a script, a notebook or a page"
GRADERS = ("nbgrader", "otter")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "lessons",
        metavar="LESSON",
        nargs="*",
        help="a lesson to write into the current folder, by its number (06), its topic or its "
        "file's name (default: list them all)",
    )
    parser.add_argument(
        "--student",
        action="store_true",
        help="leave the exercises open: in place of each answer stands a line that names the "
        "exercise and stops there (default: with the answers)",
    )
    parser.add_argument(
        "--notebook",
        action="store_true",
        help="write a Jupyter notebook; needs the extra minivit[notebook] (default: a script)",
    )
    parser.add_argument(
        "--outputs",
        action="store_true",
        help="run the notebook, and keep what it prints and draws (default: without outputs)",
    )
    parser.add_argument(
        "--for",
        dest="grader",
        type=one_of(GRADERS),
        metavar="GRADER",
        help="nbgrader or otter: the form of notebook that its grader makes the students' and the "
        "graded notebooks of (default: neither)",
    )
    parser.add_argument(
        "--html",
        nargs="?",
        const="",
        metavar="DIR",
        help="run the lesson and write it as a page: prose left, code and its output right; into "
        "DIR, or else the current folder; needs the extra minivit[html]. Without LESSON: the whole "
        "course into DIR, with an index",
    )


def run(arguments: argparse.Namespace) -> int:
    """1 when a lesson that was run stopped with an error, else 0."""
    check(arguments)
    if arguments.html is not None:
        return write_html(arguments)
    if not arguments.lessons:
        print(listing())
        return 0
    return write_files(arguments)


def check(arguments: argparse.Namespace) -> None:
    """InputError for options that don't go together."""
    if arguments.html is not None and arguments.notebook:
        raise InputError("--html and --notebook are two forms; leave one out")
    if not arguments.notebook and (arguments.outputs or arguments.grader):
        name = "--outputs" if arguments.outputs else "--for"
        raise InputError(f"{name} is said of a notebook; add --notebook, or leave {name} out")
    if arguments.grader and (arguments.student or arguments.outputs):
        name = "--student" if arguments.student else "--outputs"
        raise InputError(
            f"{arguments.grader} takes answers and outputs out itself; leave {name} out"
        )
    if arguments.lessons:
        return
    if arguments.html is None and (arguments.student or arguments.notebook):
        raise InputError("which lesson? `minivit lessons` lists them; then name one, e.g. 00")
    if arguments.html == "":
        raise InputError("--html needs a lesson, or a folder for the pages of the whole course")


def listing() -> str:
    """A line for each lesson: how it is called, its title, its minutes, what it builds on."""
    from minivit.cli.tables import table
    from minivit.course.finding import all_lessons
    from minivit.course.lesson import plain

    rows = [("lesson", "about", "minutes", "builds on")]
    for lesson in all_lessons():
        minutes = str(lesson.minutes or "-")
        rows.append((lesson.key, plain(lesson.title), minutes, ", ".join(lesson.builds_on) or "-"))
    return (
        f"{table(rows, '<<><')}\n\n`minivit lessons 00` writes lesson 0 into this folder; "
        "`minivit lessons --help` tells of notebooks and pages."
    )


def write_files(arguments: argparse.Namespace) -> int:
    """Scripts or notebooks, into the current folder."""
    from minivit.course.exercises import student_copy
    from minivit.course.writing import check_room, write_new
    from minivit.files import typed

    kind = ("_student" if arguments.student else "") + (".ipynb" if arguments.notebook else ".py")
    files = {Path(lesson.stem + kind): lesson for lesson in chosen(arguments.lessons)}
    check_room(files)
    code = 0
    for path, lesson in files.items():
        error = ""
        if arguments.notebook:
            text, error = notebook_text(lesson, arguments)
        else:
            text = student_copy(lesson.cells) if arguments.student else lesson.text
        write_new(path, text)
        print(f"{typed(path)}: {lesson.name}, {lesson.title}")
        code |= report(lesson, error, arguments.student)
    return code


def write_html(arguments: argparse.Namespace) -> int:
    """One page for each lesson, or those of the whole course."""
    from minivit.course.finding import all_lessons
    from minivit.course.pages import write_pages
    from minivit.files import typed

    lessons = chosen(arguments.lessons) or all_lessons()
    folder, whole, code = Path(arguments.html), not arguments.lessons, 0
    if whole and not folder.exists():
        refuse_a_lesson(arguments.html)
    for path, lesson, error in write_pages(lessons, folder, student=arguments.student, whole=whole):
        print(f"{typed(path)}: {lesson.name}, {lesson.title}", flush=True)
        code |= report(lesson, error, arguments.student)
    if whole:
        print(f"{typed(folder / 'index.html')}: where to begin")
    return code


def refuse_a_lesson(folder: str) -> None:
    """InputError where --html was given a lesson for a folder."""
    from minivit.course.finding import find_lesson

    try:
        lesson = find_lesson(folder) if Path(folder).name == folder else None
    except InputError:
        return
    if lesson:
        raise InputError(
            f"--html {folder} would write the whole course into a folder {folder}; for the page of "
            f"{lesson.name} name it first, `minivit lessons {folder} --html`"
        )


def chosen(names: list[str]) -> list:
    """The lessons of these names, each once; InputError for an unknown one."""
    from minivit.course.finding import find_lesson

    return list({lesson.stem: lesson for lesson in map(find_lesson, names)}.values())


def notebook_text(lesson, arguments: argparse.Namespace) -> tuple[str, str]:
    """A notebook's text, and the error that stopped it if it was run."""
    from minivit.course.notebook import as_text, notebook

    made, error = notebook(lesson, student=arguments.student, grader=arguments.grader), ""
    if arguments.outputs:
        from minivit.course.outputs import add_outputs

        error = add_outputs(made)
    return as_text(made), error


def report(lesson, error: str, student: bool) -> int:
    """Say where a lesson stopped, if it did; 1 if it should not have."""
    if not error:
        return 0
    if student and error.startswith("NotImplementedError: exercise "):
        print(f"  It stops at {error.partition(': ')[2]}, which is open.")
        return 0
    complain(f"{lesson.name} stopped with {' '.join(error.split())}; what was written shows where")
    return 1
