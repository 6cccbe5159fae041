"""The folder of a run: held while the run goes on, and overwritten only when asked."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from minivit.checkpoints import CHECKPOINT, read_header
from minivit.errors import InputError
from minivit.files import IN_USE, alone_in, remove_orphans, typed
from minivit.training.recipe_reading import RECIPE
from minivit.training.snapshot_files import SNAPSHOTS, beside_snapshots

TABLES = ("history.csv", "places.csv", "timing.csv")
PICTURES = ("attention.png", "curve.png")
OURS = (CHECKPOINT, RECIPE, *TABLES, *PICTURES)  # all that a run ever writes, but for its snapshots


def new_folder(name: str, out: str | Path | None) -> Path:
    """Make the folder of a new run: `out`, or the first free of runs/NAME-1, -2, ...

    Raises InputError when `out` is a file, and OSError when it can't be made.
    """
    if out is None:
        number = 1
        while True:
            try:
                folder = Path("runs") / f"{name}-{number}"
                folder.mkdir(parents=True)
                return folder
            except FileExistsError:
                number += 1
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: choose another folder for the run")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other trainings out of `folder`, and remove what killed ones left half written.

    Raises InputError when another process holds it. The system releases it when the process ends,
    however it ends.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(alone_in(folder))
        except BlockingIOError as error:
            raise InputError(
                f"{folder} is in use: another training writes there; wait until it has ended, or "
                "begin a run of its own with another --out"
            ) from error
        remove_orphans(folder)
        remove_orphans(folder / SNAPSHOTS)
        yield


def check_vacant(folder: Path, *, force: bool = False) -> None:
    """InputError unless a new run may begin in `folder`: an empty one, or with `force` one that
    holds a run of minivit's. Nothing is changed.
    """
    if not others(folder) and not any((folder / name).exists() for name in (*OURS, SNAPSHOTS)):
        return
    if not (folder / CHECKPOINT).exists():
        raise InputError(
            f"{folder} exists and is not empty, but holds no run ({CHECKPOINT} is missing), and "
            "--force only overwrites runs; choose another --out"
        )
    if not force:
        raise InputError(
            f"{folder} exists and is not empty: choose another --out, go on with --resume "
            f"{typed(folder)}, or overwrite the run in it with --force"
        )
    for name in OURS:
        if (folder / name).is_dir():
            raise InputError(f"{folder / name} is a folder: choose another --out")
    if SNAPSHOTS in others(folder):
        raise InputError(
            f"{folder / SNAPSHOTS} is a file or a link, and a run may make a folder of that name: "
            "choose another --out"
        )
    try:
        read_header(folder)
    except (InputError, OSError) as error:
        raise InputError(
            f"--force only overwrites runs, and {error}; or remove the file yourself, or choose "
            "another --out"
        ) from error


def others(folder: Path) -> list[str]:
    """What in `folder` no run has written, by name; folders end in a slash."""
    known = (*OURS, SNAPSHOTS, IN_USE)
    entries = [entry for entry in folder.iterdir() if entry.name not in known]
    names = [f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries]
    return sorted([*names, *beside_snapshots(folder)])


def remove_pictures(folder: Path) -> None:
    """Remove an earlier run's pictures; the first save replaces its tables."""
    for name in PICTURES:
        (folder / name).unlink(missing_ok=True)
