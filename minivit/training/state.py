"""Where a training stands."""

from dataclasses import dataclass, field


@dataclass
class State:
    """Where a run stands. `step` counts the batches done in epoch number `epoch` (from 0)."""

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0  # over the images of this epoch so far
    correct: int = 0
    norm_sum: float = 0.0  # of the gradients of this epoch so far, before clipping
    learning_rate: float = 0.0  # of the last step
    seconds: float = 0.0  # of this epoch so far
    waited: float = 0.0  # of these: until the images of the steps were there
    history: list[dict] = field(default_factory=list)  # a row per finished epoch
    timing: list[dict] = field(default_factory=list)

    def timing_row(self, images: int) -> dict:
        """How long this epoch's `images` took."""
        return {
            "epoch": self.epoch + 1,
            "seconds": self.seconds,
            "images_per_second": images / self.seconds if self.seconds else 0.0,
            "share_of_waiting": self.waited / self.seconds if self.seconds else 0.0,
        }
