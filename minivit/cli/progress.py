"""A training on the terminal: the bar, a line an epoch, and Ctrl-C taken between two steps."""

import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from minivit.cli.printing import one_line
from minivit.fields import changes_in_words

STOPPING = "\nminivit: stopping after this step; press Ctrl-C again to stop at once\n"


class Progress:
    """The bar as a `with` block; `interrupted` is set by the first Ctrl-C, a second one raises.

    Python lets only its main thread listen to signals: in another, Ctrl-C works as before.
    """

    def __init__(self, training):
        self.training = training
        self.interrupted = False

    def __enter__(self) -> "Progress":
        from tqdm import tqdm

        from minivit.training import heading

        t = self.training
        self.bar = tqdm(
            total=t.config.epochs * t.steps_per_epoch, initial=t.steps_done, unit="batch",
            disable=not on_terminal(), dynamic_ncols=True, leave=False,
            bar_format="{percentage:3.0f}% |{bar}| {remaining} left{postfix}",
        )  # fmt: skip
        self.former = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self.former[number] = signal.signal(number, self.interrupt)
        if not t.finished:
            self.say(heading(t.config.measured_on))
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
        t, s = self.training, self.training.state
        images = min(s.step * t.config.batch, len(t.data.train.labels))
        self.bar.set_postfix_str(
            f"loss {s.loss_sum / images:.3f}, accuracy {s.correct / images:.1%}, "
            f"{images / s.seconds:,.0f} images/s",
            refresh=False,
        )
        self.bar.update()

    def epoch(self, row: dict) -> None:
        from minivit.training import epoch_line

        seconds = self.training.state.timing[-1]["seconds"]
        self.say(epoch_line(self.training.config.epochs, row, seconds))

    def say(self, line: str) -> None:
        """Print a line; the bar stays below it."""
        if self.bar.disable:
            print(line, flush=True)
        else:
            self.bar.write(line)


def opening(training, folder: Path) -> str:
    """What is trained on what, in three lines, and where the data lie if they lie anywhere."""
    from minivit import backend
    from minivit.models import parameter_count
    from minivit.threads import thread_count

    c, data = training.config.model, training.data
    options = changes_in_words(c)
    train, test = len(data.train.labels), len(data.test.labels)
    threads = thread_count()
    return (
        f"{one_line(data.name)}: {train:,} training and {test:,} {training.config.measured_on} "
        f"images of {c.image[0]}x{c.image[1]} pixels, {c.classes} classes\n"
        f"{origin(data)}"
        f"ViT: {c.patches} patches of {c.patch[0]}x{c.patch[1]}, width {c.width}, "
        f"{c.depth} blocks, {c.heads} heads, MLP {c.mlp}"
        f"{', ' + options if options else ''}: {parameter_count(c):,} parameters\n"
        f"backend {backend.name()}, {threads} thread{'s' * (threads > 1)}, "
        f"seed {training.config.seed}; run folder {folder}"
    )


def origin(data) -> str:
    """Lines that say where a data set lies, and what was done to it; "" if there is nothing."""
    place, read = data.preprocessing.get("place"), getattr(data.train.images, "remark", "")
    lines = [f"from {place}"] if place else []
    lines += [one_line(line) for line in (read, *data.remarks) if line]
    return "".join(f"  {line}\n" for line in lines)


def on_terminal() -> bool:
    """Whether stderr is a terminal; a program without a console has no stderr."""
    return sys.stderr is not None and sys.stderr.isatty()
