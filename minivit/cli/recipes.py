"""List the recipes that `minivit train --recipe NAME` takes, or print one."""

import argparse
import textwrap

from minivit.cli.printing import one_line

HELP = "list the recipes and what they reach, or print one"
WIDE = 79  # columns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "recipe", metavar="NAME", nargs="?",
        help="print this recipe: a name, a .toml file, or a run folder (default: list all)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    from minivit.training import load_recipe, recipe_file, recipe_names

    if arguments.recipe is not None:
        load_recipe(arguments.recipe)  # raises for what `minivit train` would not take
        content = recipe_file(arguments.recipe)[2]
        lines = content.decode("utf-8-sig").expandtabs().splitlines()
        print("\n".join(map(one_line, lines)))
        return 0
    for name in recipe_names():
        print(entry(load_recipe(name)))
    print(
        "\nTrain by one: minivit train --recipe NAME\nPrint one:    minivit recipes NAME\n"
        "Saved as a file and changed, it is one of your own: minivit train --recipe FILE"
    )
    return 0


def entry(recipe) -> str:
    """A recipe in a few lines: its name, what it is, and what it reaches."""
    paragraph = textwrap.TextWrapper(
        WIDE, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
    )
    told = [recipe.about, f"reaches {recipe.reaches}" if recipe.reaches else ""]
    return "\n".join([recipe.name, *(paragraph.fill(text) for text in told if text)])
