"""Who compiles a function has claimed it; another process waits, but not for ever."""

import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

pytest.importorskip("numba")
pytest.importorskip("fcntl")

from minivit.kernels.compiling import claims
from minivit.kernels.compiling.kept import KeptCode

HOLD = """
import sys
from pathlib import Path
from minivit.kernels.compiling import claims
print(claims.try_claim(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "kernels-0").mkdir()
    return tmp_path / "kernels-0" / "f-0.kernel"


@contextmanager
def other_process(file):
    """A process that tries to claim the file's name, and then stays."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        process.claimed = process.stdout.readline() == b"True\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_one_process_has_it_at_a_time(file):
    with other_process(file) as other:
        assert other.claimed and not claims.try_claim(file)
        assert claims.try_claim(file.with_name("g-0.kernel"))
        with other_process(file) as third:
            assert not third.claimed
    assert claims.try_claim(file)  # the other process was killed
    with other_process(file) as other:
        assert not other.claimed
    claims.release(file)
    with other_process(file) as other:
        assert other.claimed


def test_all_can_be_released(file):
    second = file.with_name("g-0.kernel")
    assert claims.try_claim(file) and claims.try_claim(second)
    claims.release_all(file.parent)
    with other_process(file) as one, other_process(second) as another:
        assert one.claimed and another.claimed


def test_a_claim_waits_until_the_other_has_ended(file, monkeypatch):
    monkeypatch.setattr(claims, "_waited", 0.0)
    seen = []

    @contextmanager
    def waiting():
        seen.append("waits")
        other.kill()
        yield

    with other_process(file) as other:
        claims.claim(file, waiting)
    assert seen == ["waits"]
    with other_process(file) as other:
        assert not other.claimed
    claims.claim(file, waiting)  # ours already: nobody waits
    assert seen == ["waits"]
    claims.release(file)


def test_patience_is_spent_once(file, monkeypatch):
    """A process that was stopped, and did not end, holds its claims."""
    monkeypatch.setattr(claims, "_waited", 0.0)
    monkeypatch.setattr(claims, "PATIENCE", 0.05)
    with other_process(file):
        claims.claim(file)
        spent = claims._waited
        claims.claim(file)
    assert spent >= 0.05 and claims._waited == spent


def test_where_nothing_can_be_locked_everybody_compiles(file, monkeypatch):
    nowhere = file.parent / "gone" / "kernels-0" / "f-0.kernel"
    assert claims.try_claim(nowhere)
    claims.release(nowhere)
    monkeypatch.setattr(claims, "fcntl", None)  # as on Windows
    claims._locks.cache_clear()
    assert claims.try_claim(file)


def test_code_that_another_process_writes_is_waited_for(file, monkeypatch):
    """`load_overload` finds what the holder has written before it let go."""
    monkeypatch.setattr(claims, "_waited", 0.0)
    import numba

    from minivit.kernels.compiling import kept

    def f(x):
        return x + 1

    compiled = numba.njit(f)
    code = KeptCode(f, file.parent)
    signature = (numba.float32,)
    compiled.compile(signature)
    place = code.file(signature, compiled.targetctx.codegen())

    @contextmanager
    def waiting():
        code.save_overload(signature, compiled.overloads[signature])
        other.kill()
        yield

    code.waiting = waiting
    began = time.perf_counter()
    with other_process(place) as other:
        loaded = code.load_overload(signature, compiled.targetctx)
    assert loaded is not None and kept.read(place) is not None
    assert time.perf_counter() - began < claims.PATIENCE
    with other_process(place) as other:
        assert other.claimed  # it was let go
