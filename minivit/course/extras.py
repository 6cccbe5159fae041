"""Packages that only notebooks need (the extra `notebook`), imported when they are."""

import importlib
from types import ModuleType

from minivit.errors import InputError

NOTEBOOK = "nbformat nbclient ipykernel"


def need(package: str, purpose: str) -> ModuleType:
    """The package, imported; InputError says how to get it. `purpose`: "a notebook needs"."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise InputError(
            f"{purpose} {package}, which can't be imported ({error}); pip install {NOTEBOOK}"
        ) from error
