import pytest

from minivit.training import epoch_line, heading


@pytest.mark.parametrize("epochs", [1, 60, 1000, 99_999])
@pytest.mark.parametrize("measured_on", ["test", "held-out"])
def test_lines_fit_80_columns_and_stand_below_their_headings(epochs, measured_on):
    row = {"epoch": epochs, "train_loss": 12345.678, "train_accuracy": 1.0, "test_loss": 2.3}
    line = epoch_line(epochs, row | {"test_accuracy": 0.125}, 1234.5)
    head = heading(measured_on)
    assert max(len(line), len(head)) < 80
    words = [f"{epochs}/{epochs}", "12345.678", "100.0%", "2.300", "12.5%", "1234.50"]
    assert line.split() == words
    averaged = {key.replace("test", "averaged_test"): 0.25 for key in row if "test" in key}
    more = epoch_line(epochs, row | {"test_accuracy": 0.125} | averaged
                      | {"averaged_test_accuracy": 0.5}, 1234.5)  # fmt: skip
    assert more.split() == [*words[:-1], "50.0%", words[-1]]
    assert max(len(more), len(heading(measured_on, averaged=True))) < 80
    if epochs < 1000:
        assert len(more) == len(heading(measured_on, averaged=True))
        titles = ("epoch", "train loss", f"{measured_on} loss")
        numbers = (words[0], words[1], words[3])
        ends = [head.index(title) + len(title) for title in titles]
        assert [line.index(number) + len(number) for number in numbers] == ends
        assert len(line) == len(head)
