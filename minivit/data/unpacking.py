"""Taking the expected files out of an archive, and nothing else."""

import shutil
import tarfile
import zlib
from pathlib import Path

from minivit.errors import InputError
from minivit.files import replacing

LARGEST = 1 << 29  # bytes of one file


def unpack(archive: Path, folder: Path, names: tuple[str, ...]) -> None:
    """Write the files FOLDER'S NAME/name of a tar.gz into `folder`.

    The archive decides no path: a file is written under the name that is expected, and links,
    folders and other files are passed over. Raises InputError when one is missing, or is no plain
    file of an allowed size, and when the archive is damaged.
    """
    expected = {f"{folder.name}/{name}": name for name in names}
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = expected.get(member.name.removeprefix("./"))
                if name is None:
                    continue
                content = tar.extractfile(member) if member.isreg() else None
                if content is None or member.size > LARGEST:
                    raise InputError(f"{archive}: {member.name} is no plain file; get it again")
                with content, replacing(folder / name) as partial, partial.open("wb") as file:
                    shutil.copyfileobj(content, file)
                del expected[member.name.removeprefix("./")]
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise InputError(f"{archive} is a damaged archive ({error}); get it again") from error
    if expected:
        raise InputError(f"{archive} lacks {', '.join(sorted(expected))}; get it again")
