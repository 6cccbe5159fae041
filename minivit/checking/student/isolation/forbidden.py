"""What Python refuses a student's code: it asks a hook of ours before it does such a thing.

The code starts no processes, opens no connection and no database, writes into its own folder alone,
and reads neither minivit's ops nor what the system tells of other processes. Any other file that
its user may read it may read, too.
"""

import os
import sys
from os.path import isabs, isdir, realpath
from types import ModuleType

import minivit
from minivit.checking.student.isolation.paths import (
    Folder,
    is_inside,
    of_another_process,
    parts,
)

STARTS = {"os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system",
          "os.startfile", "pty.spawn", "subprocess.Popen"}  # fmt: skip
OTHERS = {"os.kill", "os.killpg", "resource.prlimit"}
NETWORK = {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"}
# The places of the paths among what an event tells, each with that of the folder that it starts
# in. A link's target counts, since what is written into the link arrives there.
WRITES = {
    "os.remove": ((0, 1),), "os.rmdir": ((0, 1),), "os.mkdir": ((0, 2),), "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),), "os.utime": ((0, 3),), "os.rename": ((0, 2), (1, 3)),
    "os.link": ((0, 2), (1, 3)), "os.symlink": ((1, 2),), "os.truncate": ((0, None),),
    "os.setxattr": ((0, None),), "os.removexattr": ((0, None),), "os.chflags": ((0, None),),
}  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
SILENT = {  # functions that reach out of the process, and of which Python tells no hook
    ("signal", "_signal"): ("pidfd_send_signal",),
    ("os", "posix"): ("pidfd_open", "mkfifo", "mknod", "setpriority", "sched_setaffinity",
                      "sched_setscheduler", "sched_setparam", "setns"),
}  # fmt: skip
HOME = os.path.dirname(realpath(minivit.__file__))
HOUSES = tuple(os.path.join(HOME, house) for house in ("ops", "kernels"))
KERNELS = "minivit's compiled ops, minivit.kernels, are not what a student writes"
REFUSED_MODULES = {
    "numba": "Numba can't be used here: write the op with NumPy",
    "_posixshmem": "memory that other processes share can't be used here",
    "_dbm": "databases can't be used here",
    "_gdbm": "databases can't be used here",
}


def forbid(folder: str) -> None:
    """From now on Python refuses, with a sentence, what a student's code may not do."""
    own, number = Folder(folder), os.getpid()
    silence()

    def hook(event: str, arguments: tuple) -> None:
        if event == "open":
            judge_opening(own, *arguments)
        elif event == "import":
            judge_import(arguments[0])
        elif event in STARTS:
            raise PermissionError("the code tried to start a process, which it may not do here")
        elif event in NETWORK:
            raise PermissionError("the code tried to use the network, which it may not do here")
        elif event in OTHERS and arguments[0] not in (number, 0):
            raise PermissionError("the code tried to signal a process that is not its own")
        elif event == "sqlite3.connect":
            raise PermissionError("the code tried to open a database, which it may not do here")
        elif event in WRITES:
            for path, start in WRITES[event]:
                refuse_unless(own.holds(arguments[path], -1 if start is None else arguments[start]))
            if event == "os.symlink":
                refuse_unless(own.may_be_led_to(arguments[0]))

    sys.addaudithook(hook)


def refuse_unless(is_own: bool) -> None:
    if not is_own:
        raise PermissionError("the code tried to change a file outside of its own folder")


def judge_opening(own: Folder, path, mode, flags: int) -> None:
    """Refuse to open what may not be changed, or read.

    Through a folder that is open, a path is no longer seen from where it starts: so none is opened
    that lies outside, and none goes up from one that does not (`os.open` alone can start there).
    """
    if path is None or isinstance(path, int):  # it is open already
        return
    name = os.fsdecode(path)
    if flags & WRITING or set(mode or "") & set("wax+"):
        refuse_unless(own.holds(name))
    goes_up = not isabs(name) and os.pardir in parts(name)
    if mode is None and (goes_up or (isdir(name) and not own.holds(name))):
        raise PermissionError("the code tried to open a folder that is not its own")
    if of_another_process(name):
        raise PermissionError("the code tried to read what belongs to another process")
    if any(is_inside(realpath(name), house) for house in HOUSES):
        raise PermissionError("the code tried to read minivit's ops, which it is to write itself")


def judge_import(name: str) -> None:
    if f"{name}.".startswith("minivit.kernels."):
        raise ImportError(f"{KERNELS}: write the op with NumPy")
    house = name.partition(".")[0]
    if house in REFUSED_MODULES:
        raise ImportError(REFUSED_MODULES[house])


def silence() -> None:
    """Put functions that refuse in the place of those of SILENT, wherever their modules are."""
    for names, words in SILENT.items():
        for module in (sys.modules[name] for name in names if name in sys.modules):
            for word in words:
                silence_one(module, word)


def silence_one(module: ModuleType, word: str) -> None:
    function = getattr(module, word, None)
    if function is None:
        return
    for kept in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
        kept.discard(function)

    def refused(*inputs, **options):
        raise PermissionError(f"the code tried to call {word}, which it may not do here")

    setattr(module, word, refused)
