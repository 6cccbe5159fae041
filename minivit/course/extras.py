"""Packages that only notebooks and pages need (extras `notebook`, `html`); imported as needed."""

import importlib
from types import ModuleType

from minivit.errors import InputError

# What pip calls them, and for pages what Python does.
NOTEBOOK = "nbformat nbclient ipykernel"
PAGE = "latex2mathml markdown-it-py mdit-py-plugins pygments"
PAGE_MODULES = ("latex2mathml", "markdown_it", "mdit_py_plugins", "pygments")


def need(package: str, purpose: str, install: str = NOTEBOOK) -> ModuleType:
    """The package, imported; InputError says how to get it. `purpose`: "a notebook needs"."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise InputError(
            f"{purpose} {package}, which can't be imported ({error}); pip install {install}"
        ) from error


def need_for_pages() -> None:
    for package in PAGE_MODULES:
        need(package, "a page needs", PAGE)
