"""What the classes of a model are called."""

from collections.abc import Iterable

from minivit.errors import InputError


def class_names(given: Iterable | None, classes: int) -> list[str]:
    """A name for every class: those that are given, or "0", "1", ... where none are.

    Raises InputError unless there are as many names as classes.
    """
    names = [given] if isinstance(given, str) else [] if given is None else map(str, given)
    names = list(names) or [str(c) for c in range(classes)]
    if len(names) != classes:
        some = ", ".join(names[:5]) + ", ..." * (len(names) > 5)
        raise InputError(
            f"the class names are {some}: {len(names)} for {classes} classes; give one for each"
        )
    return names
