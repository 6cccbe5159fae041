"""What went wrong in a student's process, each in one sentence."""

import signal

from minivit.checking.student.isolation.answers import Failed, expected, shown
from minivit.checking.student.isolation.starting import End, Limits

LOADING = "loading the file"
LINES = 20  # of what was printed
TROUBLES = {  # the kinds of an exception, and what a failure is called then; else "raised"
    "NotImplementedError": "not implemented",
    "MemoryError": "memory",
    "SystemExit": "ended",
    "Borrowed": "borrowed",
    "numpy": "numpy",
    "minivit": "minivit",
}


def failed(trouble, doing: str, limits: Limits) -> Failed:
    """An exception, or what else a process tells of itself; ProtocolError if it is nothing such."""
    fields = trouble if type(trouble) is dict else {}
    kind, name, text = (expected(fields, field, (str,)) for field in ("kind", "name", "text"))
    line = expected(fields, "line", (int, type(None)))
    name, text = shown(name, 80), shown(text)
    what = TROUBLES.get(kind, "raised")
    if what == "raised" and doing == LOADING:
        what = "load"
    where = f"line {line}" if line else doing
    told = f"{name}: {text}" if text else name
    sentence = {
        "Borrowed": f"{doing} calls minivit's own {name}, and is to do that work itself",
        "numpy": f"{doing} replaced {name}: use NumPy as it is",
        "minivit": f"{doing} replaced {name}: leave minivit as it is",
        "MemoryError": f"{where} asks for more than {amount(limits.memory)} of memory ({told})",
        "SystemExit": f"{where} ended the program, with sys.exit or the like ({told})",
        "NotImplementedError": f"{where} is still to be written ({told}){alone(doing, text)}",
        "ModuleNotFoundError": f"{where} raised {told}: it is not installed, or lies beside the "
        "file, which is loaded alone",
        "Undecodable": f"{where} is not UTF-8 ({text}): save the file as UTF-8",
    }.get(kind, f"{where} raised {told}")
    return Failed(what, sentence, name=name, line=line)


def alone(doing: str, text: str) -> str:
    """How one exercise is checked in a file that stops at another, which is still to be written."""
    if doing != LOADING or not text.startswith("exercise "):
        return ""
    return "; `--exercise NUMBER` checks one exercise alone, and the others may stay open"


def ended(end: End, late: float | None, doing: str, limits: Limits) -> Failed:
    """A process that is gone; `late` is the time that it had, if it was ended for that."""
    if end.processes:
        many = f"{end.processes} processes" if end.processes > 1 else "a process"
        return Failed("processes", f"{doing} started {many}: only functions may be called")
    if late is not None:
        return Failed("slow", f"{doing} took longer than {late:g} s")
    if end.how == "exit":
        code = f"its process ended with exit code {end.code}"
        return Failed("ended", f"{code} during {doing}, before there was a result")
    if end.how == "stopped":
        return Failed("ended", f"its process closed the pipe of its results during {doing}")
    return by_signal(end.code, doing, limits)


def by_signal(number: int, doing: str, limits: Limits) -> Failed:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if name in ("SIGXCPU", "SIGKILL"):
        most = f"{limits.processor_seconds} s of processor time, or all of the machine's memory"
        return Failed("ended", f"{name} ended its process during {doing}: it used {most}")
    why = {"SIGSEGV": "a crash in memory that is not its own", "SIGABRT": "it gave itself up"}
    more = f" ({why[name]})" if name in why else ""
    return Failed("ended", f"{name} ended its process during {doing}{more}")


def printed(doing: str, limits: Limits) -> str:
    return f"{doing} printed more than {amount(limits.written)}"


def imported(op: str, line: int) -> str:
    return f"line {line} takes {op} from minivit: the file is to do that work itself"


def amount(count: int) -> str:
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= size:
            return f"{count / size:.4g} {unit}"
    return f"{count} bytes"


def lines(printed: bytes, length: int) -> str:
    """The first lines of what was printed, and "..." where that is not all.

    `printed` is the beginning of it, `length` how many bytes all of it has.
    """
    text = printed.decode("utf-8", "replace").splitlines()
    is_cut = len(text) > LINES or length > len(printed)
    return "\n".join([*(shown(line, 200) for line in text[:LINES]), *["..."] * is_cut])
