"""Hypothesis' profiles, and the ops under test."""

import importlib
import os

import pytest
from hypothesis import settings

from minivit.backend import MODULES

# deadline=None: the first call of an op may be slow, and that is no fault of the op's.
settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=1000, deadline=None)
settings.load_profile(
    os.environ.get("MINIVIT_HYPOTHESIS") or ("ci" if "CI" in os.environ else "dev")
)

BACKENDS = ("numpy", "numba")


@pytest.fixture(scope="session", params=BACKENDS)
def ops(request):
    """The module whose ops are tested: `ops.linear_forward`, `ops.linear_backward`, ..."""
    return importlib.import_module(MODULES[request.param])
