"""`minivit train`: a Vision Transformer learns to tell pictures apart while you watch.

A recipe says how; every entry of it can be changed here, and what the recipe `digits` has stands in
brackets. Without a word about it, the embedded digits are learnt.
"""

import argparse
import time
from contextlib import ExitStack
from pathlib import Path

from minivit.cli.arguments import add_threads, folder_name
from minivit.cli.choosing import chosen
from minivit.cli.configuration import add_options
from minivit.cli.going_on import go_on
from minivit.cli.many import add_ranks
from minivit.cli.page_of_run import FILE, check_page, remove_page
from minivit.cli.plot import remove_plot
from minivit.cli.precision import add_precision, prefer_kernels
from minivit.cli.printing import one_line
from minivit.cli.resuming import resumed, run_to_resume
from minivit.cli.voice import Voice, add_voice
from minivit.cli.what_to_learn import add_what

HELP = "train a ViT by a recipe, and draw where it looks"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from minivit.models import ViTConfig
    from minivit.training import TrainingConfig
    from minivit.training.named_recipe import OF_THE_DATA

    usual = TrainingConfig()
    parser.usage = "%(prog)s [--recipe NAME] [--data NAME|PATH] [OPTION ...]"
    add_what(parser)
    folder = parser.add_argument_group("where to")
    folder.add_argument("--out", type=folder_name, metavar="DIR",
                        help="run folder (default: runs/RECIPE-N, or runs/DATA-N)")  # fmt: skip
    folder.add_argument("--force", action="store_true", help="overwrite the run that --out holds")
    folder.add_argument("--resume", metavar="RUN", help="go on with this run, exactly")
    folder.add_argument("--explain", action="store_true",
                        help=f"write the page of `minivit explain`, too: {FILE} in the run folder",
                        )  # fmt: skip
    add_voice(parser)
    add_threads(parser)
    add_ranks(parser)
    add_precision(parser)
    add_options(parser, "how", TrainingConfig, defaults=usual, called="digits")
    add_options(parser, "the model", ViTConfig, defaults=usual.model, called="digits",
                without=OF_THE_DATA)  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    from minivit.training import new_folder
    from minivit.training.mpi_ranks import ranks_of_launcher

    began = time.perf_counter()
    voice = Voice(arguments.quiet, arguments.json)
    ranks = ranks_of_launcher(ordered=arguments.ordered)
    ranks.together(lambda: prefer_kernels(arguments))
    with ExitStack() as stack:
        if arguments.resume is not None:
            folder = ranks.first(lambda: run_to_resume(arguments))
            hold(folder, stack, ranks)
            training = resumed(folder, voice, arguments.data, ranks)
        else:
            training, name = chosen(arguments, voice, began, ranks)
            folder = ranks.first(lambda: new_folder(name, arguments.out))
            hold(folder, stack, ranks)
        if arguments.explain:
            ranks.first(lambda: check_page(training.model, folder))
        if arguments.resume is None:
            ranks.first(lambda: save_first(training, folder, voice, force=arguments.force))
        return go_on(training, folder, voice, explain=arguments.explain)


def hold(folder: Path, stack: ExitStack, ranks) -> None:
    """Keep other trainings out of the folder until `stack` ends."""
    from minivit.training import held

    ranks.first(lambda: stack.enter_context(held(folder)))


def save_first(training, folder: Path, voice: Voice, *, force: bool) -> None:
    """The first checkpoint. A run that is overwritten lasts until this one is whole; what else
    lies in its folder stays.
    """
    from minivit.training import (
        check_vacant,
        others,
        remove_pictures,
        remove_snapshots,
        save_run,
    )

    check_vacant(folder, force=force)
    save_run(training, folder)
    remove_pictures(folder)
    remove_plot(folder)
    remove_page(folder)
    remove_snapshots(folder)
    if rest := others(folder):
        voice.say(one_line(f"Kept in {folder}, as no run has written it: {', '.join(rest)}"))
