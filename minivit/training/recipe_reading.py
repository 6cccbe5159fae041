"""Recipes in files: what a training is told, as TOML, under a name.

    about = "..."     in a line what it is; also source and reaches, for people to read
    data = "mnist"    what it is made for
    verb = "finetune" if it begins with a checkpoint; "train", or left out, if with nothing
    image = [48, 64]  sides (height, width) that the pictures of a folder are resized to
    [model]           fields of ViTConfig but those that the data decide; or variant = "B/16", and
                      what is changed in it. Without a patch, the data's images decide it too.
    [training]        fields of TrainingConfig

TOML has no word for None: it is written "none".
"""

import tomllib
from importlib import resources
from pathlib import Path

from minivit.data import checked_sides
from minivit.errors import InputError
from minivit.fields import Described, allowed, asked, described_fields, shown
from minivit.models import ViTConfig, variant
from minivit.nearest import nearest
from minivit.training.named_recipe import OF_THE_DATA, Recipe
from minivit.training.recipe import TrainingConfig

FOLDER = resources.files("minivit.training") / "recipes"
RECIPE = "recipe.toml"  # the name of a recipe in a run folder
WORDS, SIDES = ("name", "about", "source", "reaches", "data", "verb"), "image"
VERBS = ("train", "finetune")
TABLES = {"model": ViTConfig, "training": TrainingConfig}
LONGEST = 1 << 16  # bytes of a file


def recipe_names() -> list[str]:
    """The recipes that come with minivit; the paper's, which few can run, come last."""
    files = (entry.name for entry in FOLDER.iterdir())
    names = [name.removesuffix(".toml") for name in files if name.endswith(".toml")]
    return sorted(names, key=lambda name: (name.startswith("paper-"), name))


def load_recipe(name_or_file: str | Path) -> Recipe:
    """A recipe by its name, or from a TOML file; a run folder stands for its recipe.toml.

    Raises InputError for an unknown name, broken TOML, an unknown entry (with the nearest) and a
    value that is not allowed; OSError for a file that can't be read.
    """
    name, where, content = recipe_file(name_or_file)
    return parsed(content, name, where)


def recipe_file(name_or_file: str | Path) -> tuple[str, str, bytes]:
    """A recipe's name, where it stands, and what stands there."""
    given, known = str(name_or_file), recipe_names()
    if given in known:
        return given, f"recipe {given}", (FOLDER / f"{given}.toml").read_bytes()
    path = Path(given)
    if not given or not (path.suffix == ".toml" or path.exists()):
        raise InputError(
            f"there is no recipe {given!r}{nearest(given, known)}. There are {', '.join(known)}; a "
            "file of your own is called by its path, which ends in .toml"
        )
    if path.is_dir():
        path /= RECIPE
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is no file: give a recipe's name, or the path of a .toml file")
    with path.open("rb") as file:
        content = file.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise InputError(
            f"{path} has more than {LONGEST:,} bytes, so it is no recipe; give a .toml file such "
            "as `minivit recipes digits` prints"
        )
    return path.stem, str(path), content


def parsed(content: bytes, name: str, where: str) -> Recipe:
    """The recipe in a file's content; `where` it stands is told in messages."""
    try:
        entries = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} can't be read as TOML: {error}; correct it there") from error
    for key, value in entries.items():
        kind = dict if key in TABLES else str
        if key == SIDES:
            entries[key] = checked_image(value, where)
            continue
        if key not in (*TABLES, *WORDS):
            raise InputError(f"{where} has an entry {key!r}{misplaced(key)}")
        if not isinstance(value, kind):
            expected = f"a part headed [{key}]" if kind is dict else "words in quotation marks"
            raise InputError(f"{where}: {key} is {in_toml(value)}: expected {expected}")
    tables = {table: checked_table(entries.get(table, {}), table, where) for table in TABLES}
    recipe = Recipe(**{"name": name, **entries, **tables})
    if recipe.verb not in VERBS:
        raise InputError(f"{where}: verb is {recipe.verb!r}: expected {' or '.join(VERBS)}")
    if not is_plain(recipe.name):
        raise InputError(
            f"{where}: the name is {recipe.name!r}, and a run's folder is called after it: choose "
            "one of letters, digits, - and _"
        )
    return recipe


def checked_image(value: object, where: str) -> tuple[int, int]:
    try:
        return checked_sides(value)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def misplaced(key: str) -> str:
    """The end of a sentence about an entry that no recipe has at its top."""
    for table in TABLES:
        if key in fields_of(table):
            return f" above its parts: write it below [{table}]"
    return f", which no recipe has{nearest(key, (*WORDS, SIDES, *TABLES))}; leave it out"


def checked_table(entries: dict, table: str, where: str) -> dict:
    """The fields in a table, each with a value that it may have."""
    known = fields_of(table)
    found = {}
    for key, value in entries.items():
        if key == "variant" and table == "model":
            found[key] = checked_variant(value, where)
        elif key in known:
            found[key] = checked_value(known[key], value, table, where)
        elif key in OF_THE_DATA and table == "model":
            more = ", or write it above the parts, for pictures of a folder" * (key == SIDES)
            raise InputError(f"{where}: the data decide {key}; leave it out of [model]{more}")
        else:
            names = [*known, "variant"] if table == "model" else known
            raise InputError(
                f"{where}: [{table}] has an entry {key!r}, which is unknown{nearest(key, names)}; "
                f"`minivit train --help` lists them, with - for _"
            )
    return found


def checked_variant(value: object, where: str) -> str:
    try:
        return variant(str(value)).name
    except InputError as error:
        raise InputError(f"{where}: in [model], {error}") from error


def checked_value(field: Described, value: object, table: str, where: str):
    """A value that the field may have; "none" is None."""
    if field.may_be_none and value == "none":
        return None
    if not allowed(field, value):
        may_be = asked(field).replace("or None", 'or "none"').replace("True or F", "true or f")
        raise InputError(f"{where}: in [{table}], {field.name} is {in_toml(value)}: {may_be}")
    return value


def fields_of(table: str) -> dict[str, Described]:
    """The fields that may stand in a table, by name."""
    described = described_fields(TABLES[table])
    return {f.name: f for f in described if f.help and f.name not in OF_THE_DATA}


def in_toml(value: object) -> str:
    """A value in a message, as it is typed in TOML where that differs from Python."""
    return str(value).lower() if isinstance(value, bool) else shown(value)


def is_plain(name: str) -> bool:
    """Whether a name may be that of a folder, here and on other systems."""
    kept = name.isprintable() and not set(name) & set('/\\:*?"<>|')
    return kept and 0 < len(name) <= 100 and not name.startswith(".")
