"""Where a path leads that a student's code names: into its own folder, or elsewhere."""

# By name, so that code which replaces os.path.realpath replaces nothing here.
from os import altsep, devnull, fsdecode, getpid, pardir, readlink, sep
from os.path import abspath, isabs, join, realpath

PROCESSES = "/proc"


class Folder:
    """The folder of a student's process, in which alone it may change files."""

    def __init__(self, path: str):
        self.real = realpath(path)

    def holds(self, path, start: int = -1) -> bool:
        """Whether a path lies in the folder; False where that can't be told.

        A number stands for an open file. `start` is that of an open folder in which a relative
        path begins, or -1.
        """
        if isinstance(path, int):
            path = open_file(path)
            if not isabs(path):  # a pipe, or nothing that is open
                return path.startswith("pipe:")
        elif path is None:
            return True
        else:
            path = fsdecode(path)
        if path == devnull:
            return True
        if start != -1 and not isabs(path):
            begin = open_file(start)
            if not isabs(begin):
                return False
            path = join(begin, path)
        return is_inside(realpath(path), self.real)

    def may_be_led_to(self, target) -> bool:
        """Whether a link to there stays in the folder, wherever in it the link is moved."""
        target = fsdecode(target)
        return pardir not in parts(target) and (
            not isabs(target) or is_inside(realpath(target), self.real)
        )


def open_file(number: int) -> str:
    """The path of an open file, as Linux knows it: "pipe:[7]" of a pipe; "" where none is known."""
    try:
        return readlink(f"{PROCESSES}/self/fd/{number}")
    except OSError:
        return ""


def is_inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(sep) + sep)


def parts(path: str) -> list[str]:
    return path.replace(altsep or sep, sep).split(sep)


def of_another_process(path: str) -> bool:
    """Whether a path is of what Linux tells of a process that is not this one."""
    return any(
        names[1] == "proc" and names[2].isdigit() and int(names[2]) != getpid()
        for names in (parts(abspath(path)), parts(realpath(path)))
        if len(names) > 3
    )
