"""`minivit finetune`: a model that has learnt goes on with other classes, or larger images.

It gets a new head for the classes of the data; the patches keep their side, and positions are
interpolated to the new grid. An interrupted run goes on with `minivit train --resume RUN`.
"""

import argparse
import time
from contextlib import ExitStack

from minivit.cli.arguments import add_data, add_threads, duration, folder_name
from minivit.cli.arguments import whole_number as whole
from minivit.cli.choosing import fitted
from minivit.cli.configuration import add_options, given
from minivit.cli.going_on import go_on
from minivit.cli.many import add_ranks
from minivit.cli.opening import add_checkpoint, as_typed, load_model
from minivit.cli.precision import add_precision, prefer_kernels
from minivit.cli.train import hold, save_first
from minivit.cli.voice import Voice, add_voice
from minivit.cli.what_to_learn import sides as two_sides
from minivit.errors import InputError

HELP = "teach a trained model other classes, at a higher resolution if you like"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from minivit.checkpoints import METHODS
    from minivit.training import TrainingConfig, load_recipe

    parser.usage = "%(prog)s CHECKPOINT [--data NAME|PATH] [--image-size N] [OPTION ...]"
    add_checkpoint(parser, "CHECKPOINT")
    what = parser.add_argument_group("what to learn")
    add_data(what, "a name, or a path, as of `minivit train` (default: that of the recipe)")
    what.add_argument("--image-size", type=two_sides, metavar="N",
                      help="sides that the images are resized to, 48 or 48x64 (height x width) "
                      "(default: those that the model has learnt)")  # fmt: skip
    what.add_argument("--method", default="google", metavar="|".join(METHODS),
                      help="whose way of interpolating positions (default: google)")  # fmt: skip
    what.add_argument("--recipe", default="finetune", metavar="NAME",
                      help="how it learns: a recipe as of `minivit train`, without its model "
                      "(default: finetune)")  # fmt: skip
    what.add_argument("--time", type=duration, default=argparse.SUPPRESS, metavar="TIME",
                      help="choose the epochs so that all is done in this time, such as 90s or "
                      "10min")  # fmt: skip
    frozen = what.add_mutually_exclusive_group()
    frozen.add_argument("--head-only", action="store_true", help="freeze all but the new head")
    frozen.add_argument("--freeze-blocks", type=whole(1), metavar="N",
                        help="freeze the embedding and the first N blocks")  # fmt: skip
    folder = parser.add_argument_group("where to")
    folder.add_argument("--out", type=folder_name, metavar="DIR",
                        help="run folder (default: runs/finetune-DATA-N)")  # fmt: skip
    folder.add_argument("--force", action="store_true", help="overwrite the run that --out holds")
    add_voice(parser)
    add_threads(parser)
    add_ranks(parser)
    add_precision(parser)
    usual = load_recipe("finetune").made(TrainingConfig().model, None)
    add_options(parser, "how", TrainingConfig, defaults=usual, called="finetune")


def run(arguments: argparse.Namespace) -> int:
    from minivit.training import new_folder
    from minivit.training.mpi_ranks import ranks_of_launcher

    began = time.perf_counter()
    voice = Voice(arguments.quiet, arguments.json)
    ranks = ranks_of_launcher(ordered=arguments.ordered)
    ranks.together(lambda: prefer_kernels(arguments))
    training = chosen(arguments, voice, began, ranks)
    folder = ranks.first(lambda: new_folder(f"finetune-{training.data.name}", arguments.out))
    with ExitStack() as stack:
        hold(folder, stack, ranks)
        ranks.first(lambda: save_first(training, folder, voice, force=arguments.force))
        return go_on(training, folder, voice)


def chosen(arguments: argparse.Namespace, voice: Voice, began: float, ranks):
    """A training that begins with the checkpoint's parameters; every setting is checked."""
    model, data, how = ranks.together(lambda: asked_for(arguments))
    training = begun(model, data, how, ranks)
    if hasattr(arguments, "time"):
        config = fitted(training.config, training.data, arguments, voice, began, ranks)
        how["training"]["epochs"] = config.epochs
        training = begun(model, data, how, ranks)
    voice.say(beginning(model, training, arguments))
    return training


def asked_for(arguments: argparse.Namespace):
    """The model that goes on, the data, and what `finetuning` is told."""
    from minivit.data import load_dataset
    from minivit.training import TrainingConfig, load_recipe

    recipe = load_recipe(arguments.recipe)
    name = arguments.data or recipe.data
    if not name:
        raise InputError(
            "say with --data what to learn: a name that `minivit data` lists, or a folder with a "
            "folder of pictures per class"
        )
    model = load_model(arguments.checkpoint, arguments)
    data, c = load_dataset(name), model.config
    how = {
        "image": arguments.image_size or c.image, "recipe": recipe, "method": arguments.method,
        "training": given(arguments, TrainingConfig) | frozen(arguments, c),
        "started_from": as_typed(arguments.checkpoint, arguments),
    }  # fmt: skip
    return model, data, how


def begun(model, data, how: dict, ranks):
    """A training that stands at its beginning; all ranks have the same images."""
    from minivit.training import check_finite, finetuning
    from minivit.training.agreement import agree

    def make():
        training = finetuning(model, data, **how, ranks=ranks)
        check_finite(training)
        return training

    training = ranks.together(make)
    agree(training)
    return training


def frozen(arguments: argparse.Namespace, c) -> dict[str, str]:
    """What --head-only and --freeze-blocks freeze, as the recipe says it; InputError for both."""
    from minivit.training import all_but_head, first_blocks

    if not (arguments.head_only or arguments.freeze_blocks):
        return {}
    if hasattr(arguments, "freeze"):
        option = "head-only" if arguments.head_only else "freeze-blocks"
        raise InputError(f"--{option} and --freeze both say what doesn't learn: leave one out")
    places = all_but_head(c) if arguments.head_only else first_blocks(c, arguments.freeze_blocks)
    return {"freeze": places}


def beginning(model, training, arguments: argparse.Namespace) -> str:
    """What the training begins with, in a line or two."""
    from minivit.checkpoints.adapting import positions_in_words
    from minivit.cli.printing import one_line

    new = training.config.model
    learning = sum(each.stop - each.start for each in training.ranges)
    part = "" if learning == training.model.layout.size else f"; {learning:,} parameters learn"
    old = f"that for {model.config.classes}"
    if not model.config.learns_classes:
        old = f"what it was pre-trained with ({model.config.objective})"
    return (
        f"begins with {one_line(str(arguments.checkpoint))}: "
        f"{positions_in_words(model.config, new, arguments.method)}\n"
        f"  a new head for {new.classes} classes takes the place of {old}{part}"
    )
