"""Figures of matplotlib: made, written whole or not at all, and known again.

Matplotlib is imported where it is used, so that everything else works without it. Figures are
built without pyplot: it keeps global state, and on some machines looks for a screen.
"""

import importlib.util
import warnings
from pathlib import Path

from minivit.errors import InputError
from minivit.figures.look import DPI
from minivit.files import replacing

BEGINNING = 1 << 12  # bytes in which a file says by what it was made


def can_draw() -> bool:
    """Whether matplotlib is installed; it is not imported. `attention_picture` does without."""
    return importlib.util.find_spec("matplotlib") is not None


def check_can_draw() -> None:
    """InputError without matplotlib."""
    if not can_draw():
        raise InputError(
            "drawing needs matplotlib, which is not installed; run pip install matplotlib"
        )


def new_figure(width: float, height: float):
    """An empty figure of `width` x `height` inches; InputError without matplotlib."""
    check_can_draw()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, facecolor="white")


def save_figure(figure, path: str | Path, *, software: str = "minivit") -> None:
    """Write a figure as the PNG or SVG file that the path names; the same figure, the same bytes.

    The file says by which `software` it was made. Raises OSError when it can't be written.
    """
    import matplotlib

    kind = Path(path).suffix.lower().removeprefix(".")
    metadata = {"png": {"Software": software}, "svg": {"Creator": software, "Date": None}}[kind]
    with (
        replacing(path) as partial,  # its name ends in .partial, hence the format
        warnings.catch_warnings(),
        matplotlib.rc_context({"svg.hashsalt": "minivit"}),  # else its names are drawn by chance
    ):
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a name may be in any script
        figure.savefig(partial, format=kind, metadata=metadata)


def was_made_by(path: Path, software: str) -> bool:
    """Whether `save_figure` wrote this file for this software: so that no other is overwritten."""
    with path.open("rb") as file:
        beginning = file.read(BEGINNING)
    entry = f"Software\0{software}".encode()
    in_png = len(entry).to_bytes(4, "big") + b"tEXt" + entry  # an entry's length, kind and text
    in_svg = f"<dc:title>{software}</dc:title>".encode()
    return in_png in beginning or in_svg in beginning
