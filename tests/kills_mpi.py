"""Kills one process of a training of several at random moments: python tests/kills_mpi.py

`mpiexec -n 2 python -m mpi4py -m minivit train`: SIGKILL takes a random process at a random moment,
and its launcher must end the others. The run goes on with --resume until it is done, and another
one begins. After each kill the checkpoint must be whole and no older than before; in the end all
bits must be those of a run that nobody disturbed.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from killed_runs import compare, lost, saved
from launching import LAUNCHERS, begin, end

RECIPE = "--width 8 --depth 1 --heads 2 --mlp 8 --batch 96 --epochs 30 --quiet".split()


def processes(launcher: int) -> list[int]:
    """Those that a launcher has started, by their numbers: the ends of the tree below it."""
    tree, ends = [launcher], []
    while tree:
        parent = tree.pop()
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:  # it has ended
            continue
        tree += map(int, children)
        ends += [parent] * (not children)
    return sorted(set(ends) - {launcher})


def life(mpi: str, arguments: list[str], seconds: float, rng: random.Random) -> bool:
    """Begin a training and kill one of its processes, or see it end; whether it was killed."""
    process = begin(mpi, 2, "-m", "mpi4py", "-m", "minivit", "train", *arguments)
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        time.sleep(0.01)
    found = processes(process.pid) if process.poll() is None else []
    if found:
        os.kill(rng.choice(found), signal.SIGKILL)
    done = end(process, 60)
    if not found and done.returncode:
        raise SystemExit(f"a training failed: {done.stdout}{done.stderr}")
    return bool(found)


def main(count: int, seed: int, mpi: str) -> None:
    rng, kills, runs, learnt = random.Random(seed), 0, 0, 0
    work = Path(tempfile.mkdtemp())
    whole, folder = work / "whole", work / "run"
    began = time.monotonic()
    end(begin(mpi, 2, "-m", "mpi4py", "-m", "minivit", "train", *RECIPE, "--out", str(whole)))
    longest = time.monotonic() - began

    def check(holds: bool, sentence: str) -> None:
        if not holds:
            raise SystemExit(f"after {kills} kills: {sentence} (seed {seed}, in {work})")

    while kills < count or folder.exists():
        before = saved(folder) if folder.exists() else None
        arguments = (
            ["--resume", str(folder), "--quiet"] if before else [*RECIPE, "--out", str(folder)]
        )
        wait = rng.uniform(0, 1) * longest if kills < count else 3600
        killed = life(mpi, arguments, wait, rng)
        kills += killed
        now = saved(folder) if folder.exists() else None
        check(not lost(before, now), f"{before} was there, and now there is {now}")
        learnt += bool(now and now != before)
        if not killed:
            compare(folder, whole, check)
            shutil.rmtree(folder)
            runs += 1
    shutil.rmtree(work)
    print(f"{kills} kills in {runs} runs; {learnt} lives left a newer checkpoint. "
          "Nothing was lost, and every run ended in the same bits.")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mpi", default=min(LAUNCHERS, default=None), choices=sorted(LAUNCHERS))
    given = parser.parse_args()
    if given.mpi is None:
        sys.exit("needs mpi4py and an mpiexec: pip install 'minivit[mpi]'")
    main(given.count, given.seed, given.mpi)
