"""What the wheel takes along: every package, and the files beside the sources."""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
PACKAGE = CHECKOUT / "minivit"


@pytest.fixture(scope="module")
def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(CHECKOUT / "setup.cfg", encoding="utf-8")
    return parser


def test_every_package_is_listed(setup):
    found = {
        ".".join(file.parent.relative_to(CHECKOUT).parts) for file in PACKAGE.rglob("__init__.py")
    }
    listed = set(setup["options"]["packages"].split())
    assert listed == found | {"minivit.benchmarks", "minivit.lessons"}


def test_type_checkers_are_told_that_there_are_types(setup):
    assert (PACKAGE / "py.typed").exists()
    assert "py.typed" in setup["options.package_data"]["minivit"].split()


def test_the_recipes_come_along(setup):
    patterns = setup["options.package_data"]["minivit.training"].split()
    folder = PACKAGE / "training"
    shipped = {path for pattern in patterns for path in folder.glob(pattern)}
    assert shipped == set(folder.rglob("*.toml")) and folder / "recipes" / "digits.toml" in shipped


def test_what_was_made_for_the_lessons_comes_along(setup):
    patterns = setup["options.package_data"]["minivit.lessons"].split()
    folder = CHECKOUT / "lessons"
    shipped = {path for pattern in patterns for path in folder.glob(pattern)}
    assert shipped == {path for path in (folder / "results").rglob("*.*") if path.is_file()}
    assert shipped


def test_the_experiments_tables_come_along(setup):
    patterns = setup["options.package_data"]["minivit.experiments"].split()
    folder = PACKAGE / "experiments"
    shipped = {path for pattern in patterns for path in folder.glob(pattern)}
    assert shipped == set(folder.rglob("*.csv"))


def test_the_files_of_the_page_come_along(setup):
    patterns = setup["options.package_data"]["minivit.figures.page"].split()
    folder = PACKAGE / "figures" / "page"
    shipped = {path for pattern in patterns for path in folder.glob(pattern)}
    there = {path for path in folder.rglob("*.*") if path.suffix in (".js", ".css", ".json")}
    assert shipped == there and folder / "ops" / "linear.js" in shipped


def test_the_readme_installs_the_checkout_itself():
    """So that what people read and change is what runs."""
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    commands = [line for line in readme.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert all(".venv/bin/pip install -e '.[plots" in command for command in commands)


def test_a_sign_that_is_changed_in_a_copy_is_found(tmp_path):
    copy = tmp_path / "minivit"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    layernorm = copy / "ops" / "layernorm.py"
    right = "return dx, dgamma, dbeta"
    assert layernorm.read_text().count(right) == 1
    layernorm.write_text(layernorm.read_text().replace(right, "return -dx, dgamma, dbeta"))
    done = subprocess.run(
        [sys.executable, "-m", "minivit", "gradcheck", "layernorm"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, cwd=tmp_path,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "wrong" in done.stdout


def test_a_python_that_is_too_old_is_refused_at_once():
    setup_py = (CHECKOUT / "setup.py").read_text(encoding="utf-8")
    code = f"import sys; sys.version_info = (3, 10, 1)\nexec({setup_py!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("minivit needs Python 3.11 or newer, and this is Python 3.10: ")
    assert done.stderr.count("\n") == 1
