"""Names that a package hands on, and imports on first use: what nobody asks for is not loaded.

HOMES = {"gradcheck": "minivit.checking.op"}
__getattr__, __dir__ = on_first_use(__name__, HOMES)
"""

import importlib
import sys
from collections.abc import Callable, Mapping


def on_first_use(package: str, homes: Mapping[str, str]) -> tuple[Callable, Callable]:
    """`__getattr__` and `__dir__` of a package whose names stand in these modules."""

    def handed_on(name: str):
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(homes[name]), name)

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return handed_on, names
