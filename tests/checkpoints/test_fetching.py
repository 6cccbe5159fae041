import sys
from types import ModuleType

import pytest

from minivit import InputError
from minivit.checkpoints import fetch
from minivit.cli.main import main

NAME = "hf:owner/model"


class NetworkError(Exception):
    """As that of the library by which the package reaches the hub: no OSError."""


class HubError(NetworkError, OSError):
    pass


class NotThere(HubError):
    pass


class NotAName(ValueError):
    pass


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A stand-in for the package huggingface_hub, which is not installed for the tests."""
    package, errors = ModuleType("huggingface_hub"), ModuleType("huggingface_hub.errors")
    errors.HfHubHTTPError, errors.RepositoryNotFoundError = HubError, NotThere
    errors.HFValidationError = NotAName
    package.asked = []

    def snapshot_download(repository, allow_patterns):
        package.asked.append((repository, allow_patterns))
        return str(tmp_path)

    package.snapshot_download = snapshot_download
    monkeypatch.setitem(sys.modules, "huggingface_hub", package)
    monkeypatch.setitem(sys.modules, "huggingface_hub.errors", errors)
    return package


def test_a_model_is_fetched_with_the_json_beside_it(hub, tmp_path, capsys):
    with pytest.raises(InputError, match=r"no model\.safetensors"):
        fetch(NAME)
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    assert main(["fetch", NAME]) == 0
    assert f"minivit predict {tmp_path}" in capsys.readouterr().out
    files = ["config.json", "preprocessor_config.json", "model.safetensors"]
    assert hub.asked[-1] == ("owner/model", files)


@pytest.mark.parametrize(
    "error, words",
    [
        (NotThere("404"), "the hub has no model owner/model"),
        (HubError("503"), "run again to go on"),
        (NotAName("a..b"), "expected hf:OWNER/MODEL"),
        (NetworkError("closed by the other side"), "run again to go on"),
        (FileNotFoundError("no connection and nothing in the cache"), "no way to the hub"),
    ],
)
def test_what_goes_wrong_on_the_way_is_a_sentence(hub, error, words):
    def fail(*_, **__):
        raise error

    hub.snapshot_download = fail
    with pytest.raises(InputError, match=words):
        fetch(NAME)


@pytest.mark.parametrize("name", ["owner/model", "hf:model", "hf:", "hf:a/b/c", "hf:../../etc"])
def test_a_name_that_is_none(name):
    with pytest.raises(InputError, match="expected hf:OWNER/MODEL"):
        fetch(name)


def test_the_package_is_named_when_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match="pip install huggingface_hub"):
        fetch(NAME)
