"""Which recipe and which data `minivit train` was asked for, and what is changed in the recipe."""

import argparse

from minivit.cli.configuration import given
from minivit.cli.voice import Voice
from minivit.errors import InputError
from minivit.processes import everywhere

USUAL, OWN_PICTURES = "digits", "pictures"  # without any wish; for data that have no recipe


def chosen(arguments: argparse.Namespace, voice: Voice, began: float, ranks):
    """A new training, and what its folder is called; every setting is checked.

    The command `began` at this time of time.perf_counter.
    """
    config, data, name = ranks.together(lambda: asked_for(arguments))
    if hasattr(arguments, "time"):
        config = fitted(config, data, arguments, voice, began, ranks)
    return begun(config, data, ranks), name


def asked_for(arguments: argparse.Namespace):
    """Configuration and data, and what the folder is called."""
    from minivit.models import ViTConfig
    from minivit.training import TrainingConfig

    recipe, data = recipe_and_data(arguments)
    config = recipe.config(
        data, model=given(arguments, ViTConfig), training=given(arguments, TrainingConfig)
    )
    return config, data, recipe.name if recipe.data else data.name


def begun(config, data, ranks):
    """A training that stands at its beginning; all ranks have the same images."""
    from minivit.training import Training, check_finite, run_data
    from minivit.training.agreement import agree

    def make():
        training = Training(config, run_data(data, config), ranks=ranks)
        check_finite(training)
        return training

    training = ranks.together(make)
    agree(training)
    return training


def recipe_and_data(arguments: argparse.Namespace):
    """What was typed; one of them chooses the other."""
    from minivit.data import in_size, load_dataset
    from minivit.training import load_recipe

    typed = vars(arguments)
    data = None if arguments.data is None else load_dataset(arguments.data)
    recipe = load_recipe(typed["recipe"] if "recipe" in typed else usual_recipe(data))
    if data is None:
        if not recipe.data:
            raise InputError(
                f"the recipe {recipe.name} comes without data: say with --data what to train on"
                f"{f' ({recipe.about})' if recipe.about else ''}"
            )
        data = load_dataset(recipe.data)
    image = typed.get("image", recipe.image)
    return recipe, data if image is None else in_size(data, image)


def usual_recipe(data) -> str:
    """The recipe of a data set's own name, if it is made for that; or one for any pictures."""
    from minivit.training import load_recipe, recipe_names

    if data is None:
        return USUAL
    known = data.name in recipe_names() and load_recipe(data.name).data == data.name
    return data.name if known else OWN_PICTURES


def fitted(config, data, arguments: argparse.Namespace, voice: Voice, began: float, ranks):
    """The same recipe with as many epochs as --time allows; InputError beside --epochs."""
    from minivit.training import fit_time, time_in_words

    if hasattr(arguments, "epochs"):
        raise everywhere(InputError(
            "--time chooses the number of epochs, so --epochs can't be given with it; leave one out"
        ))  # fmt: skip
    config = fit_time(config, data, arguments.time, began=began, ranks=ranks)
    fit = "epoch fits" if config.epochs == 1 else "epochs fit"
    voice.say(f"{config.epochs} {fit} into {time_in_words(arguments.time)}")
    return config
