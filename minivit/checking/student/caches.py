"""What a backward that stands alone is given: the cache of minivit's own forward, field by field.

The fields, their types and their shapes are those that stand in `minivit/ops`.
"""

import inspect
import re
import typing
from typing import NamedTuple

from minivit import ops

FIELD = re.compile(r"    (\w+): ([^#=\n]+?)(?: = [^#\n]+?)?(?:  # (.*))?\n")


class Field(NamedTuple):
    """A field of a cache: "x_hat", or "linear.x" of a cache within it."""

    path: str
    kind: str  # its type, as it is written
    meaning: str  # its shape, or what else is told of it


class Cache(NamedTuple):
    """The cache of an op, and how its backward is called."""

    call: str  # layernorm_backward(dy, cache)
    kind: str  # LayerNormCache
    fields: list[Field]


def cache_of(op: str) -> Cache:
    backward = getattr(ops, f"{op}_backward")
    parameters = inspect.signature(backward).parameters
    kind = parameters["cache"].annotation
    call = f"{op}_backward({', '.join(list(parameters)[:2])})"
    return Cache(call, kind.__name__, list(fields(kind)))


def fields(kind: type, before: str = "") -> typing.Iterator[Field]:
    """The fields of a NamedTuple, each followed by those of the cache that it may hold."""
    told = {name: (of, meaning) for name, of, meaning in FIELD.findall(inspect.getsource(kind))}
    for name, holds in kind.__annotations__.items():
        of, meaning = told[name]
        yield Field(before + name, of, meaning)
        for inner in typing.get_args(holds) or (holds,):
            if hasattr(inner, "_fields"):
                yield from fields(inner, f"{before}{name}.")


def lines(op: str) -> list[str]:
    """The cache of an op as text."""
    cache = cache_of(op)
    width = max(len(field.path) for field in cache.fields)
    kinds = max(len(field.kind) for field in cache.fields)
    return [
        f"{cache.call}: cache is a named tuple, minivit.ops' {cache.kind}:",
        *(f"  {path:<{width}}  {kind:<{kinds}}  {meaning}".rstrip()
          for path, kind, meaning in cache.fields),
    ]  # fmt: skip
