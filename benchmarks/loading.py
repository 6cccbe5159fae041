"""What somebody else's ViT-B/16 costs: to load it, to predict one photo, one image's forward.

The file is made here, of random weights in Hugging Face's layout, float32; it is read once before
anything is timed, so that it comes from the machine's cache. Memory is that of a fresh process.
"""

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from .configurations import CASES, TINY, Case
from .memory import resident_at_most, resident_now
from .options import Options, need_kernels, progress
from .rows import NOTE, row, show
from .sides import Worker
from .step import model_worker
from .timing import alternate, time_calls

COLUMNS = {
    "what": "case", "side": "side", "ours": "ours", "against": "against", "theirs": "theirs",
    "unit": "unit", "ratio": "ratio", "times the weights": "times_weights",
}  # fmt: skip
SECONDS = 6.0  # for each figure, all sides together
PHOTO, SIDES = "photo.jpg", (640, 480)


class LoadingSide:
    """minivit, and a checkpoint of others in a folder with a photo."""

    def __init__(self, folder: Path):
        from minivit.backend import use
        from minivit.checkpoints import load
        from minivit.data.picture_files import prepare_picture

        use("numba")
        self.open, self.prepare, self.folder = load, prepare_picture, folder
        self.imported = resident_now()

    def load(self, count: int) -> list[float]:
        """Seconds of each of `count` loads, after one that is not counted."""
        return time_calls(lambda: self.open(self.folder), count)

    def peak(self) -> int:
        """Bytes that loading and predicting one photo have taken at most, on top of the imports."""
        model = self.open(self.folder)
        model.logits(self.prepare(self.folder / PHOTO, model.preprocessing).image[None])
        return resident_at_most() - self.imported


def measure(options: Options) -> list[dict]:
    """A row each for the time to load, the memory to load and predict, and one image's forward."""
    need_kernels()
    case = replace(TINY if options.tiny else CASES["B/16"], batch=1)
    with tempfile.TemporaryDirectory() as folder:
        weights = write(case, Path(folder, "theirs"))
        rows = loading(case, Path(folder, "theirs"), weights, options)
    return [*rows, forward(case, options)]


def write(case: Case, folder: Path) -> int:
    """A checkpoint of random weights with a photo beside it; how many bytes the weights have."""
    from PIL import Image

    from minivit.checkpoints import export
    from minivit.models import ViT

    progress(f"loading: {case.name}, a file of random weights")
    model = ViT(case.config, seed=0, zero_head=False)
    export(model, "hf", folder)
    Image.effect_noise(SIDES, 90).convert("RGB").save(folder / PHOTO)
    return model.parameters.flat.nbytes


def loading(case: Case, folder: Path, weights: int, options: Options) -> list[dict]:
    """Time and memory, each of a process of its own."""
    progress(f"loading: {case.name}")
    with Worker(LoadingSide, folder, threads=options.threads) as worker:
        seconds = alternate({"numba": worker.timer("load")}, options, usual=SECONDS)["numba"]
    with Worker(LoadingSide, folder, threads=options.threads) as worker:
        peak = worker.ask("peak")
    return [
        row("loading", f"{case.name}, load", "numba", seconds, "s"),
        row(
            "loading", f"{case.name}, load and predict a photo, peak memory", "numba", peak / 1e6,
            "MB", times_weights=peak / weights,
        ),
    ]  # fmt: skip


def forward(case: Case, options: Options) -> dict:
    """The forward of one image, warm; against PyTorch if it is asked for."""
    progress(f"loading: {case.name}, one image")
    names = ["numba", *(["torch"] if options.vs == "torch" else [])]
    with ExitStack() as stack:
        timers = {}
        for name in names:
            worker = stack.enter_context(model_worker(case, name, options.threads))
            worker.ask("build")
            timers[name] = worker.timer("infer")
        seconds = alternate(timers, options, usual=SECONDS)
    theirs = 1e3 * seconds["torch"] if "torch" in seconds else None
    against = "torch" if theirs else None
    return row("loading", f"{case.name}, one image", "numba", 1e3 * seconds["numba"], "ms",
               against, theirs)  # fmt: skip


def report(rows: list[dict]) -> str:
    """The table, and what it is of."""
    note = f"{NOTE}\n" if any(r["ratio"] for r in rows) else ""
    return (
        f"{show(rows, COLUMNS)}\n\n{note}Medians. Random weights in Hugging Face's layout, from "
        "the machine's file cache; peak memory: largest resident size less the size after import."
    )
