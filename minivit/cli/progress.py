"""A training on the terminal: the bar, a line an epoch, and Ctrl-C taken between two steps."""

import signal
import sys


class Progress:
    """The bar as a `with` block; `interrupted` is set by the first Ctrl-C, a second one raises."""

    def __init__(self, training):
        self.training = training
        self.interrupted = False

    def __enter__(self) -> "Progress":
        from tqdm import tqdm

        t = self.training
        self.bar = tqdm(
            total=t.config.epochs * t.steps_per_epoch,
            initial=t.state.epoch * t.steps_per_epoch + t.state.step,
            unit="batch", disable=not sys.stderr.isatty(), dynamic_ncols=True, leave=False,
            bar_format="{percentage:3.0f}% |{bar}| {elapsed} elapsed, {remaining} left{postfix}",
        )  # fmt: skip
        self.former = {}
        for number in (signal.SIGINT, signal.SIGTERM):
            self.former[number] = signal.signal(number, self.interrupt)
        return self

    def __exit__(self, *exception) -> None:
        self.bar.close()
        for number, handler in self.former.items():
            signal.signal(number, handler)

    def interrupt(self, number: int, frame) -> None:
        """What a signal does: nothing yet; who trains looks at `interrupted` after the step."""
        self.interrupted = True
        signal.signal(number, self.former[number])  # a second Ctrl-C stops at once

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
        from tqdm import tqdm

        seconds = self.training.state.timing[-1]["seconds"]
        tqdm.write(
            f"epoch {row['epoch']:3}/{self.training.config.epochs}  "
            f"train loss {row['train_loss']:.3f}  accuracy {row['train_accuracy']:6.1%}  |  "
            f"{measured_on(self.training)} loss {row['test_loss']:.3f}  "
            f"accuracy {row['test_accuracy']:6.1%}  |  {seconds:.2f} s"
        )


def measured_on(training) -> str:
    """Which images tell how good the model is, in the words of the lines."""
    return "held-out" if training.config.hold_out else "test"
