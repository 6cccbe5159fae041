"""The folder in which compiled kernels lie.

A kernel may call a function from another file. If that file is edited, Numba's own cache does not
notice, and the old machine code goes on running. So the folder's name changes with all that the
code depends on: every source in kernels/, the processor, Python, NumPy, Numba and llvmlite. kept.py
writes the files in it. `minivit warmup` removes folders that no installation uses
(installations.py).
"""

import hashlib
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

import llvmlite
import llvmlite.binding
import numba
import numpy

from minivit.errors import InputError

from . import installations
from .kept import ENDING

# Numba's settings (NUMBA_... in the environment) that change the code.
CODE_FLAGS = (
    "ENABLE_AVX", "LOOP_VECTORIZE", "SLP_VECTORIZE", "BOUNDSCHECK", "DEBUGINFO_DEFAULT",
)  # fmt: skip


def cache_folder() -> Path | None:
    """The folder, made if need be; None when MINIVIT_CACHE=0 or no place can be written.

    On a full disk: the folder that holds kernels already. InputError for another MINIVIT_CACHE.
    """
    if is_off():
        return None
    folders = [base / f"kernels-{fingerprint()}" for base in places()]
    found = next(filter(can_be_written, folders), None) or next(filter(has_ours, folders), None)
    if found is not None:
        installations.leave_note(found, machine())
    return found


def is_off() -> bool:
    """Whether MINIVIT_CACHE is 0; InputError for anything but 0, 1 and nothing."""
    given = os.environ.get("MINIVIT_CACHE", "")
    if given not in ("", "0", "1"):
        raise InputError(
            f"MINIVIT_CACHE is {given!r}: expected 0, which turns the cache of compiled kernels "
            "off, or 1; where the cache lies, XDG_CACHE_HOME says"
        )
    return given == "0"


def why_none() -> str:
    """Why there is no folder, in words."""
    if is_off():
        return "MINIVIT_CACHE=0"
    first, second = places()
    return f"neither {first} nor {second} can be written"


def places() -> tuple[Path, Path]:
    """Where the folder may lie: at home, or else in the temporary folder."""
    return user_folder(), temporary_folder()


def old_folders() -> list[Path]:
    """Folders that no installation uses."""
    own = f"kernels-{fingerprint()}"
    return sorted(
        path
        for base in set(places())
        for path in base.glob("kernels-*")
        if path.is_dir() and path.name not in {own, *installations.used(base)}
    )


def forget_the_gone() -> None:
    """Remove the notes of installations that are gone or have changed."""
    for base in places():
        installations.forget_the_gone(base)


def files(folder: Path) -> list[Path]:
    """The files of compiled code in it."""
    return list(folder.glob(f"*{ENDING}"))


def size(folder: Path) -> int:
    """Bytes of all files in it, without those that vanish meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total


def remove(folder: Path) -> bool:
    """Remove the folder; whether it is gone now."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def fingerprint() -> str:
    """Twelve hexadecimal digits that change with the sources, the processor and the versions."""
    versions = (sys.version, numpy.__version__, numba.__version__, llvmlite.__version__)
    depends = (installations.sources(), machine(), versions)
    return hashlib.sha256(repr(depends).encode()).hexdigest()[:12]


def machine() -> tuple:
    """The processor, and Numba's settings that change the code."""
    features = llvmlite.binding.get_host_cpu_features().flatten()
    flags = (numba.config.CPU_NAME, numba.config.CPU_FEATURES, numba.config.OPT)
    flags += tuple(getattr(numba.config, name, None) for name in CODE_FLAGS)
    return platform.machine(), llvmlite.binding.get_host_cpu_name(), features, flags


def user_folder() -> Path:
    """Where programs on this system keep their caches."""
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]) / "minivit"
    try:
        home = Path.home()
    except RuntimeError:  # a user without a home
        return temporary_folder()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "minivit"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "minivit"
    return home / ".cache" / "minivit"


def temporary_folder() -> Path:
    """The user's own, in a place that all users of the machine may share."""
    return Path(tempfile.gettempdir()) / f"minivit-{user_name()}"


def user_name() -> str:
    """What tells the users of a shared temporary folder apart."""
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")


def can_be_written(folder: Path) -> bool:
    """Whether the folder is there, is ours, and takes files."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not is_ours(folder):
            return False
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))  # a full disk has room for an empty file
        return True
    except OSError:
        return False


def has_ours(folder: Path) -> bool:
    """Whether the folder is ours and holds compiled code, even if it takes no more."""
    try:
        return is_ours(folder) and bool(files(folder))
    except OSError:
        return False


def is_ours(folder: Path) -> bool:
    """Whether nobody else owns it: machine code that others could have put there is not run."""
    if not hasattr(os, "getuid"):
        return True
    return all(place.stat().st_uid == os.getuid() for place in (folder, folder.parent))
