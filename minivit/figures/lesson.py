"""The picture that a lesson leaves: drawn, kept, and said in words."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from minivit.figures.saving import can_draw, new_figure, save_figure


def keep_picture(draw: Callable, name: str, width: float, height: float) -> None:
    """Let `draw` fill an empty figure of `width` x `height` inches, and save it under this name.

    Axes with labelled lines or bars get a legend. Prints what the figure shows, which is the
    docstring of `draw`, and where it lies; without matplotlib, that nothing is drawn.
    """
    if not can_draw():
        print(f"No picture {name}: it needs matplotlib (pip install matplotlib)")
        return
    figure = new_figure(width, height)
    figure.set_layout_engine("constrained")
    draw(figure)
    for axes in figure.axes:
        if axes.get_legend() is None and axes.get_legend_handles_labels()[1]:
            axes.legend(fontsize="small")
    path = picture_folder() / name
    save_figure(figure, path)
    print(f"{' '.join((draw.__doc__ or name).split()).removesuffix('.')}: {path}")


def picture_folder() -> Path:
    """The folder `out` of the current one, made if need be; a temporary one if it can't be written.

    A lesson prints where its picture lies.
    """
    out = Path("out")
    try:
        out.mkdir(exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="minivit-"))
    return out
