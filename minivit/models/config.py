"""The sizes and options of a Vision Transformer."""

import math
from dataclasses import dataclass
from typing import ClassVar

from minivit.fields import check_fields, described, in_words
from minivit.models.backbone_options import Backbone
from minivit.models.combinations import check_together
from minivit.models.objective import Objective
from minivit.ops.gelu import FORMS
from minivit.ops.patchify import patch_grid
from minivit.ops.pool import POOLS
from minivit.ops.sincos_positions import SINCOS

POSITIONS = ("learned", "learned-2d", "relative", *SINCOS, "none")
POSITIONS_AT = ("input", "every-layer", "every-layer-shared")


@dataclass(frozen=True)
class ViTConfig(Objective, Backbone):
    """Everything that decides the shapes and the mathematics of a ViT.

    With a `root` it is a hybrid: its patches are cut out of the map that a backbone makes.

    Raises InputError when the sizes do not fit together.
    """

    family: ClassVar[str] = "ViT"

    image: tuple[int, int] = described(
        "sides of an image in pixels, height x width", least=1, group="sizes"
    )
    channels: int = described("numbers in a pixel", least=1, group="sizes")
    patch: tuple[int, int] = described(
        "sides of a patch in pixels, or in places of a backbone's map; must divide the image's, or "
        "the map's, if patches do not overlap",
        least=1, group="patches",
    )  # fmt: skip
    width: int = described("width D of a token", least=1, group="sizes")
    depth: int = described("number of blocks", least=0, group="sizes")
    heads: int = described(
        "attention heads H; must divide the width, unless a head has a width of its own",
        least=1, group="attention",
    )  # fmt: skip
    mlp: int = described("width M of the MLP's hidden layer", least=1, group="sizes")
    classes: int = described("number of classes C", least=1, group="sizes")
    pool: str = described(
        "what the head reads: the cls token, the mean of the patches' tokens, a mean of all tokens "
        "with learned weights (sequence), or all tokens side by side (flatten)",
        default="cls", choices=POOLS, group="head",
    )  # fmt: skip
    cls_token: bool | None = described(
        "put a cls token in front of the patches; none: only if the head reads it",
        default=None, group="head",
    )  # fmt: skip
    norm_after_pool: bool = described(
        "LayerNorm what was pooled, instead of every token before", default=False, group="head"
    )
    pre_logits: int | None = described(
        "width R of a hidden layer with a tanh in front of the head; none: there is no such layer",
        default=None, least=1, group="head",
    )  # fmt: skip
    positions: str = described(
        "what is added to a token for its place: a learned vector each (learned), or one for its "
        "row and one for its column (learned-2d); fixed sines and cosines of its number (sincos), "
        "or of its row and column, as in big_vision (sincos-2d) or in MAE (sincos-2d-mae); or "
        "nothing; relative: attention's scores tell how far apart query and key lie",
        default="learned", choices=POSITIONS, group="positions",
    )  # fmt: skip
    positions_at: str = described(
        "where positions are added; relative ones are part of every attention, and have a table "
        "each unless it is shared",
        default="input", choices=POSITIONS_AT, group="positions",
    )  # fmt: skip
    top_k: int | None = described(
        "how many keys a query attends to, the best ones; none: all of them",
        default=None, least=1, group="attention",
    )  # fmt: skip
    window: int | None = described(
        "side of the square of patches that a patch attends to, itself in the middle: an odd "
        "number; cls attends to all, and all to cls; none: no window. It saves no time: all T x T "
        "scores are computed, and those outside are left out",
        default=None, least=1, group="attention",
    )  # fmt: skip
    axial: bool = described(
        "make two halves of a block: attention along the rows and an MLP, then attention along the "
        "columns and an MLP. It saves no time: both compute all T x T scores, and leave out the "
        "others", default=False, group="attention",
    )  # fmt: skip
    stochastic_depth: float = described(
        "part of the images for which a training step leaves out the last block's branches; "
        "less for those before, 0 for the first", default=0.0, least=0, below=1, group="chance",
    )  # fmt: skip
    dropout: float = described(
        "part of the values that a training step drops: after the positions, after attention and "
        "after both layers of the MLP", default=0.0, least=0, below=1, group="chance",
    )  # fmt: skip
    attention_dropout: float = described(
        "part of attention's probabilities that a training step drops",
        default=0.0, least=0, below=1, group="chance",
    )  # fmt: skip
    stride: tuple[int, int] | None = described(
        "pixels from one patch to the next, at most a patch's side: below it, patches overlap; "
        "none: the side", default=None, least=1, group="patches",
    )  # fmt: skip
    patch_norm: bool = described(
        "LayerNorm of the flat patches and of what E makes of them", default=False, group="patches"
    )
    qkv_bias: bool = described(
        "add a bias to queries, keys and values", default=True, group="attention"
    )
    head_width: int | None = described(
        "columns K of a head; none: the width divided by the heads",
        default=None, least=1, group="attention",
    )  # fmt: skip
    out_projection: bool = described(
        "a matrix after the heads; only one head as wide as a token can do without",
        default=True, group="attention",
    )  # fmt: skip
    gelu: str = described(
        "the exact GELU, or its approximation in Google's code",
        default="erf", choices=FORMS, group="functions",
    )  # fmt: skip
    eps: float = described(
        "added to the variance in LayerNorm, GroupNorm and BatchNorm",
        default=1e-6, above=0, words="a small positive number such as 1e-6", group="functions",
    )  # fmt: skip
    name: str = ""

    def __post_init__(self):
        check_fields(self)
        check_together(self)

    @property
    def grid(self) -> tuple[int, int]:
        """Patches along (height, width)."""
        return patch_grid(self.map_sides, self.patch, self.stride)

    @property
    def patches(self) -> int:
        """The number of patches, N."""
        return math.prod(self.grid)

    @property
    def tokens(self) -> int:
        """The number of tokens, T: the patches, and the cls token if there is one."""
        return self.patches + self.has_cls

    @property
    def has_cls(self) -> bool:
        """Whether a cls token stands in front of the patches."""
        return self.pool == "cls" if self.cls_token is None else self.cls_token

    @property
    def pooled(self) -> int:
        """The numbers that are pooled from an image: D, or those of all tokens side by side."""
        return self.width * (self.tokens if self.pool == "flatten" else 1)

    @property
    def heads_width(self) -> int:
        """The columns of all heads together, HK: the width, unless `head_width` says otherwise."""
        return self.width if self.head_width is None else self.heads * self.head_width

    @property
    def positions_in_embedding(self) -> bool:
        """Whether the embedding adds the positions: a 1-D table at the input, as in equation 1."""
        return self.positions == "learned" and self.positions_at == "input"

    def drop_rate(self, i: int) -> float:
        """The part of the images that skip block i.

        It grows evenly from 0 in the first block to `stochastic_depth` in the last (Huang et al.
        2016, equation 4, but block 0 is never skipped, as in timm).
        """
        return self.stochastic_depth * i / max(self.depth - 1, 1)

    @property
    def pixels(self) -> int:
        """Numbers in one flat patch: P*P*channels, of the image or of the backbone's map."""
        return math.prod(self.patch) * self.map_channels

    @property
    def sizes_in_words(self) -> str:
        """What a model of this kind is always told by."""
        sides = [f"images {in_words((*self.image, self.channels))}"]
        sides.append(f"patches {in_words(self.patch)}")
        sizes = [f"{name} {getattr(self, name)}" for name in ("width", "depth", "heads", "mlp")]
        return ", ".join([*sides, *sizes])

    @property
    def kept_of_features(self) -> int:
        """The numbers that `features` returns of an image: the tokens at every depth."""
        return (self.depth + 1) * self.tokens * self.width

    @property
    def burden(self) -> tuple[str, str]:
        """What makes an image large, and how it would be smaller."""
        return f"{self.tokens:,} tokens each", "larger patches, or smaller images"
