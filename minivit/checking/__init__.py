"""Gradient checks: is a handwritten backward the derivative of its forward?

`gradcheck` asks one op (yours too), `check_model` a whole model, tensor by tensor. The names are
imported on first use: a process that needs one part, such as a student's, starts without the rest.
"""

import importlib

_HOMES = {
    "Report": "minivit.checking.report",
    "Row": "minivit.checking.report",
    "adjoint_error": "minivit.checking.adjoint",
    "check_model": "minivit.checking.model",
    "gradcheck": "minivit.checking.op",
}

__all__ = [*_HOMES]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'minivit.checking' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
