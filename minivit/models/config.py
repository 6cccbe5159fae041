"""The sizes of a Vision Transformer, and the variants that have names."""

import difflib
import math
from dataclasses import asdict, dataclass, fields, replace

from minivit.errors import InputError
from minivit.fields import check_fields, described
from minivit.ops.gelu import FORMS
from minivit.ops.head import POOLS
from minivit.ops.multihead_attention import check_heads
from minivit.ops.patchify import patch_grid


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
        "what is added to a token for its place", default="learned", choices=("learned", "none")
    )
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


def parameter_shapes(config: ViTConfig) -> dict[str, tuple[int, ...]]:
    """Every parameter's name and shape, from the pixels to the head; nothing is allocated."""
    D, M = config.width, config.mlp
    shapes = {"embed.w": (config.pixels, D), "embed.b": (D,)}
    if config.pool == "cls":
        shapes["embed.cls"] = (D,)
    if config.positions == "learned":
        shapes["embed.positions"] = (config.tokens, D)
    for i in range(config.depth):
        block = {"norm1.gamma": (D,), "norm1.beta": (D,), "attention.w_qkv": (D, 3 * D)}
        if config.qkv_bias:
            block["attention.b_qkv"] = (3 * D,)
        block |= {"attention.w_out": (D, D), "attention.b_out": (D,)}
        block |= {"norm2.gamma": (D,), "norm2.beta": (D,)}
        block |= {"mlp.w1": (D, M), "mlp.b1": (M,), "mlp.w2": (M, D), "mlp.b2": (D,)}
        shapes |= {f"blocks.{i}.{name}": shape for name, shape in block.items()}
    shapes |= {"norm.gamma": (D,), "norm.beta": (D,)}
    return shapes | {"head.w": (D, config.classes), "head.b": (config.classes,)}


def is_decayed(name: str) -> bool:
    """Whether AdamW's weight decay applies: to matrices only, not to biases, LayerNorm's gamma
    and beta, the cls token and the positions."""
    return name.rpartition(".")[2].startswith("w")


def parameter_count(config: ViTConfig) -> int:
    """How many numbers the model learns."""
    return sum(math.prod(shape) for shape in parameter_shapes(config).values())


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
