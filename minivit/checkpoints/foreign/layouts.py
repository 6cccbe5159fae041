"""All layouts, and which of them a file has."""

from minivit.checkpoints.foreign.arrays import Arrays
from minivit.checkpoints.foreign.family import Family
from minivit.checkpoints.foreign.google import GOOGLE
from minivit.checkpoints.foreign.huggingface import HUGGING_FACE
from minivit.checkpoints.foreign.timm import TIMM
from minivit.checkpoints.header import shortened
from minivit.errors import InputError

FAMILIES = {family.name: family for family in (HUGGING_FACE, TIMM, GOOGLE)}
SHOWN = 5  # names in a message


def family_of(arrays: Arrays, model_type: object = None) -> tuple[Family, Arrays]:
    """The layout of a file, and its arrays under the names of the table.

    `model_type`: what a config.json beside it calls it, for the message.

    Raises InputError, with what was looked for, when it has none that is known.
    """
    for family in FAMILIES.values():
        today = family.today(arrays)
        if family.fits(today):
            return family, today
    looked = "; ".join(f"{family.title} has {family.looked_for}" for family in FAMILIES.values())
    called = f" ({shortened(model_type)})" if model_type else ""
    raise InputError(
        f"it is of an unknown family{called}. Looked for: minivit's own has parameters/embed.b; "
        f"{looked}. It holds {named(arrays)}"
    )


def named(names) -> str:
    """Some names in a message, each cut to 100 characters."""
    names = [name[:100] for name in sorted(names)]
    rest = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return (", ".join(names[:SHOWN]) or "no arrays") + rest
