"""The recipe: everything that a training run can be told, and what each entry may be."""

import math
import numbers
from dataclasses import asdict, dataclass, field, fields

from minivit.errors import InputError
from minivit.models import ViTConfig, variant
from minivit.models.config import is_whole_number


@dataclass(frozen=True)
class TrainingConfig:
    """The recipe. Raises InputError for values that can't be meant."""

    model: ViTConfig = field(default_factory=lambda: variant("digits"))
    epochs: int = 60
    batch: int = 32
    learning_rate: float = 2e-3  # the peak, after warm-up
    warmup_epochs: float = 2.0
    weight_decay: float = 0.05
    smoothing: float = 0.1  # label smoothing
    shift: int = 1  # pixels
    position_std: float = 1.0  # of the position table at the start
    clip: float = 1.0  # largest global norm of the gradient
    hold_out: float = 0.0  # part of the training images that stands in for the test images
    seed: int = 0

    def __post_init__(self):
        for name, least in (("epochs", 0), ("batch", 1), ("shift", 0), ("seed", 0)):
            value = getattr(self, name)
            if not is_whole_number(value) or value < least:
                raise InputError(f"{name} is {value!r}: expected a whole number from {least}")
            object.__setattr__(self, name, int(value))
        for name in ("learning_rate", "clip", "warmup_epochs", "weight_decay", "position_std",
                     "smoothing", "hold_out"):  # fmt: skip
            value = getattr(self, name)
            if not isinstance(value, numbers.Real):
                raise InputError(f"{name.replace('_', ' ')} is {value!r}: expected a number")
            object.__setattr__(self, name, float(value))
        for name in ("learning_rate", "clip"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"{name.replace('_', ' ')} is {value}: expected a number above 0")
        for name in ("warmup_epochs", "weight_decay", "position_std"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise InputError(f"{name.replace('_', ' ')} is {value}: expected 0 or more")
        for name in ("smoothing", "hold_out"):
            value = getattr(self, name)
            if not 0 <= value < 1:
                raise InputError(
                    f"{name.replace('_', '-')} is {value}: expected a part of 1, from 0 to below 1"
                )

    def to_dict(self) -> dict:
        """Plain values, as a checkpoint's header holds them; the model's are stored beside."""
        return {name: value for name, value in asdict(self).items() if name != "model"}

    @classmethod
    def from_dict(cls, values: dict, model: ViTConfig) -> "TrainingConfig":
        """The inverse of `to_dict`; InputError for an unknown field."""
        unknown = set(values) - {entry.name for entry in fields(cls)}
        if unknown:
            raise InputError(f"a recipe has no entry {', '.join(sorted(unknown))}")
        return cls(model=model, **values)
