"""Packages that only some forms of a lesson need, imported when they are."""

import importlib
from types import ModuleType

from minivit.errors import InputError


def need(package: str, purpose: str, extra: str) -> ModuleType:
    """The package, imported; InputError says how to get it. `purpose`: "a notebook needs"."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise InputError(
            f"{purpose} {package}, which can't be imported ({error}); pip install "
            f"'minivit[{extra}]', or in a checkout pip install -e '.[{extra}]'"
        ) from error
