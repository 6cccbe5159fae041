"""Fetching a checkpoint from Hugging Face's hub, through its own package (the extra `hub`).

The package keeps what it fetched in its cache, goes on where it was interrupted, and shows a bar.
"""

import re
from pathlib import Path

from minivit.checkpoints.foreign.beside import FILES, WEIGHTS
from minivit.errors import InputError

PREFIX = "hf:"
NAME = re.compile(r"[\w.-]+/[\w.-]+")


def fetch(name: str) -> Path:
    """The folder with a model's weights and the JSON beside them, e.g. of "hf:OWNER/MODEL".

    Raises InputError for what is no such name, when the package is missing, for a model that is not
    there or not in safetensors, and when there is no way to the hub.
    """
    repository = name.removeprefix(PREFIX)
    if not name.startswith(PREFIX) or not NAME.fullmatch(repository):
        raise no_model(name)
    try:
        import huggingface_hub
        from huggingface_hub import errors
    except ImportError as error:
        raise InputError(
            "fetching needs the package huggingface_hub, which is not installed: "
            "pip install huggingface_hub"
        ) from error
    try:
        folder = huggingface_hub.snapshot_download(repository, allow_patterns=[*FILES, WEIGHTS])
    except errors.HFValidationError as error:  # the hub's own rules for names, which may change
        raise no_model(name) from error
    except errors.RepositoryNotFoundError as error:
        raise InputError(
            f"the hub has no model {repository}, or shows it only to those who signed in: check "
            "the name"
        ) from error
    except (errors.HfHubHTTPError, *errors.HfHubHTTPError.__bases__, OSError) as error:
        if getattr(error, "filename", None):  # the disk, not the network
            raise
        raise InputError(
            f"{repository} could not be fetched: there is no way to the hub, or it broke off "
            f"({type(error).__name__}); run again to go on where it stopped"
        ) from error
    if not Path(folder, WEIGHTS).is_file():
        raise InputError(
            f"{repository} has no {WEIGHTS}: minivit reads no pickles; choose a model that is "
            "stored in safetensors"
        )
    return Path(folder)


def no_model(name: str) -> InputError:
    return InputError(
        f"{name!r} is no model of the hub: expected hf:OWNER/MODEL, e.g. "
        "hf:google/vit-base-patch16-224"
    )
