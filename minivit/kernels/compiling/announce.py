"""Says that kernels are being compiled, while they are: it takes some seconds in all.

Numba tells its listeners when it begins to compile a dispatcher. Of a body that is called by
address it does not tell them: there the compiler's first pass counts as the beginning.
"""

import contextlib
import sys
import threading

from numba.core import event

PACKAGE = __name__.rsplit(".", 2)[0]  # minivit.kernels


class Announcer(event.Listener):
    """`kernels`: what to count, by name; `ending`: what is said after the numbers."""

    def __init__(self, kernels: dict, ending: str):
        self.kernels, self.ending = kernels, ending
        self.depth, self.said = 0, False
        self.lock = threading.RLock()
        event.register("numba:compile", self)

    def on_start(self, compilation):
        self.begin(say=is_ours(compilation))

    def on_end(self, compilation):
        self.end()

    def begin(self, *, say=True):
        with self.lock:
            self.depth += 1
            if self.depth == 1 and say:
                self.say()

    def end(self):
        with self.lock:
            self.depth -= 1
            if self.depth == 0:
                self.wipe()

    @contextlib.contextmanager
    def body(self):
        """A block in which a body that is called by address is compiled, or loaded."""
        first = _FirstPass(self)
        try:
            with event.install_listener("numba:run_pass", first):
                yield
        finally:
            if first.seen:
                self.end()

    @contextlib.contextmanager
    def elsewhere(self):
        """A block in which another process compiles, and this one waits for it."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def number(self) -> int:
        """Which kernel is being compiled, from 1: those before it have one signature more."""
        ready = [len(kernel.signatures) for kernel in self.kernels.values()]
        return 1 + sum(count > min(ready) for count in ready)

    def say(self):
        if on_terminal():
            numbers = f"({self.number()} of {len(self.kernels)})"
            sys.stderr.write(f"\r\033[Kminivit: compiling kernels {numbers}, {self.ending}")
            sys.stderr.flush()
        elif not self.said and sys.stderr is not None:
            print(f"minivit: compiling kernels, {self.ending}", file=sys.stderr, flush=True)
        self.said = True

    def wipe(self):
        if self.said and on_terminal():
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


class _FirstPass(event.Listener):
    """Hears the compiler's passes, and announces the first."""

    def __init__(self, announcer: Announcer):
        self.announcer, self.seen = announcer, False

    def on_start(self, compiler_pass):
        if not self.seen:
            self.seen = True
            self.announcer.begin()

    def on_end(self, compiler_pass):
        pass


def on_terminal() -> bool:
    """Whether stderr is a terminal; a program without a console has no stderr."""
    return sys.stderr is not None and sys.stderr.isatty()


def is_ours(compilation) -> bool:
    """Whether a kernel is being compiled, and not a function of the library's user."""
    return compilation.data["dispatcher"].py_func.__module__.startswith(PACKAGE)
