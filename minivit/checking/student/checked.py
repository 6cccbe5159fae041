"""A student's file: which ops it defines, and the verdict on each.

    checked = check("student.py")
    assert checked.ok, in_words(checked)

Every op is tried in a process of its own, several at a time.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from minivit import backend
from minivit.checking.calls import OPS
from minivit.checking.student.examine import EXAMPLES, Examined, examine
from minivit.checking.student.findings import of_a_failure
from minivit.checking.student.isolation.answers import Failed
from minivit.checking.student.isolation.process import Defined, StudentProcess
from minivit.checking.student.reference import refuse_changed, refuse_own
from minivit.errors import InputError
from minivit.machine import available_threads
from minivit.nearest import nearest

SECONDS = 10.0  # that a call of a student's function may take


class Checked(NamedTuple):
    """The verdicts on a file."""

    path: str
    ops: tuple[Examined, ...]
    failed: Failed | None  # why the file as a whole could not be looked at
    unlimited: str  # what this system can't limit, in words
    printed: str  # the first lines that the student's code printed
    only: str | None = None  # the op that was asked for, if it was one

    @property
    def ok(self) -> bool:
        """Whether something was checked, and all of it is right."""
        return (
            self.failed is None and bool(self.ops) and all(op.verdict == "right" for op in self.ops)
        )


@backend.unrounded
def check(
    path: str | Path,
    *,
    only: str | None = None,
    seconds: float = SECONDS,
    examples: int = EXAMPLES,
    source: bytes | None = None,
    begin: Callable[[list[str]], None] = lambda ops: None,
    tell: Callable[[Examined], None] = lambda examined: None,
) -> Checked:
    """Check the ops that a file defines, or `only` one of them.

    `source` is what to load in the file's place: the part of it that is to be checked. `begin` is
    called with the ops that are found, then `tell` with each verdict as soon as it is there, in the
    order of the ops. Raises InputError for an op that there isn't, for minivit's own files, and
    where minivit's own op, which is compared with, was changed and is wrong.
    """
    if only is not None and only not in OPS:
        raise InputError(f"{only!r} is no op{nearest(only, OPS)}: expected one of {', '.join(OPS)}")
    refuse_own(path)
    with StudentProcess(path, seconds=seconds, source=source) as process:
        try:
            found = process.ops()
        except Failed as failed:
            return Checked(str(path), (), failed, process.unlimited, process.printed, only)
    names = [op for op in found if only in (None, op)]
    for op in names:
        refuse_changed(op)
    begin(names)
    with ThreadPoolExecutor(min(available_threads(), max(len(names), 1))) as lanes:
        jobs = [lanes.submit(in_a_process, path, op, found[op], seconds, examples, source)
                for op in names]  # fmt: skip
        examined = []
        try:
            for job in jobs:
                examined.append(job.result())
                tell(examined[-1])
        finally:  # after Ctrl-C, those that have not begun
            lanes.shutdown(wait=False, cancel_futures=True)
    return Checked(str(path), tuple(examined), None, process.unlimited, process.printed, only)


@backend.unrounded
def in_a_process(
    path: str | Path, op: str, found: Defined, seconds: float, examples: int, source: bytes | None
) -> Examined:
    """The verdict on one op, in a process that lacks minivit's own."""
    with StudentProcess(path, op=op, seconds=seconds, source=source) as process:
        examined = examine(process, op, found, examples)
    if process.swept and not any(one.kind == "processes" for one in examined.findings):
        failed = Failed("processes", f"{op} left {process.swept} processes behind")
        examined = examined._replace(findings=(*examined.findings, of_a_failure(failed)))
    return examined._replace(printed=process.printed)
