"""The loop: every epoch batch after batch, then measure; and again."""

from collections.abc import Callable

from minivit.data import Dataset
from minivit.training.agreement import agree
from minivit.training.lines import epoch_line, heading
from minivit.training.recipe import TrainingConfig
from minivit.training.training import Training


def train(
    config: TrainingConfig,
    data: Dataset,
    *,
    training: Training | None = None,
    progress: bool = False,
    on_step: Callable[[Training, float], None] = lambda training, loss: None,
    on_epoch: Callable[[Training, dict], None] = lambda training, row: None,
) -> Training:
    """Train to the last epoch: `minivit.train(TrainingConfig(), load_dataset("digits"))`.

    `on_step` is called after every batch with its loss, `on_epoch` after every epoch with its row
    of the history; either may raise to stop. With `progress` a line is printed for every epoch.
    With `training` (see `load_run`) a former run goes on. Returns the training: `.model`,
    `.state.history`.

    Raises InputError when data and model don't fit together, or when the loss diverges.
    """
    training = training or Training(config, data)
    agree(training)
    progress = progress and not training.ranks.number
    if progress:
        print(heading(config.measured_on, averaged=config.average is not None), flush=True)
    while not training.finished:
        for batch, prepared in training.feed.batches(training.state.epoch, training.state.step):
            loss = training.train_batch(batch, prepared)
            on_step(training, loss)
        row = training.finish_epoch()
        if progress:
            seconds = training.state.timing[-1]["seconds"]
            print(epoch_line(config.epochs, row, seconds), flush=True)
        on_epoch(training, row)
    return training
