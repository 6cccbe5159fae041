"""Run as a script by `checkouts.CheckoutWorker`: python -P checkout_start.py FOLDER CASE BACKEND
PRECISION [emulate].

The minivit of FOLDER answers, driven by the benchmarks beside this file.
"""

import importlib.util
import os
import pickle
import sys
import traceback
from pathlib import Path


def main(folder: str, *more: str) -> None:
    """Import minivit and the benchmarks, then answer until nobody asks any more."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    try:
        import_from(folder)
        from benchmarks.checkouts import Pickles, side_of
        from benchmarks.sides import serve
    except Exception:
        pickle.load(sys.stdin.buffer)  # the first question; what follows answers it
        answers.write(pickle.dumps(("bug", traceback.format_exc())))
        return
    serve(Pickles(sys.stdin.buffer, answers), side_of, (folder, *more))


def import_from(folder: str) -> None:
    """Let `minivit` be found in the folder alone, and `benchmarks` beside this file."""
    # An editable installation would hand out, from its own folder, what is missing in this one.
    sys.meta_path[:] = [f for f in sys.meta_path if not f.__module__.startswith("__editable__")]
    sys.path.insert(0, folder)
    here = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        "benchmarks", here / "__init__.py", submodule_search_locations=[str(here)]
    )
    sys.modules["benchmarks"] = importlib.util.module_from_spec(spec)


if __name__ == "__main__":
    main(*sys.argv[1:])
