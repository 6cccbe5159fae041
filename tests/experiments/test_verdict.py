"""Verdicts on made tables: a difference counts only beyond the spread."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minivit.experiments.verdict import (
    AGREES,
    DOES_NOT,
    IN_PART,
    UNDECIDED,
    Finding,
    above,
    alike,
    at_most,
    of_seeds,
    reaches,
    together,
    verdict,
)

NAMES = "a", "b"
seeds = st.lists(st.floats(0, 100), min_size=2, max_size=5)


@pytest.mark.parametrize(
    ("a", "b", "holds"),
    [
        ([80.0, 81.0, 82.0], [70.0, 71.0, 71.5], True),
        ([70.0, 71.0, 71.5], [80.0, 81.0, 82.0], False),
        ([80.0, 81.0, 82.0], [79.5, 79.6, 79.7], None),  # 1.4 apart, and a spreads by 2
        ([79.5, 79.6, 79.7], [80.0, 81.0, 82.0], None),  # it is the larger spread that counts
        ([81.0, 81.0], [80.0, 80.0], True),
        ([80.0, 80.0], [80.0, 80.0], None),
        ([80.0, 82.0], [78.0, 80.0], None),  # as far apart as the spread, no further
        ([99.0], [1.0], None),  # one seed has no spread
        ([99.0, math.nan], [1.0, 2.0], None),
        ([], [], None),
    ],
)
def test_a_difference_counts_beyond_the_larger_spread(a, b, holds):
    assert above(a, b, NAMES).holds is holds


@pytest.mark.parametrize(
    ("values", "said"),
    [([3.0], "fewer than two seeds"), ([3.0, math.nan], "not a number for every seed")],
)
def test_why_there_is_no_spread_is_said(values, said):
    assert reaches(values, 2, "a").words.endswith(f", {said}, so no spread")


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ([80.0, 81.0], [79.0, 79.9], ", spread 1, exceeded by 0.05 alone"),  # 1.05 apart
        ([79.0, 79.9], [80.0, 81.0], ", spread 1, exceeded by 0.05 alone"),  # whichever is above
        ([80.0, 81.0], [79.0, 79.5], ", spread 1"),  # 1.25 apart
        ([80.0, 81.0], [79.5, 79.9], ", spread 1"),  # within it
        ([80.0, 80.0], [79.9, 79.9], ", spread 0"),
    ],
)
def test_a_difference_that_hardly_exceeds_the_spread_is_told(a, b, told):
    assert above(a, b, NAMES).words.endswith(told)


@pytest.mark.parametrize(
    ("a", "b", "within", "told"),
    [
        ([80.0, 81.0], [81.5, 81.7], 1.0, ", spread 1, exceeded by 0.1 alone"),  # 1.1 apart: no
        ([81.5, 81.7], [80.0, 81.0], 1.0, ", spread 1, exceeded by 0.1 alone"),
        ([80.0, 81.0], [81.8, 82.0], 1.0, ", spread 1"),  # 1.4 apart: no, and clearly
        ([80.0, 81.0], [81.5, 81.7], 1.2, ", spread 1"),  # can't be told
        ([80.0, 80.1], [80.1, 80.22], 1.0, ", spread 0.12"),  # yes, whatever the spread
    ],
)
def test_of_settings_that_are_hardly_unlike_it_is_told_too(a, b, within, told):
    assert alike(a, b, NAMES, within).words.endswith(told)


def test_a_group_tells_which_of_its_members_hardly_hold():
    """1.05, 2, -1.05 and 0.5 apart, and all spread by 1."""
    low = [79.0, 79.0]
    parts = {
        "x (80.1 and 79.0 %)": above([79.55, 80.55], low, ("", "")),
        "y (81.0 and 79.0 %)": above([80.5, 81.5], low, ("", "")),
        "z": above([77.45, 78.45], low, ("", "")),
        "v (79.5 and 79.0 %)": above([79.0, 80.0], low, ("", "")),
    }
    assert together(parts, "all").words == (
        "all (yes: x (80.1 and 79.0 %, spread 1, exceeded by 0.05 alone), y (81.0 and 79.0 %); "
        "no: z (spread 1, exceeded by 0.05 alone); can't be told: v (79.5 and 79.0 %))"
    )


def test_a_control_is_told_and_not_counted():
    found = [Finding(True, "it works", control=True), Finding(False, "it is better")]
    word, sentence, *_ = verdict(found, {})
    assert word == "does not agree"
    assert sentence == "Does not agree: as a control, it works: yes; it is better: no."
    assert verdict(found[:1], {}).word == UNDECIDED


@given(seeds, seeds)
def test_what_is_above_is_not_below(a, b):
    opposite = {True: False, False: True, None: None}
    assert above(a, b, NAMES).holds is opposite[above(b, a, NAMES).holds]


@given(seeds, st.floats(0, 1))
def test_a_move_within_the_spread_cannot_be_told(a, part):
    spread = max(a) - min(a)
    moved = [value + part * spread * 0.999 for value in a]
    assert above(moved, a, NAMES).holds is None


@pytest.mark.parametrize(
    ("a", "b", "within", "holds"),
    [
        ([80.0, 80.2], [80.1, 80.3], 1.0, True),
        ([80.0, 80.2], [83.0, 83.2], 1.0, False),
        ([80.0, 80.2], [80.9, 81.1], 1.0, None),  # near enough, but only just
        ([78.0, 82.0], [80.0, 80.2], 1.0, None),  # the spread is wider than what is asked
        ([75.0, 85.0], [88.0, 89.0], 1.0, None),  # 8.5 apart, and a spreads by 10
        ([80.0, 80.2], [80.1, 80.3], 0.0, None),
        ([80.0, 80.2], [80.1, 80.3], math.nan, None),
        ([80.0], [80.0], 1.0, None),
    ],
)
def test_alike_needs_a_small_spread(a, b, within, holds):
    assert alike(a, b, NAMES, within).holds is holds
    assert alike(b, a, NAMES, within).holds is holds


@pytest.mark.parametrize(
    ("values", "least", "most"),
    [
        ([60.0, 61.0], True, None),
        ([61.0, 62.0], True, False),
        ([58.0, 59.0], False, True),
        ([59.0, 61.0], None, None),
        ([70.0], None, None),
    ],
)
def test_a_number_is_reached_by_all_seeds_or_by_none(values, least, most):
    assert reaches(values, 60, "a").holds is least
    assert at_most(values, 60, "a").holds is most


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ([True, True], AGREES),
        ([True, False], IN_PART),
        ([True, None], IN_PART),
        ([False, False], DOES_NOT),
        ([False, None], DOES_NOT),
        ([None, None], UNDECIDED),
        ([], UNDECIDED),
    ],
)
def test_the_word_follows_from_the_parts(told, word):
    found = verdict([Finding(holds, "a above b") for holds in told], {word: "it is so"})
    assert found.word == word
    assert found.sentence.lower().startswith(word) and found.sentence.endswith(
        ". It may be that it is so."
    )


def test_the_sentence_tells_each_part_and_its_answer():
    parts = [above([3.0, 3.1], [1.0, 1.1], NAMES), above([1.0, 1.1], [1.0, 1.2], NAMES)]
    assert verdict(parts, {}).sentence == (
        "Agrees in part: a (3.05 %) above b (1.05 %), spread 0.1: yes; a (1.05 %) above b (1.1 %), "
        "spread 0.2: can't be told."
    )


def test_answers_are_counted_without_controls_and_groups_one_by_one():
    parts = {f"part {i}": Finding(holds, "words") for i, holds in enumerate((True, None, None))}
    found = [Finding(True, "a"), Finding(False, "b"), Finding(True, "c", control=True)]
    assert verdict(found, {}).counts == "yes 1, no 1, can't be told 0"
    assert verdict([*found, together(parts, "all")], {}).counts == (
        "yes 1, no 1, can't be told 1; one by one yes 2, no 1, can't be told 2"
    )


@pytest.mark.parametrize(
    ("told", "holds"),
    [([True, True], True), ([True, None], None), ([True, None, False], False), ([None], None)],
)
def test_parts_hold_together_if_all_do(told, holds):
    parts = {f"part {i}": Finding(one, "words") for i, one in enumerate(told)}
    found = together(parts, "all")
    assert found.holds is holds and found.words.startswith("all (")
    assert all(name in found.words for name in parts)


def test_seeds_are_taken_in_their_order():
    rows = [{"kind": kind, "seed": seed, "x": x}
            for kind, seed, x in (("a", 1, 5), ("b", 0, 7), ("a", 0, 4))]  # fmt: skip
    assert of_seeds(rows, "x", kind="a") == [4, 5]
