"""The form that `otter assign` reads (Otter-Grader 1 and later): raw cells mark each question.

    # BEGIN QUESTION            raw: its name and points
    the specification           markdown
    # BEGIN SOLUTION            raw
    the answer                  code; its markers in Otter's words, and the student's stub
    # END SOLUTION              raw
    # BEGIN TESTS               raw
    the check                   code
    # END TESTS                 raw
    # END QUESTION              raw

https://otter-grader.readthedocs.io, "Otter Assign: notebook format". Otter runs a check as a
doctest, where whatever is printed counts, by functions that the check calls too: `silent` keeps
the asserts alone.
"""

import ast
import itertools
from collections.abc import Iterable

from minivit.course.exercises import Exercise, Part, pieces

CONFIG = """# ASSIGNMENT CONFIG
init_cell: true
export_cell: false
check_all_cell: true
solutions_pdf: false
generate: true"""
# A doctest gives sys.stdout back when it ends.
NO_PRINT = "import io, sys; sys.stdout = io.StringIO()  # the asserts alone decide"


def cells(parts: Iterable[Part], v4) -> list:
    """The cells; `v4` is nbformat's module that makes them."""
    made = [v4.new_raw_cell(CONFIG)]
    for exercise, together in itertools.groupby(parts, key=lambda part: part.exercise):
        group = list(together)
        if exercise and any(part.role == "answer" for part in group):
            made += question(exercise, group, v4)
        else:
            made += [plain(part, v4) for part in group]
    return made


def question(exercise: Exercise, parts: list[Part], v4) -> list:
    """One question: the specification, then the answer, then the tests."""
    raw, tests = v4.new_raw_cell, [part for part in parts if part.role == "check"]
    name = f"q{exercise.number.replace('.', '_')}"
    made = [raw(f"# BEGIN QUESTION\nname: {name}\npoints: {max(len(tests), 1)}")]
    first = next(i for i, part in enumerate(parts) if part.role == "answer")
    made += [plain(part, v4) for part in parts[:first]]
    made.append(raw("# BEGIN SOLUTION"))
    for part in parts[first:]:
        if part.role == "answer":
            made.append(v4.new_code_cell(in_their_words(part.text, exercise)))
        elif part.role != "check":
            made.append(plain(part, v4))
    made.append(raw("# END SOLUTION"))
    if tests:
        made.append(raw("# BEGIN TESTS"))
        made += [v4.new_code_cell(silent(part.text)) for part in tests]
        made.append(raw("# END TESTS"))
    return [*made, raw("# END QUESTION")]


def plain(part: Part, v4):
    return (v4.new_markdown_cell if part.role == "prose" else v4.new_code_cell)(part.text)


def in_their_words(code: str, exercise: Exercise) -> str:
    """The answer in Otter's markers, and as the student's prompt the line that names it."""
    lines: list[str] = []
    for piece in pieces(code):
        if piece.is_answer:
            begin = ["# BEGIN SOLUTION NO PROMPT", *piece.lines, "# END SOLUTION"]
            prompt = ['""" # BEGIN PROMPT', exercise.stub, '"""; # END PROMPT']
            begin[0], begin[-1] = piece.indent + begin[0], piece.indent + begin[-1]
            lines += [*begin, *(piece.indent + line for line in prompt)]
        else:
            lines += piece.lines
    return "\n".join(lines)


def silent(code: str) -> str:
    """The check, but it prints nothing and shows no value: a doctest would compare both."""
    lines = code.split("\n")
    for node in reversed(list(shown(ast.parse(code)))):  # two of them may share a line
        line = lines[node.lineno - 1].encode()  # columns are counted in bytes
        start = line[: node.col_offset].decode()
        lines[node.lineno - 1] = f"{start}_ = {line[node.col_offset :].decode()}"
    return "\n".join([NO_PRINT, *lines])


def shown(node: ast.AST) -> Iterable[ast.Expr]:
    """The expressions whose values an interactive Python would show: not those in functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr):
            yield child
        elif not isinstance(child, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            yield from shown(child)
