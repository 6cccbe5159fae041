"""What an OSError means, in plain words."""

import errno

REASONS = {  # what happened, and what to do about it
    errno.ENOENT: "does not exist; check the name",
    errno.EACCES: "can't be opened or written: permission denied; choose another place",
    errno.EPERM: "can't be changed: the system does not permit it; choose another place",
    errno.EROFS: "lies on a disk that can only be read; choose another place",
    errno.ENOSPC: "can't be written: no space left on the disk; free some, then {again}",
    errno.EDQUOT: "can't be written: your disk quota is used up; free some, then {again}",
    errno.EISDIR: "is a folder: give a file",
    errno.ENOTDIR: "lies below something that is a file, not a folder; check the name",
    errno.EEXIST: "exists already; choose another name",
    errno.ENAMETOOLONG: "has too long a name; choose a shorter one",
}


def sentence(error: OSError, again: str = "run again") -> str:
    """The file, what happened, what to do; errors of our own carry their sentence already.

    `again` is how to go on once the cause is mended.
    """
    if error.errno is None:
        return str(error)
    subject = error.filename2 or error.filename or "a file"
    reason = REASONS.get(error.errno, f"gives trouble: {error.strerror}")
    return f"{subject} {reason.replace('{again}', again)}"
