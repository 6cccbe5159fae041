"""Where compiled kernels lie on the disk.

A kernel may call a function from another file. If that file is edited, Numba's own cache does not
notice, and the old machine code goes on running. So the folder is named after all that the code
depends on: every source in kernels/, the processor, Python, NumPy, Numba and llvmlite. A folder of
older sources is never read again; `minivit warmup` removes it.
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

KERNELS = Path(__file__).parents[1]

# Settings of Numba's (each NUMBA_... in the environment) that change the code.
CODE_FLAGS = (
    "ENABLE_AVX", "LOOP_VECTORIZE", "SLP_VECTORIZE", "BOUNDSCHECK", "DEBUGINFO_DEFAULT",
)  # fmt: skip


def cache_folder() -> Path | None:
    """The folder, made if need be; None when MINIVIT_CACHE=0 or no place can be written."""
    if os.environ.get("MINIVIT_CACHE") == "0":
        return None
    name = f"kernels-{fingerprint()}"
    return next((base / name for base in places() if can_be_written(base / name)), None)


def why_none() -> str:
    """Why there is no folder, in words."""
    if os.environ.get("MINIVIT_CACHE") == "0":
        return "MINIVIT_CACHE=0"
    first, second = places()
    return f"neither {first} nor {second} can be written"


def places() -> tuple[Path, Path]:
    """Where the folder may lie: at home, or else among what is temporary."""
    return user_folder(), temporary_folder()


def old_folders() -> list[Path]:
    """Caches of other sources or other versions; an older minivit beside this one may read one."""
    name = f"kernels-{fingerprint()}"
    found = {path for base in places() for path in base.glob("kernels-*") if path.is_dir()}
    return sorted(path for path in found if path.name != name)


def size(folder: Path) -> int:
    """Bytes of the files in it, those left out that vanish meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total


def remove(folder: Path) -> bool:
    """Whether the folder is gone now."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def file_names_of_our_own(compiled) -> None:
    """Give the process's number to the files that this kernel may write.

    Numba numbers them from 1 for each kernel. Two processes that compile one at the same moment
    for two dtypes would both write number 1, and one dtype would later run the other's code.
    """
    files = getattr(compiled._cache, "_cache_file", None)
    if hasattr(files, "_data_name_pattern"):  # a later Numba may have mended this
        files._data_name_pattern = files._data_name_pattern.replace(
            ".{number", f".{os.getpid()}-{{number"
        )


def fingerprint() -> str:
    """Twelve letters that change with the sources, the processor and the versions."""
    digest = hashlib.sha256()
    for source in sorted(KERNELS.rglob("*.py")):
        digest.update(source.name.encode() + source.read_bytes())
    flags = (numba.config.CPU_NAME, numba.config.CPU_FEATURES, numba.config.OPT)
    features = llvmlite.binding.get_host_cpu_features().flatten()
    machine = (platform.machine(), llvmlite.binding.get_host_cpu_name(), features)
    flags += tuple(getattr(numba.config, name, None) for name in CODE_FLAGS)
    versions = (sys.version, numpy.__version__, numba.__version__, llvmlite.__version__)
    digest.update(repr((machine, flags, versions)).encode())
    return digest.hexdigest()[:12]


def user_folder() -> Path:
    """Where this system keeps what can be made again."""
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
    """May be shared by all users of the machine."""
    return Path(tempfile.gettempdir()) / f"minivit-{user_name()}"


def user_name() -> str:
    """Keeps the users of a shared temporary folder apart."""
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")


def can_be_written(folder: Path) -> bool:
    """Whether the folder is there, is ours, and takes files."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for place in (folder, folder.parent) if hasattr(os, "getuid") else ():
            if place.stat().st_uid != os.getuid():
                return False  # machine code that somebody else could have put there is not run
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))  # a full disk has room for an empty file
        return True
    except OSError:
        return False
