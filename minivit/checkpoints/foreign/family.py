"""What a layout is, and which models it can't express."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING
from typing import NamedTuple

from minivit.checkpoints.foreign.arrays import Arrays
from minivit.checkpoints.foreign.table import Row
from minivit.errors import InputError
from minivit.fields import described_fields, in_words
from minivit.models import ViT, ViTConfig

# Fields that every layout can express, or that play no part in the use of a model.
ALWAYS = ("image", "channels", "patch", "width", "depth", "heads", "mlp", "classes", "cls_token",
          "stochastic_depth", "dropout", "attention_dropout")  # fmt: skip


class Asked(NamedTuple):
    """What the user says of a file; None: nothing."""

    heads: int | None = None
    pool: str | None = None


class Known(NamedTuple):
    """What a file and those beside it tell of its model."""

    config: ViTConfig
    arrays: Arrays  # under the names of the table
    preprocessing: dict
    class_names: list[str] | None
    assumed: dict[str, str]  # what no file tells, and what is taken for it


def no_rows(c: ViTConfig) -> list[Row]:
    """Of a layout that knows no hybrids."""
    return []


class Family(NamedTuple):
    """A layout of checkpoints."""

    name: str  # as `minivit export --to` takes it
    title: str  # "Google's"
    table: Sequence[Row]
    head: tuple[str, str]  # the keys of the head's w and b, which a file may lack
    fits: Callable[[Iterable[str]], bool]  # of a file's keys of today
    looked_for: str  # the keys by which it is known
    today: Callable[[Arrays], Arrays]  # the same under the names of the table
    known: Callable[[Arrays, dict[str, dict], Asked], Known]  # of arrays of today, and JSON files
    can: Mapping[str, tuple | None]  # which values a field may have besides ALWAYS; None: any
    refusals: Callable[[ViTConfig], list[str]]  # what else it can't express, in words
    file: str  # the name of a file of weights
    described: Callable[[ViT], dict[str, dict]]  # the JSON files beside it, by name
    unsaid: Callable[[ViT], str]  # what these don't say of a model that it knows, in words
    backbone: Callable[[ViTConfig], Iterable[Row]] = no_rows  # of what stands in front of a hybrid

    def rows(self, c: ViTConfig) -> Sequence[Row]:
        """The table for this model: behind pooling, timm's LayerNorm has another name."""
        table = [*self.backbone(c), *self.table]
        if not c.norm_after_pool:
            return table
        return [row._replace(theirs=row.theirs.replace("norm.", "fc_norm."))
                if row.ours.startswith("norm.") else row for row in table]  # fmt: skip


def check_expressible(family: Family, c: ViTConfig) -> None:
    """InputError with everything about a model that a layout has no word for."""
    if c.family != "ViT":
        raise InputError(
            f"{family.title} layout can't express a {c.family}: it is one of ViTs; keep minivit's "
            "own file"
        )
    problems = []
    for field in described_fields(c):
        value = getattr(c, field.name)
        if field.name in ALWAYS or not field.help or field.default is MISSING:
            continue
        allowed = family.can.get(field.name, (field.default,))
        if allowed is not None and value not in allowed:
            name = field.name.replace("_", " ")
            problems.append(f"{name} is {in_words(value)}, and it knows "
                            f"{' and '.join(map(in_words, allowed))}")  # fmt: skip
    if c.depth == 0:
        problems.append("depth is 0, and it is known by its blocks")
    problems += family.refusals(c)
    if problems:
        raise InputError(
            f"{family.title} layout can't express this model: {'; '.join(problems)}. Choose "
            "another layout, or keep minivit's own file"
        )
