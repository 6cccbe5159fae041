"""What a training says: everything, only its result (--quiet), or lines of JSON (--json)."""

import argparse
import json
import sys
from typing import NamedTuple


class Voice(NamedTuple):
    """How a training speaks."""

    quiet: bool = False
    json: bool = False

    @property
    def talks(self) -> bool:
        """Whether people are told what happens on the way."""
        return not (self.quiet or self.json)

    def say(self, text: str) -> None:
        """Tell people what happens on the way."""
        if self.talks:
            print(text, flush=True)

    def warn(self, text: str) -> None:
        """Tell people what they have to know; on stderr where stdout is kept for the result."""
        print(text, file=sys.stdout if self.talks else sys.stderr, flush=True)

    def event(self, kind: str, **values) -> None:
        """Tell programs: one object in a line, with the kind of the event first."""
        if self.json:
            print(json.dumps({"event": kind, **values}), flush=True)


EVERYTHING = Voice()


def add_voice(parser: argparse.ArgumentParser) -> None:
    """--quiet and --json."""
    how = parser.add_argument_group("what is printed").add_mutually_exclusive_group()
    how.add_argument("--quiet", action="store_true", help="only the result, and errors")
    how.add_argument(
        "--json", action="store_true",
        help="lines for programs, an object each: the recipe, every epoch, the result",
    )  # fmt: skip
