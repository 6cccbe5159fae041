"""What the configurations of all kinds of model have in common: their way into files and back."""

from dataclasses import asdict, fields
from typing import ClassVar, Self

from minivit.errors import InputError


class Configuration:
    """A frozen dataclass of the sizes and options of one kind of model."""

    family: ClassVar[str]  # what such a model is called: "ViT"
    objective: ClassVar[str] = "classes"  # what it learns; a ViT may learn something else

    @property
    def learns_classes(self) -> bool:
        """Whether the head tells classes."""
        return self.objective == "classes"

    def classifier(self) -> Self:
        """The same model, as it learns classes."""
        return self

    def to_dict(self) -> dict:
        """Plain values, as a file's header holds them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> Self:
        """The inverse of `to_dict`; InputError for a field that is missing or unknown."""
        known = {field.name for field in fields(cls)}
        try:
            if set(values) - known:
                raise TypeError(f"unknown: {', '.join(sorted(set(values) - known))}")
            return cls(**values)
        except TypeError as error:
            raise InputError(f"the configuration is not one of a {cls.family} ({error})") from error
