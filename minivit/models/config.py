"""The sizes of a Vision Transformer, and the variants that have names."""

import difflib
import math
import numbers
from dataclasses import asdict, dataclass, fields, replace

from minivit.errors import InputError
from minivit.ops.attention import AttentionOptions, check_top_k
from minivit.ops.gelu import FORMS
from minivit.ops.head import POOLS
from minivit.ops.multihead_attention import check_heads
from minivit.ops.patchify import patch_grid, patch_pair
from minivit.ops.stochastic_depth import check_rate

POSITIONS = ("learned", "learned-2d", "none")
POSITIONS_AT = ("input", "every-layer", "every-layer-shared")


@dataclass(frozen=True)
class ViTConfig:
    """Everything that decides the shapes and the mathematics of a ViT.

    Raises InputError when the sizes do not fit together.
    """

    image: tuple[int, int]  # (height, width) in pixels
    channels: int
    patch: tuple[int, int]  # (P, P)
    width: int  # D
    depth: int  # L, the number of blocks
    heads: int  # H
    mlp: int  # M
    classes: int  # C
    pool: str = "cls"  # or "mean", which has no cls token
    positions: str = "learned"  # or "learned-2d", "none"
    positions_at: str = "input"  # or "every-layer", "every-layer-shared"
    top_k: int | None = None  # keys that a query attends to; None: all
    stochastic_depth: float = 0.0  # of the last block's branches, the part that is left out
    qkv_bias: bool = True
    gelu: str = "erf"  # or "tanh", as in Google's code
    eps: float = 1e-6  # LayerNorm's
    name: str = ""

    def __post_init__(self):
        object.__setattr__(self, "image", patch_pair(self.image))
        object.__setattr__(self, "patch", patch_pair(self.patch))
        for field in ("channels", "width", "depth", "heads", "mlp", "classes"):
            value = getattr(self, field)
            least = 0 if field == "depth" else 1
            if not is_whole_number(value) or value < least:
                raise InputError(f"{field} is {value!r}: expected a whole number from {least}")
            object.__setattr__(self, field, int(value))
        patch_grid(self.image, self.patch)
        check_heads(self.width, self.heads)
        for field, allowed in (
            ("pool", POOLS),
            ("positions", POSITIONS),
            ("positions_at", POSITIONS_AT),
            ("gelu", FORMS),
        ):
            if getattr(self, field) not in allowed:
                raise InputError(
                    f"{field} is {getattr(self, field)!r}: choose {' or '.join(map(repr, allowed))}"
                )
        check_top_k(self.top_k, self.tokens)
        check_rate(self.stochastic_depth)
        if self.positions == "learned-2d" and self.width % 2:
            raise InputError(
                f"width is {self.width}: with 2-D positions a half of it belongs to the row and a "
                "half to the column; choose an even width"
            )
        if not (math.isfinite(self.eps) and self.eps > 0):
            raise InputError(f"eps is {self.eps}: expected a small positive number such as 1e-6")

    @property
    def grid(self) -> tuple[int, int]:
        """Patches along (height, width)."""
        return patch_grid(self.image, self.patch)

    @property
    def patches(self) -> int:
        """N."""
        return math.prod(self.grid)

    @property
    def tokens(self) -> int:
        """T: the patches, and the cls token if there is one."""
        return self.patches + (self.pool == "cls")

    @property
    def positions_in_embedding(self) -> bool:
        """Whether the embedding itself adds them: a 1-D table at the input, as in equation 1."""
        return self.positions == "learned" and self.positions_at == "input"

    @property
    def attention(self) -> AttentionOptions:
        """What attention does besides."""
        return AttentionOptions(top_k=self.top_k)

    def drop_rate(self, i: int) -> float:
        """How much of block i stochastic depth leaves out: from 0 in the first block, in a line.

        (Huang et al. 2016, equation 4, with block 0 always there, as in timm.)
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


def is_whole_number(value) -> bool:
    """3 and np.int64(3), but not 3.0 and not True."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def variant(name: str, **changes) -> ViTConfig:
    """A configuration by its name, e.g. variant("B/16") or variant("digits", depth=4).

    Raises InputError for an unknown name (with the nearest one) or an unknown field.
    """
    if name not in VARIANTS:
        by_lower_case = {known.lower(): known for known in VARIANTS}
        near = difflib.get_close_matches(str(name).lower(), by_lower_case, n=1, cutoff=0.0)
        raise InputError(
            f"unknown variant {name!r}; the nearest name is {by_lower_case[near[0]]!r}. "
            f"There are {', '.join(VARIANTS)}"
        )
    unknown = set(changes) - {field.name for field in fields(ViTConfig)}
    if unknown:
        raise InputError(f"a ViT's configuration has no field {', '.join(sorted(unknown))}")
    return replace(VARIANTS[name], **changes)


def _variants() -> dict[str, ViTConfig]:
    # Table 1 of the paper (B, L, H); Ti and S are those of DeiT and of Google's code.
    sizes = {  # D, depth, heads, M
        "Ti": (192, 12, 3, 768),
        "S": (384, 12, 6, 1536),
        "B": (768, 12, 12, 3072),
        "L": (1024, 24, 16, 4096),
        "H": (1280, 32, 16, 5120),
    }
    names = "Ti/16 S/16 S/32 B/8 B/16 B/32 L/16 L/32 H/14".split()
    found = {"digits": ViTConfig((8, 8), 1, (2, 2), 64, 3, 4, 128, 10, name="digits")}
    for name in names:
        size, side = name.split("/")
        width, depth, heads, mlp = sizes[size]
        patch = (int(side), int(side))
        found[name] = ViTConfig((224, 224), 3, patch, width, depth, heads, mlp, 1000, name=name)
    return found


VARIANTS = _variants()
