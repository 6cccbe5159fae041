"""The form that nbgrader reads: each graded cell says in its metadata what it is.

nbgrader replaces what stands between the markers itself (`nbgrader generate_assignment`), puts the
checks of the original back before it grades, and gives the point of a check that runs through.
https://nbgrader.readthedocs.io, "Creating and grading assignments"; metadata of schema version 3.
"""

from collections import Counter
from collections.abc import Iterable

from minivit.course.exercises import Part


def cells(parts: Iterable[Part], v4) -> list:
    """The cells; `v4` is nbformat's module that makes them."""
    seen: Counter[str] = Counter()
    made = []
    for part in parts:
        make = v4.new_markdown_cell if part.role == "prose" else v4.new_code_cell
        cell = make(part.text)
        if part.role in ("answer", "check") and part.exercise:
            name = f"{part.role}-{part.exercise.number.replace('.', '-')}"
            seen[name] += 1
            cell["metadata"]["nbgrader"] = metadata(part.role, name, seen[name], cell["cell_type"])
        made.append(cell)
    return made


def metadata(role: str, name: str, count: int, cell_type: str) -> dict:
    """What nbgrader wants to know: a student may change an answer, a check is worth a point."""
    check = role == "check"
    found = {
        "schema_version": 3,
        "grade_id": name if count == 1 else f"{name}-{count}",
        "cell_type": cell_type,
        "grade": check,
        "locked": check,
        "solution": not check,
        "task": False,
    }
    return found | {"points": 1} if check else found
