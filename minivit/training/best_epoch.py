"""Early stopping, looked back at: the model of the epoch that was best on held-out images."""

import copy
import math

from minivit.errors import InputError
from minivit.params import NamedArrays
from minivit.training.training import Training


class BestEpoch:
    """Remembers the parameters of the best epoch of a training; of equally good ones, the first's.

        best = BestEpoch()
        training = minivit.train(config, data, on_epoch=best)
        best.restore(training.model)

    So the paper stops early (section 4.3): what counts is the best accuracy on validation images
    during a training. They are held-out training images: the recipe needs `hold_out`.
    """

    def __init__(self):
        self.epoch = 0  # of none yet
        self.accuracy = -math.inf
        self.parameters: NamedArrays | None = None

    def __call__(self, training: Training, row: dict) -> None:
        """After an epoch; InputError when the test images would choose."""
        if not training.config.hold_out:
            raise InputError(
                "the best epoch is chosen on held-out training images, and hold out is 0: set it, "
                "to 0.2 say; test images must not choose what they judge"
            )
        if row["held_out_accuracy"] > self.accuracy:
            self.epoch, self.accuracy = row["epoch"], row["held_out_accuracy"]
            self.parameters = copy.copy(training.model.parameters)

    def restore(self, model) -> None:
        """Give a model the parameters of the best epoch; InputError before the first one."""
        if self.parameters is None:
            raise InputError("no epoch has been finished, so none is the best")
        model.parameters.become(self.parameters)
