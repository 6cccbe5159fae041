"""The classes that are left out, the control, and the verdict on made tables."""

import numpy as np
import pytest
from tiny_scale import TINY

from minivit import load_dataset
from minivit.experiments import FULL, two_towers, verdict
from minivit.experiments.two_towers import (
    HALF,
    KINDS,
    LETTERS,
    SHUFFLED,
    SIDE,
    WORDS,
    dealt_anew,
    left_out,
    of_classes,
)
from minivit.experiments.verdict import UNDECIDED


@pytest.fixture(scope="module")
def data():
    return load_dataset("shapes-by-pair")


@pytest.mark.parametrize("count", [8, 32])
def test_every_word_is_left_out_as_often_and_never_altogether(count, data):
    absent = left_out(count, 5)
    assert len(set(absent)) == count and set(absent) != set(left_out(count, 6))
    names = data.class_names
    words = [word for number in absent for word in names[number].split()]
    assert {words.count(word) for word in set(words)} == {count // SIDE}
    assert len(set(words)) == 2 * SIDE


def test_how_many_classes_seeds_share_and_how_many_images_are_told(data):
    claim = two_towers.EXPERIMENT.claim
    shared = [set(left_out(count, 0)) & set(left_out(count, 1)) for count in (8, 32)]
    assert [len(both) for both in shared] == [0, 24]
    assert "(of 32, neighbouring seeds share 24)" in claim
    told = []
    for count in (8, 32):
        absent = left_out(count, 2)
        never, seen = ([len(of_classes(data, part, absent, which)[1]) for part in ("train", "test")]
                       for which in (True, False))  # fmt: skip
        told.append((sum(never), seen[1]))
    assert told == [(875, 875), (3500, 500)]
    assert "on all 875 (or 3,500) of theirs, the others on the 875 (or 500) that" in claim
    assert len(data.train.labels) + len(data.test.labels) == 7000 and "are 7,000 coloured" in claim


def test_names_dealt_out_anew_are_the_same_names_elsewhere(data):
    names = data.class_names
    dealt = dealt_anew(names, 0)
    assert sorted(dealt) == sorted(names) and dealt != dealt_anew(names, 1)
    assert np.mean([a == b for a, b in zip(names, dealt, strict=True)]) < 0.1


def test_images_are_of_the_classes_left_out_or_of_the_others(data):
    absent = left_out(8, 0)
    images, labels = of_classes(data, "test", absent, True)
    assert set(labels) == set(absent) and len(images) == len(labels)
    others = of_classes(data, "test", absent, False)[1]
    assert not set(others) & set(absent) and len(others) + len(labels) == 1000


def test_with_fewer_classes_images_are_shown_more_often():
    shown = {p.settings["names"]: p.settings["epochs"] for p in two_towers.points(FULL)}
    steps = {kind: shown[kind] * (SIDE**2 - KINDS[kind][1]) for kind in KINDS}
    assert max(steps.values()) < 1.05 * min(steps.values())


def test_another_tower_is_another_grid(monkeypatch):
    before = two_towers.EXPERIMENT.grid(TINY)
    monkeypatch.setattr(two_towers, "TOWER", two_towers.TOWER | {"width": 24})
    assert two_towers.EXPERIMENT.grid(TINY) != before


def made(**never_seen) -> list[dict]:
    means = {WORDS: 60, LETTERS: 30, HALF: 25, SHUFFLED: 1} | never_seen
    return [{"names": kind, "never seen": mean + seed, "seed": seed,
             "colour": 98 + seed, "shape": mean + seed, "seen": 66 + seed}
            for kind, mean in means.items() for seed in range(3)]  # fmt: skip


def test_what_is_right_of_a_name_is_told():
    assert two_towers.findings(made())[2].words == (
        "8 classes never seen, by letters (31.0 %) at least 25 %, spread 2; of 99.0 % the colour "
        "is right, of 31.0 % the shape; of classes seen, both of 67.0 %"
    )


def test_findings_on_made_tables():
    def word(rows):
        return verdict(two_towers.findings(rows), {}).word

    assert word(made()) == "agrees"
    assert word(made(**{LETTERS: 2})) == "agrees in part"
    assert word(made(**dict.fromkeys(KINDS, 1))) == "does not agree"
    few = made(**{WORDS: 8, LETTERS: 3, HALF: 3})  # above the control, and no ten times chance
    assert word(few) == "does not agree"
    at_the_bar = {kind: two_towers.BAR - 1 for kind in KINDS}
    assert word(made(**at_the_bar)) == UNDECIDED
