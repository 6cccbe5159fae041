"""The known name that is nearest to an unknown one, for messages."""

import difflib
from collections.abc import Iterable

NEAR = 0.6  # how alike two names must be, 0 to 1, for one to be suggested for the other


def nearest(name: object, known: Iterable[str]) -> str:
    """ "; the nearest is B/16", or nothing where none is near. Capitals don't count."""
    by_lower_case = {k.lower(): k for k in known}
    near = difflib.get_close_matches(str(name).lower(), by_lower_case, n=1, cutoff=NEAR)
    return f"; the nearest is {by_lower_case[near[0]]}" if near else ""
