"""Make the next thing in a thread of its own while the present one is used."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Given, Made = TypeVar("Given"), TypeVar("Made")


def ahead(
    make: Callable[[Given], Made], items: Iterable[Given]
) -> Iterator[tuple[Given, Callable[[], Made]]]:
    """Every item, and a function that waits for `make(item)`: it is begun one item before.

    What `make` raises is raised by that function. A caller who stops early waits for what is being
    made.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        begun = None
        for item in items:
            present, begun = begun, (item, thread.submit(make, item).result)
            if present is not None:
                yield present
        if begun is not None:
            yield begun
