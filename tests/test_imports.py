"""The order of the houses: a file imports only what stands to its left, and never in a circle."""

import os
import subprocess
import sys
from pathlib import Path

import import_graph
import pytest
from import_graph import PACKAGE, circle, files_imported, imported, imported_by, module_name

ORDER = (
    {"chosen", "destinations", "errors", "fields", "files", "machine", "mpi", "nearest",
     "on_first_use", "processes", "threads"},
    {"ops"},
    {"kernels"},
    {"backend"},
    {"params", "optim"},
    {"models"},
    {"data", "checkpoints"},
    {"checking", "inspection"},
    {"figures", "training", "course"},
    {"experiments"},
    {"cli"},
)  # fmt: skip
STAGE = {house: i for i, houses in enumerate(ORDER) for house in houses}
# The public names at the top are handed on from anywhere; the rest lies beside the package.
OUTSIDE = {"__init__", "__main__"}
BESIDE = {"benchmarks", "lessons"}
# What an op may be composed of; notes.py is where it names what it makes.
PARTS = {"linear", "softmax", "attention", "gelu", "layernorm", "multihead_attention", "mlp",
         "stochastic_depth", "dropout", "left_out", "chance", "inputs", "pool",
         "relative", "window", "sliding", "notes", "product", "masking", "patchify"}  # fmt: skip


def house_of(path: Path) -> str:
    """minivit/ops/linear.py -> "ops", minivit/params.py -> "params"."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def sources() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if house_of(path) in STAGE]


def houses_imported(path: Path) -> set[str]:
    """The houses among what a file imports; `from minivit import ops` imports one, too."""
    names = [f"{module}.{name}".split(".") for module, name in imported_by(path)]
    return {parts[1] for parts in names if parts[0] == "minivit"} & set(STAGE)


def test_every_file_has_a_house():
    known = set(STAGE) | OUTSIDE | BESIDE
    assert {house_of(path) for path in PACKAGE.rglob("*.py")} <= known


@pytest.mark.parametrize("path", sources(), ids=lambda path: module_name(path))
def test_imports_only_what_stands_to_its_left(path):
    here = house_of(path)
    for house in houses_imported(path):
        assert STAGE[house] <= STAGE[here], f"{here} must not import {house}"


def test_no_circle_of_houses():
    """Houses of one stage may build on one another, but not in a circle."""
    graph: dict[str, set[str]] = {}
    for path in sources():
        graph.setdefault(house_of(path), set()).update(houses_imported(path) - {house_of(path)})
    assert circle(graph) == []


def test_no_circle_of_files():
    paths = [path for path in PACKAGE.rglob("*.py") if house_of(path) not in BESIDE]
    known = set(map(module_name, paths))
    assert circle({module_name(path): files_imported(path, known) for path in paths}) == []


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        ({}, []),
        ({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}, []),  # two ways, no circle
        ({"a": {"outside"}}, []),
        ({"a": {"a"}}, ["a", "a"]),
        ({"a": {"b"}, "b": {"a"}}, ["a", "b", "a"]),
        ({"a": {"b"}, "b": {"c"}, "c": {"d", "z"}, "d": {"b"}}, ["b", "c", "d", "b"]),
        ({"a": {"b"}, "b": set(), "c": {"a", "d"}, "d": {"e"}, "e": {"c"}}, ["c", "d", "e", "c"]),
    ],
)
def test_circles_of_any_length_are_found(graph, found):
    assert circle(graph) == found


@pytest.mark.parametrize("path", sources(), ids=lambda path: module_name(path))
def test_only_kernels_imports_numba(path):
    tops = {module.partition(".")[0] for module, _ in imported_by(path)}
    assert "numba" not in tops or house_of(path) == "kernels"


def test_ops_import_no_other_op_but_their_parts():
    for path in (PACKAGE / "ops").glob("*.py"):
        if path.stem != "__init__":
            names = [f"{module}.{name}".split(".") for module, name in imported_by(path)]
            assert {parts[2] for parts in names if parts[:2] == ["minivit", "ops"]} <= PARTS, path


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
    assert imported(source, "minivit.checking") == {
        ("numba.core", ""), ("minivit", "ops"), ("minivit", "InputError"),
        ("minivit.models.vit", "ViT"), ("minivit.training", "train"),
        ("minivit.checking", "sibling"), ("minivit.checking.trace", "Trace"),
    }  # fmt: skip


def test_a_name_that_is_no_file_comes_from_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(import_graph, "PACKAGE", tmp_path / "minivit")
    path = tmp_path / "minivit" / "kernels" / "mlp.py"
    path.parent.mkdir(parents=True)
    path.write_text("from minivit.kernels import product\nfrom .simd import load\nimport numpy")
    known = {"minivit.kernels", "minivit.kernels.product", "minivit.kernels.simd"}
    assert files_imported(path, known) == {"minivit.kernels.product", "minivit.kernels.simd"}
    path.write_text("from minivit.kernels import linear_forward")
    assert files_imported(path, known) == {"minivit.kernels"}


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
