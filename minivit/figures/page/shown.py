"""Which models a page can show: a ViT that tells classes, whose attention is the plain one."""

from minivit.errors import InputError
from minivit.models import Config
from minivit.models.objective import need_classes

WHAT_TO_DO = "`minivit look` draws figures of it"


def check_shown(c: Config) -> None:
    """InputError for a model that no page shows, with what it has that a page lacks."""
    need_classes(c)
    lack = what_a_page_lacks(c)
    if lack:
        raise InputError(
            f"this model has {lack}, which the page does not compute: it shows a ViT whose "
            f"attention is the plain one; {WHAT_TO_DO}"
        )


def what_a_page_lacks(c: Config) -> str:
    """The first part of a model that the page's script does not know; "" if it knows all."""
    if c.family != "ViT":
        return f"the convolutions of a {c.family}"
    if c.root is not None:
        return "a backbone of convolutions (a hybrid)"
    options = {
        "relative positions": c.positions == "relative",
        f"top-k attention (top k {c.top_k})": c.top_k is not None,
        f"attention in a window (window {c.window})": c.window is not None,
        "axial attention": c.axial,
    }
    return next((name for name, is_there in options.items() if is_there), "")
