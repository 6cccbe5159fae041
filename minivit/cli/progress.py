"""A training on the terminal: the bar, a line an epoch, and Ctrl-C taken between two steps."""

import os
import signal
import sys
import textwrap
import threading
from contextlib import suppress
from pathlib import Path

from minivit.cli.printing import one_line
from minivit.cli.voice import EVERYTHING, Voice
from minivit.fields import changes_in_words, described_fields, in_words

ALWAYS_TOLD = ("epochs", "batch", "learning_rate")  # of a recipe, beside what is not the default
LONG = 20  # seconds: how long a training takes is told from here on
FIGURES = 80_000_000  # bytes that drawing takes at the end: most of them are matplotlib
STOPPING = "\nminivit: stopping after this step; press Ctrl-C again to stop at once\n"


class Progress:
    """The bar as a `with` block; `interrupted` is set by the first Ctrl-C, a second one raises.

    Python lets only its main thread listen to signals: in another, Ctrl-C works as before.
    """

    def __init__(self, training, voice: Voice = EVERYTHING):
        self.training, self.voice = training, voice
        self.interrupted = self.headed = False
        self.pace = None

    def __enter__(self) -> "Progress":
        from tqdm import tqdm

        from minivit.training import Pace

        t = self.training
        self.pace = Pace(t) if self.voice.talks and not t.ranks.number else None
        self.bar = tqdm(
            total=t.config.epochs * t.steps_per_epoch, initial=t.steps_done, unit="batch",
            disable=not (self.voice.talks and on_terminal()), dynamic_ncols=True, leave=False,
            bar_format="{percentage:3.0f}% |{bar}| {remaining} left{postfix}",
        )  # fmt: skip
        self.former = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self.former[number] = signal.signal(number, self.interrupt)
        return self

    def __exit__(self, *exception) -> None:
        self.bar.close()
        for number, handler in self.former.items():
            signal.signal(number, handler)

    def interrupt(self, number: int, frame) -> None:
        """Take note of a signal and say so; the loop looks at `interrupted` after the step.

        The first step may last long, since kernels are compiled in it.
        """
        self.interrupted = True
        signal.signal(number, self.former[number])  # a second Ctrl-C stops at once
        with suppress(AttributeError, OSError, ValueError):  # there is no console
            os.write(sys.stderr.fileno(), STOPPING.encode())  # print may be interrupted itself

    def step(self) -> None:
        from minivit.training import accuracy_of

        t, s = self.training, self.training.state
        images = min(s.step * t.config.batch, len(t.data.train.labels))
        right = accuracy_of(t.config.model, s.correct, images)
        accuracy = "" if right is None else f"accuracy {right:.1%}, "
        self.bar.set_postfix_str(
            f"loss {s.loss_sum / images:.3f}, {accuracy}{images / s.seconds:,.0f} images/s",
            refresh=False,
        )
        self.bar.update()
        if self.pace is not None and not self.interrupted:
            self.pace.step()
            if self.pace.known:
                self.expect()

    def expect(self) -> None:
        """Say once how long it will take and how much memory, where that is worth a line."""
        from minivit.training import Expected, evaluation_seconds

        expected = Expected(self.pace.each, evaluation_seconds(self.training))
        self.pace = None
        if expected.left(self.training) >= LONG:
            self.say(outlook(self.training, expected))

    def epoch(self, row: dict) -> None:
        from minivit.training import epoch_line, heading

        if not self.headed:
            t = self.training
            self.say(heading(t.config.measured_on, averaged=t.average is not None))
            self.headed = True
        seconds = self.training.state.timing[-1]["seconds"]
        self.say(epoch_line(self.training.config.epochs, row, seconds))
        self.voice.event("epoch", **row, seconds=seconds)

    def say(self, line: str) -> None:
        """Print a line; the bar stays below it."""
        if self.bar.disable:
            self.voice.say(line)
        else:
            self.bar.write(line)


def opening(training, folder: Path) -> str:
    """What is trained on what, and how, in a few lines, and where the data lie if anywhere."""
    from minivit import backend
    from minivit.models import parameter_count
    from minivit.threads import thread_count

    c, data = training.config.model, training.data
    options = changes_in_words(c)
    train, test = len(data.train.labels), len(data.test.labels)
    threads, precision = thread_count(), backend.precision()
    products = "" if precision == "float32" else f" in {precision}"
    return (
        f"{one_line(data.name)}: {train:,} training and {test:,} {training.config.measured_on} "
        f"images of {c.image[0]}x{c.image[1]} pixels, {c.classes} classes\n"
        f"{origin(data)}"
        f"{c.family}: {', '.join([*sizes_in_words(c), *[options] * bool(options)])}: "
        f"{parameter_count(c):,} parameters\n"
        f"{recipe_in_words(training.config)}\n"
        f"backend {backend.name()}{products}, {threads} thread{'s' * (threads > 1)}"
        f"{processes_in_words(training)}, "
        f"seed {training.config.seed}; run folder {one_line(str(folder))}"
    )


def processes_in_words(training) -> str:
    """Of how many processes each has these threads; and in which order their sums are, where there
    is more than one."""
    ranks, order = training.ranks, ""
    if ranks.count == 1:
        return ""
    if ranks.ordered:
        order = ", sums in their order"
    elif ranks.count * training.config.accumulate > 2:
        order = ", sums in MPI's order: last bits may differ (not with --ordered)"
    return f" in each of {ranks.count} processes{order}"


def sizes_in_words(c) -> list[str]:
    """The sizes that only a ViT has."""
    if c.family != "ViT":
        return []
    return [
        f"{c.patches} patches of {c.patch[0]}x{c.patch[1]}",
        f"width {c.width}",
        f"{c.depth} block{'s' * (c.depth != 1)}",
        f"{c.heads} head{'s' * (c.heads != 1)}",
        f"MLP {c.mlp}",
    ]


def recipe_in_words(config) -> str:
    """The recipe: its most important entries, and those that are not the usual ones."""
    entries = [
        f"{field.name.replace('_', ' ')} {in_words(getattr(config, field.name))}"
        for field in described_fields(config)
        if field.name in ALWAYS_TOLD or getattr(config, field.name) != field.default
        if field.name != "seed" and field.help
    ]
    called = f"recipe {one_line(config.name)}" if config.name else "recipe"
    return textwrap.fill(
        f"{called}: {', '.join(entries)}", 79, subsequent_indent="  ", break_on_hyphens=False
    )


def outlook(training, expected) -> str:
    """How long a training will still take, and how much memory."""
    from minivit.machine import peak_memory
    from minivit.training import time_in_words

    epochs = training.config.epochs - training.state.epoch
    each = time_in_words(expected.epoch(training.steps_per_epoch))
    memory, peak = "", peak_memory()
    if peak:
        most = peak + 3 * training.model.parameters.flat.nbytes + FIGURES  # a checkpoint; the end
        memory = f", at most about {round(most / 1e6, -1):,.0f} MB of memory"
    return (
        f"About {time_in_words(expected.left(training))} to go ({epochs} "
        f"epoch{'s' * (epochs > 1)} of {each}){memory}"
    )


def origin(data) -> str:
    """Lines that say where a data set lies, and what was done to it; "" if there is nothing."""
    place, read = data.preprocessing.get("place"), getattr(data.train.images, "remark", "")
    lines = [f"from {place}"] if place else []
    lines += [line for line in (read, *data.remarks) if line]
    return "".join(f"  {one_line(line)}\n" for line in lines)


def on_terminal() -> bool:
    """Whether stderr is a terminal; a program without a console has no stderr."""
    return sys.stderr is not None and sys.stderr.isatty()
