"""Which installation of minivit uses which folder of kernels.

Several Pythons on one machine may have a minivit each, of different versions, and they keep their
kernels beside each other. Each leaves a note beside the folders: where its Python and its sources
lie, and which folder it uses. A folder that no note names may be removed. A note counts while its
Python is there and its sources are what they were.
"""

import contextlib
import hashlib
import json
import sys
from pathlib import Path

KERNELS = Path(__file__).parents[1]
NOTES = "installations"


def sources(kernels: Path = KERNELS) -> str:
    """A checksum over all sources of an installation's kernels."""
    digest = hashlib.sha256()
    for source in sorted(kernels.rglob("*.py")):
        digest.update(source.relative_to(kernels).as_posix().encode() + source.read_bytes())
    return digest.hexdigest()


def leave_note(folder: Path, machine: tuple) -> None:
    """Say that this installation, on this machine with these settings, uses the folder.

    It replaces the note that was left with an older NumPy or older sources.
    """
    who = repr((sys.executable, str(KERNELS), machine)).encode()
    note = folder.parent / NOTES / f"{hashlib.sha256(who).hexdigest()[:12]}.json"
    says = {
        "python": sys.executable, "kernels": str(KERNELS), "sources": sources(),
        "folder": folder.name,
    }  # fmt: skip
    with contextlib.suppress(OSError):  # without a note the folder may be removed, nothing worse
        if read_note(note) != says:
            note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            note.write_text(json.dumps(says), encoding="utf-8")


def read_note(note: Path) -> dict:
    """What a note says; {} where it is damaged or gone."""
    try:
        says = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    names = ("python", "kernels", "sources", "folder")
    whole = isinstance(says, dict) and all(isinstance(says.get(name), str) for name in names)
    return says if whole else {}


def counts(says: dict) -> bool:
    """Whether the installation that left this note is still there, and as it was."""
    try:
        return bool(
            says
            and Path(says["python"]).exists()
            and sources(Path(says["kernels"])) == says["sources"]
        )
    except (OSError, ValueError):  # ValueError: a path that no file can have
        return False


def used(base: Path) -> set[str]:
    """The names of the folders in `base` that some installation uses."""
    notes = map(read_note, (base / NOTES).glob("*.json"))
    return {says["folder"] for says in notes if counts(says)}


def forget_the_gone(base: Path) -> None:
    """Remove the notes that do not count any more."""
    for note in (base / NOTES).glob("*.json"):
        if not counts(read_note(note)):
            with contextlib.suppress(OSError):
                note.unlink()
