"""The process between the checker and a student's: it limits that one, and sweeps up after it.

It runs alone, on the standard library, and no code of the student's runs in it:

    python -I -S supervisor.py REPORT FOLDER MEMORY SECONDS BYTES COMMAND...

It starts COMMAND in FOLDER, in a session of its own, with limits, and hands on stdin and stdout.
When the command ends, or the checker does or closes its pipe, all that the command started is
killed, in whatever group or session it is: on Linux processes that lose their parent become this
one's. Then FOLDER is removed. To the pipe REPORT it writes, a line each:

    unlimited memory, processes    what this system can't limit
    processes 3                    more processes than the one were there: they were killed
    exit 0 | signal 11 | stopped   how the command ended
"""

import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress

TICK = 0.1  # seconds between two looks at the processes
PATIENCE = 10  # seconds for killed processes to be gone
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36


def main() -> None:
    report, folder, *numbers = sys.argv[1:6]
    pipe = int(report)
    os.set_inheritable(pipe, False)
    checker = os.getppid()
    wake = woken_by(signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
    unlimited = ["memory"] if sys.platform == "darwin" else []
    child = os.fork()
    if child == 0:
        become(sys.argv[6:], folder, *map(int, numbers))
    os.dup2(2, 1)  # else the checker's pipe would stay open after the child
    if not adopt_orphans():
        unlimited.append("processes that leave the student's group")
    tell(pipe, f"unlimited {', '.join(unlimited)}")
    end, count = "stopped", 0
    try:
        end, count = watched(child, checker, wake)
    finally:
        count = max(count, swept(child))
        remove(folder)
        if count:
            tell(pipe, f"processes {count}")
        tell(pipe, end)


def tell(pipe: int, line: str) -> None:
    with suppress(BrokenPipeError):  # the checker is gone
        os.write(pipe, f"{line}\n".encode())


def become(command: list[str], folder: str, memory: int, seconds: int, size: int) -> None:
    """Turn into the command, under limits that it can't lift again."""
    try:
        os.setsid()
        for limit, most in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, size),
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_AS, memory),
        ):
            with suppress(ValueError, OSError):  # a lower one is in force already
                resource.setrlimit(limit, (most, most))
        os.chdir(folder)
        os.execve(command[0], command, dict(os.environ))
    finally:
        os._exit(127)


def woken_by(*signals: int) -> int:
    """A pipe that can be read when one of the signals came; they do nothing else."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    for number in signals:
        signal.signal(number, lambda *_: None)  # a handler, since what is ignored is inherited
    return read


def adopt_orphans() -> bool:
    """Become the parent of descendants that lose theirs; whether this system can do that."""
    if sys.platform != "linux" or not os.path.exists("/proc/self/stat"):
        return False
    import ctypes

    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_DUMPABLE, 0)  # so that nobody else reads its memory or its pipes
    return libc.prctl(PR_SET_CHILD_SUBREAPER, 1) == 0


def watched(child: int, checker: int, wake: int) -> tuple[str, int]:
    """Wait for an end: how the child ended, and how many other processes were found."""
    poller = select.poll()
    poller.register(0, 0)  # only whether the checker has closed its end
    poller.register(wake, select.POLLIN)
    look = time.monotonic() + TICK
    while True:
        events = dict(poller.poll(TICK * 1000))
        if 0 in events or os.getppid() != checker:
            return "stopped", 0
        stop = wake in events and set(os.read(wake, 1024)) - {signal.SIGCHLD}
        if stop:
            return "stopped", 0
        end = reaped(child)
        if end:
            return end, 0
        if time.monotonic() >= look:
            others = descendants() - {child}
            if others:
                return "stopped", len(others)
            look = time.monotonic() + TICK


def reaped(child: int) -> str:
    """Take leave of all that have ended; how the child did, if it was among them."""
    end = ""
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child:
                signalled = os.WIFSIGNALED(status)
                end = f"signal {os.WTERMSIG(status)}" if signalled else f"exit {status >> 8}"
    return end


def swept(child: int) -> int:
    """Kill all that are left, until there are none; how many there were besides the child."""
    killed: set[int] = set()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        for pid in descendants():
            killed.add(pid)
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:  # nobody is left
            break
        time.sleep(0.001)
    return len(killed - {child})


def descendants() -> set[int]:
    """All processes below this one, as /proc knows them."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if sys.platform == "linux" else ():
        if name.isdigit():
            with (
                suppress(OSError, ValueError, IndexError),
                open(f"/proc/{name}/stat", "rb") as file,
            ):
                parent = int(file.read().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    found, todo = set(), [os.getpid()]
    while todo:
        below = children.get(todo.pop(), [])
        todo += set(below) - found
        found.update(below)
    return found


def remove(folder: str) -> None:
    """Remove the folder, also what was made unreadable in it; links are not followed."""
    below = []
    with suppress(OSError, RecursionError):
        for parent, folders, files in os.walk(folder):
            below += [os.path.join(parent, name) for name in (*folders, *files)]
            for path in (os.path.join(parent, name) for name in folders):
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
    for path in (*below[::-1], folder):  # what lies within comes first
        with suppress(OSError):
            is_folder = os.path.isdir(path) and not os.path.islink(path)
            os.rmdir(path) if is_folder else os.unlink(path)


if __name__ == "__main__":
    main()
