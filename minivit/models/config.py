"""The sizes and options of a Vision Transformer."""

import math
from dataclasses import asdict, dataclass, fields

from minivit.errors import InputError
from minivit.fields import check_fields, described
from minivit.models.limits import check_sizes
from minivit.ops.attention import AttentionOptions, check_top_k
from minivit.ops.gelu import FORMS
from minivit.ops.head import POOLS
from minivit.ops.multihead_attention import check_heads
from minivit.ops.patchify import patch_grid
from minivit.ops.window import Window

POSITIONS = ("learned", "learned-2d", "relative", "none")
POSITIONS_AT = ("input", "every-layer", "every-layer-shared")


@dataclass(frozen=True)
class ViTConfig:
    """Everything that decides the shapes and the mathematics of a ViT.

    Raises InputError when the sizes do not fit together.
    """

    image: tuple[int, int] = described("sides of an image in pixels, height x width", least=1)
    channels: int = described("numbers in a pixel", least=1)
    patch: tuple[int, int] = described(
        "sides of a patch in pixels; must divide the image's", least=1
    )
    width: int = described("width D of a token", least=1)
    depth: int = described("number of blocks", least=0)
    heads: int = described("attention heads H; must divide the width", least=1)
    mlp: int = described("width M of the MLP's hidden layer", least=1)
    classes: int = described("number of classes C", least=1)
    pool: str = described(
        "what the head reads: the cls token, or without one the mean of all tokens",
        default="cls", choices=POOLS,
    )  # fmt: skip
    positions: str = described(
        "what is added to a token for its place: a vector each, one for its row and one for its "
        "column, or nothing; relative: attention's scores tell how far apart query and key lie",
        default="learned", choices=POSITIONS,
    )  # fmt: skip
    positions_at: str = described(
        "where positions are added; relative ones are part of every attention, and have a table "
        "each unless it is shared", default="input", choices=POSITIONS_AT,
    )  # fmt: skip
    top_k: int | None = described(
        "how many keys a query attends to, the best ones; none: all of them", default=None, least=1
    )
    window: int | None = described(
        "side of the square of patches that a patch attends to, itself in the middle: an odd "
        "number; cls attends to all, and all to cls; none: no window", default=None, least=1,
    )  # fmt: skip
    axial: bool = described(
        "make two halves of a block: attention along the rows and an MLP, then attention along the "
        "columns and an MLP", default=False,
    )  # fmt: skip
    stochastic_depth: float = described(
        "part of the images for which a training step leaves out the last block's branches; less "
        "for those before, 0 for the first", default=0.0, least=0, below=1,
    )  # fmt: skip
    qkv_bias: bool = described("add a bias to queries, keys and values", default=True)
    gelu: str = described(
        "the exact GELU, or its approximation in Google's code", default="erf", choices=FORMS
    )
    eps: float = described(
        "added to LayerNorm's variance", default=1e-6, above=0,
        words="a small positive number such as 1e-6",
    )  # fmt: skip
    name: str = ""

    def __post_init__(self):
        check_fields(self)
        patch_grid(self.image, self.patch)
        check_heads(self.width, self.heads)
        check_sizes(self)
        check_window(self.window, self.grid)
        if self.axial and self.window is not None:
            raise InputError(
                f"window is {self.window} and axial is True: a patch attends to its window, or to "
                "its row and then its column; choose one of them"
            )
        check_top_k(self.top_k, self.keys_in_view)
        if self.stochastic_depth and self.depth < 2:
            raise InputError(
                f"stochastic depth is {self.stochastic_depth} and depth is {self.depth}: the first "
                "block is never left out; choose at least 2 blocks, or 0"
            )
        if self.positions == "learned-2d" and self.width % 2:
            raise InputError(
                f"width is {self.width}: with 2-D positions a half of it belongs to the row and a "
                "half to the column; choose an even width"
            )

    @property
    def grid(self) -> tuple[int, int]:
        """Patches along (height, width)."""
        return patch_grid(self.image, self.patch)

    @property
    def patches(self) -> int:
        """The number of patches, N."""
        return math.prod(self.grid)

    @property
    def tokens(self) -> int:
        """The number of tokens, T: the patches, and the cls token if there is one."""
        return self.patches + (self.pool == "cls")

    @property
    def positions_in_embedding(self) -> bool:
        """Whether the embedding adds the positions: a 1-D table at the input, as in equation 1."""
        return self.positions == "learned" and self.positions_at == "input"

    @property
    def keys_in_view(self) -> int:
        """How many keys a patch may attend to, at most."""
        if self.axial:
            return max(self.grid) + (self.pool == "cls")
        if self.window is None:
            return self.tokens
        rows, columns = (min(side, self.window) for side in self.grid)
        return rows * columns + (self.pool == "cls")

    @property
    def attention(self) -> AttentionOptions:
        """Options of attention beyond the plain formula."""
        if self.window is None:
            return AttentionOptions(top_k=self.top_k)
        return self.attention_within((self.window // 2, self.window // 2))

    def attention_within(self, reach: tuple[int, int]) -> AttentionOptions:
        """The same, for patches so many rows and columns apart."""
        return AttentionOptions(top_k=self.top_k, window=Window(self.grid, reach))

    def drop_rate(self, i: int) -> float:
        """The part of the images that skip block i.

        It grows evenly from 0 in the first block to `stochastic_depth` in the last (Huang et al.
        2016, equation 4, but block 0 is never skipped, as in timm).
        """
        return self.stochastic_depth * i / max(self.depth - 1, 1)

    @property
    def pixels(self) -> int:
        """Numbers in one flat patch: P*P*channels."""
        return math.prod(self.patch) * self.channels

    def to_dict(self) -> dict:
        """Plain values, as a file's header holds them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "ViTConfig":
        """The inverse of `to_dict`; InputError for a field that is missing or unknown."""
        known = {field.name for field in fields(cls)}
        try:
            if set(values) - known:
                raise TypeError(f"unknown: {', '.join(sorted(set(values) - known))}")
            return cls(**values)
        except TypeError as error:
            raise InputError(f"the configuration is not one of a ViT ({error})") from error


def check_window(window: int | None, grid: tuple[int, int]) -> None:
    """InputError unless the side of a window is odd, and of use in this grid."""
    most = 2 * max(grid) - 1  # with which every patch sees every other
    if window is None or (window % 2 and window <= most):
        return
    if window % 2 == 0:
        raise InputError(
            f"window is {window}: the patch itself is in the middle; choose an odd number such as "
            f"{window + 1 if window < most else most}"
        )
    raise InputError(
        f"window is {window}, and the grid of patches is {grid[0]}x{grid[1]}: with {most} every "
        f"patch sees all; choose an odd number up to {most}, or None for no window"
    )
