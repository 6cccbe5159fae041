"""Where compiled kernels lie on the disk.

Numba's own cache does not notice an edit in a function that a kernel calls from another file: the
old machine code would go on running. So the folder is named after all that the code depends on:
every source in kernels/, the processor, Python, NumPy, Numba and llvmlite.
"""

import hashlib
import os
import platform
import sys
import tempfile
from pathlib import Path

import llvmlite
import llvmlite.binding
import numba
import numpy


def cache_folder() -> Path | None:
    """The folder, made if need be; None when MINIVIT_CACHE=0 or no place can be written."""
    if os.environ.get("MINIVIT_CACHE") == "0":
        return None
    for base in (user_folder(), Path(tempfile.gettempdir()) / f"minivit-{user_name()}"):
        folder = base / f"kernels-{fingerprint()}"
        if can_be_written(folder):
            return folder
    return None


def fingerprint() -> str:
    """Twelve letters that change with the sources, the processor and the versions."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + source.read_bytes())
    flags = (numba.config.CPU_NAME, numba.config.CPU_FEATURES, numba.config.OPT)
    features = llvmlite.binding.get_host_cpu_features().flatten()
    machine = (platform.machine(), llvmlite.binding.get_host_cpu_name(), features)
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
        return Path(tempfile.gettempdir()) / f"minivit-{user_name()}"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "minivit"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "minivit"
    return home / ".cache" / "minivit"


def user_name() -> str:
    """Keeps the users of a shared temporary folder apart."""
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")


def can_be_written(folder: Path) -> bool:
    """Whether the folder is there, is ours, and takes files."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
            return False  # machine code that somebody else could have put there is not run
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
