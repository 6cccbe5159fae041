"""The page of a run: what it is called and where it lies; `minivit train --explain` writes it."""

from pathlib import Path

from minivit.cli.learning import learning_of
from minivit.cli.page_images import as_many_as_fit, gallery_of, shown_images, tests_of
from minivit.errors import InputError
from minivit.files import replacing

FILE = "explain.html"


def check_page(model, folder: Path) -> None:
    """InputError, before a training, if the page of its run can't be written after it."""
    from minivit.figures.page.explainer import check_explained
    from minivit.figures.page.shell import is_ours

    check_explained(model)
    path = folder / FILE
    if path.exists() and not (path.is_file() and is_ours(path)):
        raise InputError(
            f"{path} was not written by `minivit explain`: move it away, or choose another --out"
        )


def explain_run(model, folder: Path) -> None:
    """Write the page of a new run, in its folder. Raises as `explainer_page` and `learning_of`."""
    from minivit.figures.page.explainer import explainer_page

    tests = tests_of(model)
    shown = as_many_as_fit(model, shown_images(model, [], None, tests))
    gallery = gallery_of(model, tests)
    text = explainer_page(
        model, shown, name=name_of(str(folder)), gallery=gallery, learning=learning_of(folder)
    )
    write_page(text, folder / FILE)


def remove_page(folder: Path) -> None:
    """Remove the page of an earlier run; another file of that name stays."""
    from minivit.figures.page.shell import is_ours

    path = folder / FILE
    if path.is_file() and is_ours(path):
        path.unlink()


def write_page(text: str, path: Path) -> float:
    """Write a page, whole or not at all; returns its megabytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")
    return len(text.encode()) / 1e6


def name_of(run: str) -> str:
    """What the page calls the model: its folder's name, or its file's."""
    from minivit.checkpoints import CHECKPOINT

    path = Path(run).resolve()
    return path.parent.name if path.name == CHECKPOINT else path.name
