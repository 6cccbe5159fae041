"""Tables of plain text."""

from minivit.cli.tables import table


def test_columns_are_aligned():
    found = table([("name", "n", "why"), ("a", "1,000", "x"), ("long name", "2", "")], "<><")
    assert found == "name           n  why\na          1,000  x\nlong name      2"


def test_the_last_alignment_is_for_the_rest():
    assert table([("a", "1", "22"), ("bb", "333", "4")]) == "a     1  22\nbb  333   4"
