"""Kills trainings at random moments, and shows that nothing is lost: python tests/kills.py

A small `minivit train` is killed (SIGKILL: no handler runs) again and again, while it trains or
saves, and goes on with --resume until it is done. Every other run overwrites a finished one with
--force. After each kill the checkpoint must be whole and no older than before; in the end all bits
must be those of a run that nobody disturbed, with the same files and none beside them.

The figures lie in the working folder: started again, the command goes on with its count.
"""

import argparse
import io
import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

from killed_runs import Saved, compare, lost, partial_files, saved

EPOCHS = 12
RECIPE = f"--width 8 --depth 1 --heads 2 --mlp 8 --batch 24 --epochs {EPOCHS}".split()


def live(arguments: list[str], log: Path) -> None:
    """A life: one `minivit train` on small data, in a process of its own.

    No pictures are drawn: that would take longer than all the rest.
    """
    with log.open("w") as said:
        sys.stdout = sys.stderr = said
        code = train(arguments)
        said.flush()
    os._exit(code)


def train(arguments: list[str]) -> int:
    import small_training
    from tqdm import tqdm

    import minivit.data
    import minivit.figures
    import minivit.training.run
    from minivit.cli.main import main

    tqdm.set_lock(threading.RLock())  # its own is also for several processes, and outlives a kill
    data = small_training.small_data()
    minivit.figures.can_draw = lambda: False
    minivit.figures.attention_picture = lambda *arguments: None
    minivit.data.load_dataset = lambda name, image=None: data
    minivit.training.run.load_dataset = lambda name: data
    return main(["train", *arguments])


@dataclass
class Killer:
    """`work` is the folder of everything; `moments` decides who dies when."""

    work: Path
    backend: str
    moments: random.Random
    figures: Counter = field(default_factory=Counter)
    length: float = 1.0  # seconds of a life, about; others may use the processors, too
    orphans: set[Path] = field(default_factory=set)  # half-written files of those killed before

    def __post_init__(self):
        # A fork begins with everything imported; the kernels' threads don't survive one.
        method = "fork" if self.backend == "numpy" else "spawn"
        self.processes = multiprocessing.get_context(method)
        self.log = self.work / "life.log"
        if method == "fork":
            with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
                train(["--out", folder, *RECIPE])  # imports all that a life needs

    def life(self, *arguments: str):
        process = self.processes.Process(target=live, args=(list(arguments), self.log), daemon=True)
        process.start()
        return process

    def undisturbed(self, folder: Path, seed: int) -> None:
        """A whole run, timed."""
        started = time.perf_counter()
        process = self.life("--out", str(folder), *RECIPE, "--seed", str(seed))
        process.join()
        self.check(process.exitcode == 0, f"the undisturbed run ended with {process.exitcode}")
        self.length = time.perf_counter() - started

    def run(self, folder: Path, seed: int, most: int, after_kill) -> None:
        """One run, killed until it is done or `most` are killed, then left to finish.

        An earlier run in `folder`, of another seed, is overwritten.
        """
        begin = ["--out", str(folder), *RECIPE, "--seed", str(seed)]
        begin += ["--force"] if folder.exists() else []
        kills, before = 0, saved(folder)
        while True:
            begun = before is not None and before.seed == seed
            self.orphans = partial_files(folder)
            process = self.life(*(["--resume", str(folder)] if begun else begin))
            if kills < most:
                self.kill(process, folder)
            process.join()
            if process.exitcode == 0:
                self.length *= 0.9 if kills < most else 1  # it was done before its moment came
                return
            self.length *= 1.03
            self.check(process.exitcode == -9 and kills < most, f"exit code {process.exitcode}")
            kills += 1
            now = saved(folder)
            self.check(not lost(before, now), f"after {before} there is {now}")
            self.count(folder, seed, now)
            before = now
            after_kill()

    def count(self, folder: Path, seed: int, now: Saved | None) -> None:
        """In which moment the last one was killed."""
        begun = now is not None and now.seed == seed
        self.figures["kills"] += 1
        self.figures["before a run's first checkpoint was whole"] += not begun
        self.figures["while a file was half written"] += not partial_files(folder) <= self.orphans
        self.figures["with all epochs done"] += begun and now.epoch == EPOCHS

    def kill(self, process, folder: Path) -> None:
        """At any moment of a life; every second time as soon as a file is being written."""
        moment = self.moments.random()
        if self.moments.random() < 0.5:
            process.join(moment * self.length)
        else:
            process.join(moment * self.length * 0.7)
            while process.is_alive() and partial_files(folder) <= self.orphans:
                pass
            process.join(self.moments.random() * 0.001)
        process.kill()

    def check(self, right: bool, what: str) -> None:
        if not right:
            said = self.log.read_text() if self.log.exists() else ""
            raise AssertionError(f"{what}; after {dict(self.figures)}; it said:\n{said}")


def kill_many(work: Path, count: int, backend: str = "numpy", seed: int = 0, say=print) -> Counter:
    """Kill `count` trainings in all, counting those of former calls on this folder."""
    from minivit.files import replacing

    work.mkdir(parents=True, exist_ok=True)
    kept = work / "figures.json"
    figures = Counter(json.loads(kept.read_text()) if kept.exists() else {})
    moments = random.Random(f"{seed} {figures['kills']}")
    killer = Killer(work, backend, moments, figures)
    number = sum(1 for entry in work.iterdir() if entry.is_dir())  # a new one: orphans may live on
    wholes = [work / f"whole-{number}-{seed_of_run}" for seed_of_run in (0, 1)]
    for seed_of_run, whole in enumerate(wholes):
        killer.undisturbed(whole, seed_of_run)

    def keep():
        with replacing(kept) as partial:
            partial.write_text(json.dumps(figures))

    while figures["kills"] < count:
        folder = work / f"run-{number}"
        for seed_of_run, whole in enumerate(wholes):  # the second one overwrites the first
            most = min(moments.randrange(1, 13), count - figures["kills"])
            killer.run(folder, seed_of_run, most, keep)
            compare(folder, whole, killer.check)
            figures["runs"] += 1
            keep()
        shutil.rmtree(folder)
        say(f"{figures['kills']:,} of {count:,} kills, {figures['runs']:,} runs", flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="kills in all (default: 1000)")
    parser.add_argument("--backend", choices=("numpy", "numba"), default="numpy")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    parser.add_argument("--work", type=Path, help="folder (default: minivit-kills-BACKEND in the "
                        "system's folder for temporary files)")  # fmt: skip
    given = parser.parse_args()
    os.environ |= {"MINIVIT_BACKEND": given.backend, "MINIVIT_NUM_THREADS": "1"}
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    work = given.work or Path(tempfile.gettempdir()) / f"minivit-kills-{given.backend}"
    started = time.perf_counter()
    figures = kill_many(work, given.count, given.backend, given.seed)
    minutes = (time.perf_counter() - started) / 60
    print(", ".join(f"{name}: {number:,}" for name, number in figures.items()))
    print(f"Nothing was lost, and every run ended in the same bits ({minutes:.1f} minutes).")


if __name__ == "__main__":
    main()
