"""Where a lesson's pictures go."""

import tempfile
from pathlib import Path


def picture_folder() -> Path:
    """The folder `out` of the current one, made if need be; a temporary one if it can't be written.

    A lesson prints where its picture lies.
    """
    out = Path("out")
    try:
        out.mkdir(exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="minivit-"))
    return out
