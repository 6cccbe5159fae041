"""The whole recipe of a run as a TOML file that people can read, and that begins the run anew."""

import json
from collections.abc import Iterator
from pathlib import Path

from minivit.data import RESIZED_FROM, Dataset
from minivit.data.finding import found
from minivit.data.known import KNOWN
from minivit.data.picture_source import PictureSource
from minivit.fields import described_fields, in_words
from minivit.files import replacing
from minivit.models import Config
from minivit.models.variants import VARIANTS
from minivit.training.named_recipe import OF_THE_DATA
from minivit.training.recipe import TrainingConfig
from minivit.training.recipe_reading import RECIPE

FIRST_LINE = "# All that this run was told, written by minivit; it begins the same anew with\n"


def write_recipe(config: TrainingConfig, data: Dataset, folder: Path) -> None:
    """Write a run's recipe.toml, unless it is there already, or a file that isn't ours is.

    Raises OSError when it can't be written.
    """
    path, content = folder / RECIPE, recipe_text(config, data).encode(errors="replace")
    if path.exists() and (not is_ours(path) or path.read_bytes() == content):
        return
    with replacing(path) as partial:
        partial.write_bytes(content)


def remove_recipe(folder: Path) -> None:
    """Remove a run's recipe.toml; a file that isn't ours stays."""
    if is_ours(folder / RECIPE):
        (folder / RECIPE).unlink()


def is_ours(path: Path) -> bool:
    """Whether minivit wrote this file."""
    return path.is_file() and path.read_bytes().startswith(FIRST_LINE.encode())


def recipe_text(config: TrainingConfig, data: Dataset) -> str:
    """The file: every field, with its default too, so that later defaults change nothing."""
    c = config.model
    height, width = c.image
    sizes = f"{height}x{width} pixels with {c.channels} channel{'s' * (c.channels > 1)}"
    verb = "finetune" if config.resized_by else ""
    words = {"name": config.name, "data": called(data), "verb": verb}
    if isinstance(data.train.images, PictureSource) or RESIZED_FROM in data.preprocessing:
        words["image"] = c.image
    return (
        f"{FIRST_LINE}# {command(config)}\n\n"
        + "".join(f"{key} = {toml(value)}\n" for key, value in words.items() if value)
        + f"\n[model]  # the data decide the rest: {sizes}, {c.classes} classes\n"
        + variant_line(c)
        + "".join(lines(c))
        + "\n[training]\n"
        + "".join(lines(config))
    )


def variant_line(c: Config) -> str:
    """What the fields change: a variant of the model's name, or any of its family."""
    if c.name in VARIANTS:
        return f"variant = {toml(c.name)}\n"
    others = [name for name, config in VARIANTS.items() if config.family == c.family]
    return "" if c.family == "ViT" else f"variant = {toml(others[0])}  # all of it is changed\n"


def called(data: Dataset) -> str:
    """How `--data` finds this set again: by its name, or by where it lies."""
    place = data.preprocessing.get("place")
    if place is None or (data.name in KNOWN and found_at(data.name) == place):
        return data.name
    return place


def found_at(name: str) -> str | None:
    """Where a well-known set is found by its name; None if it is not."""
    place = found(name)
    return None if place is None else str(place.absolute())


def command(config: TrainingConfig) -> str:
    """What begins a run anew."""
    if config.resized_by:
        start = " ".join(config.started_from.splitlines()) or "CHECKPOINT"
        sides = in_words(config.model.image)
        how = f"--recipe THIS_FILE --image-size {sides} --method {config.resized_by}"
        return f"minivit finetune {start} {how}"
    return "minivit train --recipe THIS_FILE"


def lines(configuration) -> Iterator[str]:
    """A line for each field, group by group; a group's name stands above it."""
    groups: dict[str, list[str]] = {}
    for field in described_fields(configuration):
        if field.help and field.name not in OF_THE_DATA:
            value = toml(getattr(configuration, field.name))
            groups.setdefault(field.group, []).append(f"{field.name} = {value}\n")
    for group, rows in groups.items():
        yield from [f"# {group}\n"] * bool(group) + rows


def toml(value) -> str:
    """A field's value as TOML, which reads back the same: None becomes "none"."""
    if value is None:
        return '"none"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, (str, bool)):  # in both, TOML writes them as JSON does
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
