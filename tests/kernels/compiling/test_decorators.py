"""What others compile with Numba is neither counted nor kept with our kernels."""

import pytest

numba = pytest.importorskip("numba")

from minivit.kernels.compiling import parallel_jit  # noqa: E402
from minivit.kernels.compiling.start import kernels  # noqa: E402


def test_other_peoples_functions_are_not_counted():
    def theirs(x):
        return x

    before = dict(kernels)
    parallel_jit(theirs)
    assert kernels == before


def test_our_cache_is_not_theirs():
    before = str(numba.config.CACHE_DIR)
    parallel_jit(lambda x: x)
    assert before == numba.config.CACHE_DIR
