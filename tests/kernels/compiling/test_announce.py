"""Compiling is announced: counted on a terminal, one line into a file."""

import io
from types import SimpleNamespace

import pytest

numba = pytest.importorskip("numba")

from minivit.kernels.compiling import announce  # noqa: E402


def dispatcher(name: str, module: str = "minivit.kernels.any", signatures: int = 0):
    function = SimpleNamespace(__name__=name, __module__=module)
    return SimpleNamespace(py_func=function, signatures=[None] * signatures)


def event(of) -> SimpleNamespace:
    return SimpleNamespace(data={"dispatcher": of})


@pytest.fixture
def announcer(monkeypatch):
    """One of three kernels, that hears of nothing but what a test tells it."""
    counted = {name: dispatcher(name) for name in ("one", "two", "three")}
    with monkeypatch.context() as deaf:
        deaf.setattr(announce.event, "register", lambda kind, listener: None)
        return announce.Announcer(counted, "once per machine")


@pytest.fixture
def terminal(monkeypatch):
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr(announce, "sys", SimpleNamespace(stderr=screen))
    return screen


def test_a_terminal_counts_from_1_to_the_last(announcer, terminal):
    for number, kernel in enumerate(announcer.kernels.values(), start=1):
        announcer.on_start(event(kernel))
        announcer.on_start(event(dispatcher("piece")))  # compiled on the way
        announcer.on_end(event(dispatcher("piece")))
        kernel.signatures.append("float32")
        announcer.on_end(event(kernel))
        shown = f"minivit: compiling kernels ({number} of 3), once per machine"
        assert terminal.getvalue() == f"\r\x1b[K{shown}\r\x1b[K"
        terminal.seek(0)
        terminal.truncate()


def test_what_the_cache_had_counts_too(announcer, terminal):
    announcer.kernels["one"].signatures.append("float32")
    announcer.kernels["three"].signatures.append("float32")
    announcer.on_start(event(announcer.kernels["two"]))
    assert "(3 of 3)" in terminal.getvalue()


def test_a_second_dtype_is_counted_from_1_again(announcer, terminal):
    for kernel in announcer.kernels.values():
        kernel.signatures.append("float32")
    announcer.on_start(event(announcer.kernels["two"]))
    assert "(1 of 3)" in terminal.getvalue()


def test_into_a_file_it_is_one_line(announcer, capsys):
    for kernel in announcer.kernels.values():
        announcer.on_start(event(kernel))
        announcer.on_end(event(kernel))
    assert capsys.readouterr().err == "minivit: compiling kernels, once per machine\n"


def test_what_others_compile_is_their_affair(announcer, capsys):
    announcer.on_start(event(dispatcher("theirs", module="somebody.elses")))
    announcer.on_end(event(dispatcher("theirs", module="somebody.elses")))
    assert capsys.readouterr().err == ""
    assert announcer.depth == 0


def test_a_body_that_is_called_by_address_is_announced(announcer, capsys):
    with announcer.body():
        pass  # it came from the cache: no pass of the compiler ran
    assert capsys.readouterr().err == ""
    with announcer.body():
        numba.njit(lambda x: x + 1)(1)
    assert "compiling kernels" in capsys.readouterr().err
    assert announcer.depth == 0
