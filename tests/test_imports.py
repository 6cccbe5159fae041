"""The order of the houses: a package imports only what stands to its left."""

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(importlib.util.find_spec("minivit").origin).parent
ORDER = (
    {"errors", "files", "machine", "threads"},
    {"ops"},
    {"kernels"},
    {"backend"},
    {"params", "optim"},
    {"checkpoints"},
    {"models"},
    {"data", "checking", "inspection"},
    {"evaluation", "training", "runs"},
    {"cli"},
)
STAGE = {house: i for i, houses in enumerate(ORDER) for house in houses}
# The public names at the top, and the checkers below, are handed on from anywhere.
OUTSIDE = {"__init__", "__main__"}


def house_of(path: Path) -> str:
    """minivit/ops/linear.py -> "ops", minivit/params.py -> "params"."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def sources() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if house_of(path) in STAGE]


def imported_modules(source: str, module: str) -> set[str]:
    """Every module that a file imports, anywhere in it, by its full name."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = module.split(".")[: -node.level]
                base = ".".join([*parent, base] if base else parent)
            found.add(base)
            if base == "minivit":  # `from minivit import ops` imports a house
                found |= {f"minivit.{alias.name}" for alias in node.names}
    return found


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts)


def houses_imported(path: Path) -> set[str]:
    modules = imported_modules(path.read_text("utf-8"), module_name(path))
    houses = {name.split(".")[1] for name in modules if name.startswith("minivit.")}
    return houses & set(STAGE)


def test_every_file_has_a_house():
    known = set(STAGE) | OUTSIDE | {"benchmarks", "lessons"}
    assert {house_of(path) for path in PACKAGE.rglob("*.py")} <= known


@pytest.mark.parametrize("path", sources(), ids=lambda path: module_name(path))
def test_imports_only_what_stands_to_its_left(path):
    here = house_of(path)
    for house in houses_imported(path):
        assert STAGE[house] <= STAGE[here], f"{here} must not import {house}"


def test_no_two_houses_import_each_other():
    """Houses of one stage may build on one another, but not in a circle."""
    imports = {(house_of(path), house) for path in sources() for house in houses_imported(path)}
    assert not {(a, b) for a, b in imports if a != b and (b, a) in imports}


@pytest.mark.parametrize("path", sources(), ids=lambda path: module_name(path))
def test_only_kernels_imports_numba(path):
    modules = imported_modules(path.read_text("utf-8"), module_name(path))
    tops = {name.partition(".")[0] for name in modules}
    assert "numba" not in tops or house_of(path) == "kernels"


def test_ops_import_no_other_op_but_the_small_ones():
    small = {"linear", "softmax", "attention", "gelu"}
    for path in (PACKAGE / "ops").glob("*.py"):
        if path.stem != "__init__":
            modules = imported_modules(path.read_text("utf-8"), module_name(path))
            ops = {name.split(".")[2] for name in modules if name.startswith("minivit.ops.")}
            assert ops <= small, path.stem


def test_the_walk_sees_every_way_to_import():
    source = """
import numba.core
from minivit import ops, InputError
from minivit.models.vit import ViT
def f():
    from ..training import train
    from . import sibling
    from .trace import Trace
"""
    found = imported_modules(source, "minivit.checking.model")
    assert {"numba.core", "minivit.ops", "minivit.models.vit", "minivit.training"} <= found
    assert {"minivit.checking", "minivit.checking.trace"} <= found


def run_python(code: str, **environment: str) -> str:
    """What a fresh Python prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MINIVIT_")}
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip()


TRAIN_A_STEP = """
import sys, numpy as np, minivit
model = minivit.ViT(minivit.variant("digits"))
logits, cache = model.forward(np.zeros((2, 8, 8, 1)))
model.backward(np.ones_like(logits), cache)
from minivit.optim import Adam
Adam(model.parameters).step(model.gradients, 1e-3)
model.trace(np.zeros((2, 8, 8, 1))).backward(logits)
from minivit import check_model, gradcheck, load, load_dataset, train
print(sorted({name.partition(".")[0] for name in sys.modules} & {"numba", "llvmlite"}))
print("minivit.kernels" in sys.modules)
"""


def test_with_the_numpy_backend_numba_is_never_imported():
    assert run_python(TRAIN_A_STEP).split("\n") == ["[]", "False"]


def test_importing_minivit_leaves_numpy_alone():
    """So that the command line can set the threads first."""
    assert run_python("import sys, minivit; print('numpy' in sys.modules)") == "False"
