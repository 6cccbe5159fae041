"""Functions out of a file, with all that they use, and nothing else of it.

A lesson's copy trains models, draws, and stops at the first exercise that is open. To call one
function of it none of that need run: only the imports, functions, classes and assignments at the
top level whose names the function uses, and those that these use in turn.
"""

import ast
import symtable
from collections.abc import Iterable
from typing import NamedTuple

from minivit.course.cells import Cell

COMPREHENSIONS = {"listcomp", "setcomp", "dictcomp", "genexpr"}
SIMPLE = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
EVERYTHING = "*"  # what `from math import *` binds
FUTURE = "__future__"  # and an import that changes what Python understands


class Statement(NamedTuple):
    """One at the top level of a file."""

    lines: range  # in the file, with its decorators
    binds: frozenset[str]
    ends: bool  # whether what was bound to these names before no longer matters
    uses: frozenset[str]  # when it runs
    later: frozenset[str]  # when its functions are called


def statements(cell: Cell) -> list[Statement]:
    """Those of a cell of code. Raises SyntaxError."""
    lines, found = cell.source.split("\n"), []
    for node in ast.parse(cell.source).body:
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        top = symtable.symtable("\n".join(lines[first - 1 : node.end_lineno]), "file", "exec")
        binds = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            binds = {EVERYTHING}
        elif isinstance(node, ast.ImportFrom) and node.module == FUTURE:
            binds = {FUTURE}
        now, later = used(top)
        changed = changes(node)
        ends = isinstance(node, SIMPLE) and not binds & now and not changed
        place = range(cell.line + first - 1, cell.line + node.end_lineno)
        found.append(Statement(
            place, frozenset(binds | changed), ends, frozenset(now), frozenset(later)
        ))  # fmt: skip
    return found


def used(table: symtable.SymbolTable) -> tuple[set[str], set[str]]:
    """The names of the file that code reads when it runs, and when its functions are called."""
    top = table.get_type() == "module"
    now = {
        s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())
    }
    later: set[str] = set()
    for child in table.get_children():
        its_now, its_later = used(child)
        runs = child.get_type() == "class" or child.get_name() in COMPREHENSIONS
        now |= its_now if runs else set()
        later |= its_later if runs else its_now | its_later
    return now, later


def changes(node: ast.stmt) -> set[str]:
    """Names whose value a statement changes without binding them: `table[0] = 1`."""
    found = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Subscript | ast.Attribute) and isinstance(one.ctx, ast.Store):
            inner = one.value
            while isinstance(inner, ast.Subscript | ast.Attribute):
                inner = inner.value
            if isinstance(inner, ast.Name):
                found.add(inner.id)
    return set() if isinstance(node, ast.FunctionDef | ast.ClassDef) else found


def with_what_they_use(wanted: Iterable[Statement], all_: list[Statement]) -> list[Statement]:
    """The statements that are needed to call functions, in the order of the file."""
    taken: set[int] = set()
    todo = [all_.index(one) for one in wanted]
    while todo:
        place = todo.pop()
        if place not in taken:
            taken.add(place)
            for name in all_[place].uses:
                todo += binding(name, all_[:place])
            for name in all_[place].later:
                todo += binding(name, all_)
    future = [place for place, one in enumerate(all_) if FUTURE in one.binds]
    taken.update(place for place in future if place < min(taken, default=0))  # else it is no Python
    return [all_[place] for place in sorted(taken)]


def binding(name: str, all_: list[Statement]) -> list[int]:
    """The statements that make a name what it is after all of these."""
    found = []
    for place in reversed(range(len(all_))):
        if EVERYTHING in all_[place].binds:
            found.append(place)
        elif name in all_[place].binds:
            found.append(place)
            if all_[place].ends:
                break
    return found


def in_place(text: str, chosen: Iterable[range]) -> str:
    """The file with these lines alone, each at its place, so that it keeps its number."""
    kept = {number for lines in chosen for number in lines}
    return "\n".join(
        line if number in kept else "" for number, line in enumerate(text.split("\n"), start=1)
    )
