"""A lesson as a Jupyter notebook, plain or in the form that a grader reads."""

from minivit.course import nbgrader, otter
from minivit.course.exercises import open_exercises, parts
from minivit.course.extras import need
from minivit.course.lesson import Lesson

GRADERS = {"nbgrader": nbgrader.cells, "otter": otter.cells}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebook(lesson: Lesson, *, student: bool = False, grader: str | None = None):
    """A notebook without outputs; InputError when nbformat is missing."""
    v4 = need("nbformat", "a notebook needs").v4
    if grader:
        cells = GRADERS[grader](parts(lesson.cells), v4)
    else:
        chosen = open_exercises(lesson.cells) if student else lesson.cells
        make = {"markdown": v4.new_markdown_cell, "code": v4.new_code_cell}
        cells = [make[cell.kind](cell.text) for cell in chosen if cell.text]
    for i, cell in enumerate(cells):
        cell["id"] = f"cell-{i}"  # a lesson always makes the same file
    language = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": language})


def as_text(made) -> str:
    """The notebook as the text of its file, after nbformat has checked it."""
    nbformat = need("nbformat", "a notebook needs")
    nbformat.validate(made)
    return nbformat.writes(made) + "\n"
