"""Damaged and hostile files, thousands of them: each must end in an answer or a sentence.

    python tests/fuzz.py checkpoints --count 20000
    python tests/fuzz.py pictures --count 5000
    python tests/fuzz.py checkpoints --case 1234        (one of them, here, with its traceback)

A case is its number: the same number (and seed) gives the same file. Cases run in batches, each in
a child process that may take MEMORY bytes more than it has at its start; a case that takes longer
than SECONDS is killed. With --out FILE, finished batches are noted there: the same command goes on
after them. Exit code 1 when a case has a fault: a traceback, a message that is no sentence, a
crash, a hang, too much memory, or a file that it left behind.
"""

import argparse
import importlib
import json
import multiprocessing
import os
import resource
import select
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
os.environ["MINIVIT_BACKEND"] = "numpy"  # nothing is compiled, and threads don't survive a fork
os.environ["MINIVIT_NUM_THREADS"] = "1"

KINDS = ("checkpoints", "pictures")
BATCH, SECONDS, MEMORY = 100, 10, 10**9


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--count", type=int, default=1000, help="cases (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, help="of all cases (default: 0)")
    parser.add_argument("--case", type=int, help="run only this one, in this process")
    parser.add_argument("--out", type=Path, help="file to note finished batches in, and go on from")
    parser.add_argument("--jobs", type=int, default=1, help="batches at once (default: 1)")
    arguments = parser.parse_args(argv)
    kind, seed = arguments.kind, arguments.seed
    if arguments.case is not None:
        with tempfile.TemporaryDirectory() as folder:
            print(*cases_of(kind).run_case(Path(folder), seed, arguments.case))
        return 0
    with tempfile.TemporaryDirectory() as folder:  # what is made once is made before the forks
        cases_of(kind).run_case(Path(folder), seed, 0)
    done = finished(arguments.out, kind, seed)
    starts = [n for n in range(0, arguments.count, BATCH) if n not in done]
    tasks = [(kind, seed, n, min(n + BATCH, arguments.count)) for n in starts]
    began = time.perf_counter()
    with multiprocessing.get_context("fork").Pool(arguments.jobs, maxtasksperchild=1) as pool:
        for result in pool.imap_unordered(run_batch, tasks):
            done[result["start"]] = result
            note(arguments.out, kind, seed, result)
            for fault in result["faults"]:
                print(fault, flush=True)
    return report(kind, done, time.perf_counter() - began)


def cases_of(kind: str):
    """The module that knows the cases: `prepared()`, `run_case(folder, seed, number)`."""
    return importlib.import_module(f"fuzz_{kind}")


def report(kind: str, done: dict, seconds: float) -> int:
    """Print the figures of all batches; 1 when there was a fault."""
    batches = done.values()
    faults = sum(len(batch["faults"]) for batch in batches)
    ends: dict[str, int] = {}
    for batch in batches:
        for end, count in batch["ends"].items():
            ends[end] = ends.get(end, 0) + count
    print(
        f"{sum(batch['cases'] for batch in batches):,} {kind}: {faults} with a fault; exit codes "
        f"{ends}; slowest {max(batch['slowest'] for batch in batches):.1f} s; most memory "
        f"{max(batch['memory'] for batch in batches) / 1e6:,.0f} MB; {seconds:.0f} s in this run"
    )
    return 1 if faults else 0


def finished(path: Path | None, kind: str, seed: int) -> dict[int, dict]:
    """The batches that a former run has noted, by their first case; half a line is none."""
    done = {}
    if path is not None and path.exists():
        for line in path.read_text().splitlines():
            try:
                noted = json.loads(line)
            except ValueError:
                continue
            if (noted["kind"], noted["seed"]) == (kind, seed):
                done[noted["start"]] = noted
    return done


def note(path: Path | None, kind: str, seed: int, result: dict) -> None:
    if path is not None:
        with path.open("a") as file:
            file.write("\n" + json.dumps({"kind": kind, "seed": seed, **result}))


def run_batch(task: tuple[str, int, int, int]) -> dict:
    """Run cases `start` to `stop`, each watched; one that dies or hangs stops no other."""
    kind, seed, start, stop = task
    result = {"start": start, "cases": stop - start, "faults": [], "ends": {}, "slowest": 0.0,
              "memory": 0}  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        while start < stop:
            reader, writer = os.pipe()
            child = os.fork()
            if not child:
                os.close(reader)
                run_cases(kind, seed, range(start, stop), folder, writer)
                os._exit(0)
            os.close(writer)
            start = watch(child, reader, start, result)
            os.close(reader)
    return result


def run_cases(kind: str, seed: int, numbers: range, parent: str, writer: int) -> None:
    """In the child: say what every case came to, a line each."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
    if pages:
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    # What a decoder's C code writes would be seen by a user, too.
    said = tempfile.TemporaryFile()  # noqa: SIM115
    os.dup2(said.fileno(), 1)
    os.dup2(said.fileno(), 2)
    folder = Path(tempfile.mkdtemp(dir=parent))
    for number in numbers:
        end, fault = cases_of(kind).run_case(folder, seed, number)
        for file in folder.iterdir():
            file.unlink()
        if not fault and os.fstat(said.fileno()).st_size:
            said.seek(0)
            fault = f"C code wrote {said.read(200)!r}"
        os.lseek(said.fileno(), 0, os.SEEK_SET)
        os.ftruncate(said.fileno(), 0)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        line = json.dumps({"number": number, "end": end, "fault": fault, "memory": memory})
        os.write(writer, line.encode() + b"\n")


def watch(child: int, reader: int, number: int, result: dict) -> int:
    """In the parent: gather the lines until the child is done; return the case to go on with."""
    waiting, began, rest = True, time.perf_counter(), b""
    why = ""
    while waiting:
        left = began + SECONDS - time.perf_counter()
        ready, _, _ = select.select([reader], [], [], max(left, 0))
        data = os.read(reader, 1 << 16) if ready else b""
        if not data:
            why = "" if ready else f"took longer than {SECONDS} s"
            waiting = False
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            noted = json.loads(line)
            result["slowest"] = max(result["slowest"], time.perf_counter() - began)
            result["memory"] = max(result["memory"], noted["memory"])
            result["ends"][noted["end"]] = result["ends"].get(noted["end"], 0) + 1
            if noted["fault"]:
                result["faults"].append(f"case {noted['number']}: {noted['fault']}")
            number, began = noted["number"] + 1, time.perf_counter()
    if why:
        os.kill(child, 9)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        result["faults"].append(f"case {number}: {why or f'ended the process with {status}'}")
        return number + 1
    return number


if __name__ == "__main__":
    sys.exit(main())
