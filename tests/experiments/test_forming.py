"""Filters and positions as they form: what is kept of the moments, and the findings."""

import numpy as np
from tiny_scale import TINY

from minivit import backend
from minivit.experiments import forming, run, verdict


def test_moments_are_kept_in_hundredths_and_found_again():
    array = np.array([[0.123, -1.0], [0.999, 0.004]])
    assert forming.packed(array) == "12 -100 100 0"
    np.testing.assert_allclose(forming.unpacked("12 -100 100 0"), [0.12, -1, 1, 0])
    row = {"components": forming.packed(np.arange(18) / 100), "shares": "60 40"}
    found = forming.filters_of(row)
    assert found.components.shape == (2, 3, 3, 1) and found.components[1, 2, 2, 0] == 0.17
    assert found.shares.tolist() == [0.6, 0.4]


def test_forming_on_made_tables():
    def table(**ends):
        """Every number is 1 at the start and 5 at the end, but for those that are told."""
        columns = [*forming.NUMBERS, *(f"{name}{forming.OF_CHANGE}" for name in forming.NUMBERS)]
        return [{"twelfths": t, "seed": seed, "by_chance": 3}
                | {name: (ends.get(name, 5) if t else 1) + 0.1 * seed for name in columns}
                for t in forming.MOMENTS for seed in range(3)]  # fmt: skip

    def word(**ends):
        return verdict(forming.findings(table(**ends)), {}).word

    assert word() == "agrees" and word(smoothness=0.5) == "agrees in part"
    assert [f.holds for f in forming.findings(table(rows_columns_of_change=2.9))][5] is None
    assert [f.holds for f in forming.findings(table(rows_columns_of_change=1))][5] is False
    early = forming.findings(table())[1]
    assert early.control and early.holds is None
    assert early.words.startswith(
        "the same after 1/12 of the training (5.1) above at the end (5.1)"
    )


def test_a_training_from_the_papers_beginning_has_positions_without_order(tmp_path):
    """And it keeps the same moments whatever its length."""
    with backend.use("numpy"):
        rows = run(forming.EXPERIMENT, tmp_path, scale=TINY).rows
    assert {row["twelfths"] for row in rows} == {0, 1, 3, 6, 12}
    for row in rows:
        assert abs(row["rows_columns"] - row["by_chance"]) < 8 and row["by_chance"] == 25
        assert bool(row["cosines"]) == (row["seed"] == 0)
    first, *_, last = (row for row in rows if row["seed"] == 1)
    assert first["smoothness_of_change"] == 0 != last["smoothness_of_change"]
