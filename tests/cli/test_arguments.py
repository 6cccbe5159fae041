"""Types of arguments that refuse a bad value in a sentence."""

import pytest

from minivit.cli.arguments import duration
from minivit.cli.main import main


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("90s", 90), ("10min", 600), ("1h30min", 5400), ("2h", 7200), ("1h0min5s", 3605)],
)
def test_times_are_read(typed, seconds):
    assert duration(typed) == seconds


@pytest.mark.parametrize("typed", ["", "10", "10m", "0s", "1.5h", "-3s", "5min2h", "ten", "1e3s"])
def test_other_times_are_refused(typed, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", f"--time={typed}"])
    assert stop.value.code == 2
    assert f"--time: {typed!r}: expected hours, minutes and" in capsys.readouterr().err
