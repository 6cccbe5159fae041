"""What a model learns: the classes of images; or, without labels, what is hidden of them.

classes          the logits of C classes
masked-patches   of every corrupted patch its mean colour, in 3 bits a channel: 8 colours of one
                 channel, 512 of three (ViT paper, section 4.6 and appendix B.1.2)
mae              of every hidden patch its pixels; the blocks see the others alone (He et al. 2021)

The last two are for pre-training: fine-tuning leaves what is theirs behind.
"""

from dataclasses import dataclass, fields, replace
from typing import Self

from minivit.errors import InputError
from minivit.fields import described
from minivit.models.configuration import Configuration
from minivit.ops.patch_targets import colour_count

OBJECTIVES = ("classes", "masked-patches", "mae")
MASKED = {"masked-patches": 0.5, "mae": 0.75}  # the part of the patches, unless it is said


@dataclass(frozen=True, kw_only=True)
class Objective(Configuration):
    """The fields of a configuration that say what is learnt, and the numbers that follow."""

    objective: str = described(
        "what is learnt: the classes; or, without labels, the mean colours of corrupted patches "
        "(masked-patches) or the pixels of hidden ones, from those that are left (mae); "
        "`minivit finetune` goes on from there",
        default="classes", choices=OBJECTIVES, group="objective",
    )  # fmt: skip
    masked: float | None = described(
        "part of the patches that are corrupted or hidden; none: 0.5 with masked-patches, 0.75 "
        "with mae", default=None, above=0, below=1, group="objective",
    )  # fmt: skip
    decoder_width: int | None = described(
        "of mae: width of a token in the decoder; none: as wide as in the encoder",
        default=None, least=1, group="objective",
    )  # fmt: skip
    decoder_depth: int = described(
        "of mae: number of blocks in the decoder", default=1, least=0, group="objective"
    )
    normalised_pixels: bool = described(
        "of mae: learn the pixels of a patch less their mean, by their standard deviation",
        default=False, group="objective",
    )  # fmt: skip

    @property
    def hidden(self) -> int:
        """How many patches of an image are corrupted or hidden: at least one, and not all."""
        if self.learns_classes:
            return 0
        part = MASKED[self.objective] if self.masked is None else self.masked
        return min(max(round(part * self.patches), 1), self.patches - 1)

    @property
    def outputs(self) -> int:
        """Numbers in a row of the head's: classes, colours, or pixels of a patch."""
        if self.objective == "masked-patches":
            return colour_count(self.channels)
        return self.pixels if self.objective == "mae" else self.classes

    def classifier(self) -> Self:
        """The same model, as it learns classes."""
        return replace(self, **DEFAULTS)


DEFAULTS = {field.name: field.default for field in fields(Objective)}


def need_classes(c: Configuration, name: str = "this model") -> None:
    """InputError for a model that was pre-trained without labels, with what to do."""
    if not c.learns_classes:
        raise InputError(
            f"{name} was pre-trained by {c.objective} and tells no classes: teach it some, by "
            "`minivit finetune` or minivit.finetune(model, data), or fit a linear map to its "
            "features, by `minivit probe`"
        )
