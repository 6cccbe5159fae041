"""What the wheel takes along: every package, and the files beside the sources."""

import configparser
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
PACKAGE = CHECKOUT / "minivit"


@pytest.fixture(scope="module")
def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(CHECKOUT / "setup.cfg", encoding="utf-8")
    return parser


def test_every_package_is_listed(setup):
    found = {
        ".".join(file.parent.relative_to(CHECKOUT).parts) for file in PACKAGE.rglob("__init__.py")
    }
    listed = set(setup["options"]["packages"].split())
    assert listed == found | {"minivit.benchmarks", "minivit.lessons"}


def test_type_checkers_are_told_that_there_are_types(setup):
    assert (PACKAGE / "py.typed").exists()
    assert "py.typed" in setup["options.package_data"]["minivit"].split()
