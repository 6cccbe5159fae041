"""Files of parameters: our own format (and readers and writers for the formats of others)."""

from minivit.checkpoints.format import (
    CHECKPOINT,
    checkpoint_path,
    read_checkpoint,
    read_header,
    write_checkpoint,
)

__all__ = ["CHECKPOINT", "checkpoint_path", "read_checkpoint", "read_header", "write_checkpoint"]
