"""The recipe: all that a training run can be told, and what each entry may be."""

from dataclasses import asdict, dataclass, field, fields

from minivit.errors import InputError
from minivit.fields import check_fields, described
from minivit.models import Config, as_config, variant
from minivit.models.beginnings import BEGINNINGS
from minivit.ops.sincos_positions import SINCOS
from minivit.optim import SCHEDULES
from minivit.training.optimisers import OPTIMISERS, check_options

NOT_LEARNT = ("none", *SINCOS)  # positions without a table of their own


@dataclass(frozen=True)
class TrainingConfig:
    """The recipe. Raises InputError for values that can't be meant."""

    model: Config = field(default_factory=lambda: variant("digits"))
    epochs: int = described("times to go through the training images", default=60, least=0)
    batch: int = described("images in a step", default=32, least=1)
    accumulate: int = described(
        "parts in which a batch goes through the model, one after the other, to save memory",
        default=1, least=1,
    )  # fmt: skip
    optimiser: str = described(
        "what makes steps of gradients; muon is an experiment: it moves the blocks' matrices "
        "and the filters in front of BatchNorm, and adamw the rest",
        default="adamw", choices=tuple(OPTIMISERS), group="optimiser",
    )  # fmt: skip
    learning_rate: float = described(
        "peak learning rate, after the warm-up; with sgd 0.05 is usual, with muon 0.01",
        default=2e-3, above=0, group="optimiser",
    )  # fmt: skip
    warmup_epochs: float = described(
        "epochs in which the rate rises from 0", default=2.0, least=0, group="optimiser"
    )
    schedule: str = described(
        "how the rate falls after the warm-up",
        default="cosine", choices=tuple(SCHEDULES), group="optimiser",
    )  # fmt: skip
    weight_decay: float = described(
        "decay of the matrices; of sgd and adam it is a part of the gradient",
        default=0.05, least=0, group="optimiser",
    )  # fmt: skip
    beta1: float = described(
        "of adamw, adam and muon: how much of the mean gradient is kept at each step",
        default=0.9, least=0, below=1, group="optimiser",
    )  # fmt: skip
    beta2: float = described(
        "of adamw, adam and muon: how much of the mean square is kept at each step",
        default=0.999, least=0, below=1, group="optimiser",
    )  # fmt: skip
    momentum: float = described(
        "of sgd and muon: how much of the velocity is kept at each step",
        default=0.9, least=0, below=1, group="optimiser",
    )  # fmt: skip
    nesterov: bool = described(
        "whether sgd looks ahead along its velocity, as muon does always",
        default=False, group="optimiser",
    )  # fmt: skip
    smoothing: float = described(
        "label smoothing, 0 to below 1; of classes", default=0.1, least=0, below=1
    )
    beginning: str = described(
        "how the parameters are drawn at the start", default="google", choices=tuple(BEGINNINGS)
    )
    position_std: float | None = described(
        "spread of the position table at the start; none: as the beginning has it",
        default=1.0, least=0,
    )  # fmt: skip
    clip: float = described(
        "largest global norm of the gradient", default=1.0, above=0, group="optimiser"
    )
    average: float | None = described(
        "decay of the weights' exponential average, e.g. 0.999, which is measured beside the "
        "weights; none: no average",
        default=None, above=0, below=1, group="optimiser",
    )  # fmt: skip
    freeze: str | None = described(
        "places that don't learn, e.g. embed,blocks.0; none: all learn",
        default=None, group="optimiser",
    )  # fmt: skip
    hold_out: float = described(
        "part of the training images to measure on instead of the test images, for choosing "
        "settings",
        default=0.0, least=0, below=1,
    )  # fmt: skip
    shift: int = described(
        "random shift of a training image, up to so many pixels", default=1, least=0,
        group="augmentation",
    )  # fmt: skip
    shift_fill: str = described(
        "what a shift or a rotation brings in: the ground, or the image mirrored at its edge",
        default="ground", choices=("ground", "reflect"), group="augmentation",
    )  # fmt: skip
    flip: str = described(
        "mirror images, left to right: a random half of them, or alternating: a random half in the "
        "first epoch, then each the other way every epoch",
        default="none", choices=("none", "random", "alternating"), group="augmentation",
    )  # fmt: skip
    rotation: float = described(
        "turn an image about its middle, by up to so many degrees", default=0.0, least=0, below=360,
        group="augmentation",
    )  # fmt: skip
    brightness: float = described(
        "make an image darker or brighter, by up to this part", default=0.0, least=0, below=1,
        group="augmentation",
    )  # fmt: skip
    contrast: float = described(
        "lower or raise an image's contrast, by up to this part", default=0.0, least=0, below=1,
        group="augmentation",
    )  # fmt: skip
    erasing: float = described(
        "part of the images in which a random box becomes noise", default=0.0, least=0, below=1,
        group="augmentation",
    )  # fmt: skip
    mixup: float = described(
        "lay two images over each other: alpha of the shares' Beta(alpha, alpha); 0: don't",
        default=0.0, least=0, group="augmentation",
    )  # fmt: skip
    cutmix: float = described(
        "paste a box of another image: alpha as in mixup; with both, one is drawn for each batch",
        default=0.0, least=0, group="augmentation",
    )  # fmt: skip
    snapshots: int = described(
        "small checkpoints along the way, from the first step to the last, for pictures of "
        "learning",
        default=0, least=0,
    )  # fmt: skip
    seed: int = described(
        "of the initial weights, the order, the changes of images and what is dropped",
        default=0, least=0,
    )  # fmt: skip
    name: str = field(default="", compare=False)  # of the recipe that this came from
    started_from: str = field(default="", compare=False)  # the checkpoint that is fine-tuned,
    resized_by: str = field(default="", compare=False)  # and by which method its positions went on

    def __post_init__(self):
        object.__setattr__(self, "model", as_config(self.model))  # or a variant's name
        check_fields(self)
        check_options(self)
        check_position_std(self)
        if self.accumulate > self.batch:
            raise InputError(
                f"accumulate is {self.accumulate} and batch is {self.batch}: a batch of so many "
                f"images has at most {self.batch} parts; choose a larger batch, or fewer parts"
            )

    @property
    def measured_on(self) -> str:
        """Which images tell how good the model is: "test", or "held-out"."""
        return "held-out" if self.hold_out else "test"

    def to_dict(self) -> dict:
        """Plain values, as a checkpoint's header holds them; the model's are stored beside."""
        return {name: value for name, value in asdict(self).items() if name != "model"}

    @classmethod
    def from_dict(cls, values: dict, model: Config) -> "TrainingConfig":
        """The inverse of `to_dict`; InputError for an unknown field."""
        unknown = set(values) - {entry.name for entry in fields(cls)}
        if unknown:
            raise InputError(f"a recipe has no entry {', '.join(sorted(unknown))}")
        return cls(model=model, **values)


def check_position_std(recipe: TrainingConfig) -> None:
    """InputError for a spread that is not the default, of positions that are not learnt."""
    positions, std = recipe.model.positions, recipe.position_std
    default = TrainingConfig.position_std
    if positions in NOT_LEARNT and std not in (None, default):
        raise InputError(
            f"position std is {std:g}, and positions are {positions}: none of them is learnt, so "
            f"there is nothing to draw; leave it at {default:g}, or choose learned positions"
        )
