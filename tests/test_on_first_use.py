"""Packages that hand on names: on first use, with a sentence for a name that isn't there."""

import importlib
import subprocess
import sys

import pytest

PACKAGES = ("minivit", "minivit.checking", "minivit.checking.student")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_and_listed(package):
    module = importlib.import_module(package)
    assert set(module.__all__) <= set(dir(module))
    for name in module.__all__:
        found = getattr(module, name)
        assert found.__name__ == name and not hasattr(found, "__path__")


@pytest.mark.parametrize("package", PACKAGES)
def test_another_name_is_none(package):
    module = importlib.import_module(package)
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nothing_such'"):
        module.nothing_such  # noqa: B018


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_is_loaded_with_the_package(package):
    code = f"import {package}, sys; print([m for m in sys.modules if 'numpy' in m or '.op' in m])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert loaded.stdout == "[]\n", loaded.stderr


def test_check_is_the_function_whatever_was_imported_before():
    """A module of that name would take its place."""
    code = (
        "import minivit.checking.student.checked, minivit.cli.check\n"
        "from minivit.checking.student import check\nprint(check.__name__, callable(check))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout == "check True\n", found.stderr
