"""The laws of training together, in processes that mpiexec starts (tests/mpi_laws.py has them)."""

import pytest
from launching import TESTS, every_mpi, launch


@every_mpi
@pytest.mark.parametrize("count", [2, 3, 4])
def test_the_laws_hold(mpi, count):
    done = launch(mpi, count, "-m", "mpi4py", str(TESTS / "mpi_laws.py"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["exact", "timing changes no bit", "overlapped", "refused"]


@every_mpi
def test_two_processes_find_the_bits_of_one_with_the_kernels(mpi):
    done = launch(
        mpi, 2, "-m", "mpi4py", str(TESTS / "mpi_laws.py"), MINIVIT_BACKEND="numba",
        MINIVIT_NUM_THREADS="1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@every_mpi
def test_each_kernel_is_compiled_by_one_process(mpi, tmp_path):
    pytest.importorskip("fcntl", reason="nothing can be locked")
    done = launch(mpi, 2, str(TESTS / "mpi_compiling.py"), XDG_CACHE_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    compiled, twice = map(int, done.stdout.split())
    assert compiled > 0 and twice == 0
