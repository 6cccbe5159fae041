"""All is told in setup.cfg. This says at once that a Python is too old.

An old pip would download every dependency first.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  this is for those that pass over python_requires
    major, minor = sys.version_info[:2]
    sys.exit(
        f"minivit needs Python 3.11 or newer, and this is Python {major}.{minor}: make the virtual "
        "environment with a newer one, e.g. python3.12 -m venv --clear .venv"
    )

from setuptools import setup

setup()
