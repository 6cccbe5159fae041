"""Freed memory is kept for the next array."""

import ctypes
import sys
from typing import ClassVar

import pytest

from minivit.kernels.compiling import memory


@pytest.fixture
def library(monkeypatch):
    """A C library that notes what it is asked for."""

    class Library:
        asked: ClassVar[list] = []

        def mallopt(self, parameter, value):
            self.asked.append((parameter, value))
            return 1

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library())
    Library.asked.clear()
    return Library


def test_the_gnu_library_is_asked(library):
    assert memory.keep_freed_memory()
    assert library.asked == [(-1, 2**31 - 1), (-3, 32 << 20)]


def test_another_library_is_left_alone(library):
    del library.mallopt
    assert not memory.keep_freed_memory()


def test_another_system_is_left_alone(library, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not memory.keep_freed_memory()
    assert library.asked == []


def test_a_refusal_is_told(library):
    library.mallopt = lambda self, parameter, value: 0
    assert not memory.keep_freed_memory()
