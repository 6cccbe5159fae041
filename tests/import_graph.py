"""Which file imports which, read from the sources, and whether there is a circle."""

import ast
import importlib.util
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(importlib.util.find_spec("minivit").origin).parent


def module_name(path: Path) -> str:
    """minivit/ops/linear.py -> "minivit.ops.linear", minivit/ops/__init__.py -> "minivit.ops"."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def imported(source: str, package: str) -> set[tuple[str, str]]:
    """All that a file imports, anywhere in it: pairs of a module's full name, and a name in it
    ("" where the module is imported as a whole). `package` is what its relative imports start at.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                parent = ".".join(parts[: len(parts) - node.level + 1])
                base = f"{parent}.{base}" if base else parent
            found |= {(base, alias.name) for alias in node.names}
    return found


def imported_by(path: Path) -> set[tuple[str, str]]:
    module = module_name(path)
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    return imported(path.read_text("utf-8"), package)


def files_imported(path: Path, known: set[str]) -> set[str]:
    """The files among what a file imports.

    `from minivit.kernels import product` imports the file product.py; but a name that is no file
    comes from the package's __init__, and hangs on all that this imports. (Python also runs the
    __init__ of a package before any of its files, and is content when they import each other.)
    """
    pairs = ((module, f"{module}.{name}") for module, name in imported_by(path))
    return {inner if inner in known else module for module, inner in pairs} & known


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """The names along one circle of {name: the names that it imports}; [] if there is none."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph.get(name, ())):
            if found := walk(other, [*way, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := walk(name, []))), [])
