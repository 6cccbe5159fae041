"""How a run has learned, for its page: what its checkpoint and its snapshots tell."""

from pathlib import Path


def learning_of(run: str | Path, asked=None):
    """The log and the snapshots of a run; None of a checkpoint that tells of no finished epoch.

    `asked` is what was typed of somebody else's checkpoint.

    Raises InputError for a log that is damaged.
    """
    from minivit.checkpoints import Asked, open_any
    from minivit.figures.page import Learning
    from minivit.training import read_log
    from minivit.training.snapshot_files import snapshot_paths

    with open_any(run, asked or Asked()) as checkpoint:
        state = checkpoint.header.get("training", {}).get("state", {})
    if not state.get("history"):
        return None
    log = read_log(run)
    c = log.config
    return Learning(
        log.history, c.measured_on, log.steps, snapshot_paths(log.path),
        smoothing=c.smoothing, mixes=c.mixup > 0 or c.cutmix > 0,
    )  # fmt: skip
