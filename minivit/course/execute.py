"""Run a lesson cell by cell, in a process of its own: python -m minivit.course.execute FILE RESULTS

RESULTS becomes a JSON list, an entry for each cell of code that was run: what it printed, the
pictures that it left in `out`, and the error that ended it, if one did. It runs in the current
folder, as a script does, with all cells in one `__main__`.
"""

import base64
import contextlib
import io
import json
import sys
import traceback
import types
from pathlib import Path

from minivit.course.cells import Cell, read_cells


def main(file: str, results: str) -> None:
    found = []
    module = types.ModuleType("__main__")
    module.__file__ = file
    sys.modules["__main__"] = module
    sys.argv = [file]
    for cell in read_cells(Path(file).read_text("utf-8")):
        if cell.kind == "code":
            found.append(run_cell(cell, file, module.__dict__))
            if found[-1]["error"]:
                break
    Path(results).write_text(json.dumps(found), "utf-8")


def run_cell(cell: Cell, file: str, names: dict) -> dict:
    """Run one cell; its lines keep the numbers that they have in the file, for tracebacks."""
    out = Path("out")
    before, printed, error = pictures(out), io.StringIO(), ""
    with contextlib.redirect_stdout(printed):  # progress goes to stderr, and is no result
        try:
            source = "\n" * (cell.line - 1) + cell.source
            exec(compile(source, file, "exec", dont_inherit=True), names)
        except SystemExit:
            pass
        except Exception as raised:
            raised.__traceback__ = raised.__traceback__ and raised.__traceback__.tb_next
            printed.write("".join(traceback.format_exception(raised)))
            error = "".join(traceback.format_exception_only(raised)).strip()
    changed = [path for path, state in pictures(out).items() if before.get(path) != state]
    return {"text": printed.getvalue(), "error": error, "figures": [encode(p) for p in changed]}


def pictures(folder: Path) -> dict[Path, tuple[int, int]]:
    """The pictures in a folder, and what changes when one is written again."""
    found = {}
    for path in sorted(folder.glob("*.png")):
        facts = path.stat()
        found[path] = facts.st_mtime_ns, facts.st_size
    return found


def encode(path: Path) -> dict[str, str]:
    return {"name": path.name, "png": base64.b64encode(path.read_bytes()).decode()}


if __name__ == "__main__":
    main(*sys.argv[1:])
