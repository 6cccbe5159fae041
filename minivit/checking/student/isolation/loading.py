"""A student's file in the student's process: which ops it defines, and what it imports of minivit.

The file is loaded alone, from the bytes that the checker read: its folder is not searched, so that
a numpy.py beside it (or itself) shadows nothing.
"""

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from importlib.util import decode_source
from types import ModuleType

MODULE = "student"  # its __name__
WAYS = ("forward", "backward")


class Undecodable(SyntaxError):
    """The file is not in the encoding that it says, or not in UTF-8."""


def parsed(source: bytes, path: str) -> ast.Module:
    """The file's tree; SyntaxError for one that is no Python."""
    try:
        text = decode_source(source)
    except (UnicodeDecodeError, SyntaxError) as error:
        before = source[: error.start] if isinstance(error, UnicodeDecodeError) else b""
        where = (path, before.count(b"\n") + 1, None, None)
        raise Undecodable(str(error), where) from error
    return ast.parse(text, path)


def loaded(tree: ast.Module, path: str) -> dict:
    """Run the file; returns its names. Raises whatever it raises."""
    module = ModuleType(MODULE)
    module.__file__ = path
    sys.modules[MODULE] = module
    exec(compile(tree, path, "exec", dont_inherit=True), module.__dict__)
    return module.__dict__


def defined(names: dict, ops: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The ops that are defined, and of each the ways."""
    found = {op: tuple(w for w in WAYS if callable(names.get(f"{op}_{w}"))) for op in ops}
    return {op: ways for op, ways in found.items() if ways}


def signatures(names: dict, ops: dict[str, tuple[str, ...]]) -> dict[str, dict]:
    """What each function takes: {"layernorm_forward": its parameters}; see `parameters_of`."""
    functions = [f"{op}_{way}" for op, ways in ops.items() for way in ways]
    return {name: parameters_of(names[name]) for name in functions}


def parameters_of(function) -> dict[str, tuple[str, ...]]:
    """The names that may be given by place, and those that must be given by name.

    "*" and "**" stand for any others; both are there for a function that does not tell.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except Exception:  # a callable of the student's answers, or a compiled function does not
        return {"places": ("*",), "words": ("**",)}
    places = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    places += ["*" for p in parameters if p.kind is p.VAR_POSITIONAL]
    words = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    words += ["**" for p in parameters if p.kind is p.VAR_KEYWORD]
    return {"places": tuple(map(str, places)), "words": tuple(map(str, words))}


def borrowed(tree: ast.Module, ops: Iterable[str]) -> dict[str, int]:
    """The ops that a file takes from minivit, or parts of them, with the line where it does."""
    taken = [(line, module, name) for line, module, name in names_of_minivit(tree)]
    found: dict[str, int] = {}
    for op in ops:
        lines = [line for line, module, name in taken if is_part(op, module, name)]
        if lines:
            found[op] = min(lines)
    return found


def is_part(op: str, module: str, name: str) -> bool:
    """Whether a name of a minivit module is the op, or a function that the op is made with.

    Its classes and constants may be used: an option's type has to come from somewhere.
    """
    if name in [f"{op}_{way}" for way in WAYS]:
        return True
    of_op = module in (f"minivit.ops.{op}", f"minivit.kernels.{op}")
    if name == "*":
        return of_op or module in ("minivit.ops", "minivit.kernels")
    return of_op and not name[:1].isupper()


def names_of_minivit(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """(line, module, name) for all that a file imports from minivit, or takes by a dot."""
    bound: dict[str, str] = {}  # a name of the file's: the module of minivit that it stands for
    nodes = list(run_when_loaded(tree))
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "minivit":
            for alias in node.names:
                yield node.lineno, node.module, alias.name
                bound[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "minivit":
                    bound[alias.asname or "minivit"] = alias.name if alias.asname else "minivit"
    for node in nodes:
        if isinstance(node, ast.Attribute):
            parts = dotted(node)
            if parts and parts[0] in bound:
                module = ".".join([bound[parts[0]], *parts[1:-1]])
                yield node.lineno, module, parts[-1]


def dotted(node: ast.AST) -> list[str]:
    """ops.layernorm.layernorm_forward -> its three names; [] for another expression."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *names[::-1]] if isinstance(node, ast.Name) else []


def run_when_loaded(tree: ast.AST) -> Iterator[ast.AST]:
    """All of a file but what runs only as a script: a student may compare there with minivit."""
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        todo += node.orelse if is_for_scripts(node) else ast.iter_child_nodes(node)


def is_for_scripts(node: ast.AST) -> bool:
    """`if __name__ == "__main__":`"""
    return isinstance(node, ast.If) and ast.unparse(node.test) in (
        "__name__ == '__main__'",
        "'__main__' == __name__",
    )
