import numpy as np

from minivit.ops.chance import mixed, scramble, uniform


def test_the_published_generator():
    """The first numbers of SplitMix64 with the seed 1234567, as its authors' program gives them."""
    state, golden = 1234567, 0x9E3779B97F4A7C15
    numbers = [int(scramble(np.array([(state + i * golden) % 2**64], np.uint64))[0])
               for i in range(1, 6)]  # fmt: skip
    assert numbers == [
        6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431,
        16408922859458223821,
    ]  # fmt: skip
    drawn = uniform(state, np.arange(5))
    assert np.abs(drawn - np.array(numbers, float) / 2**64).max() < 1e-15


def test_numbers_are_even_and_independent():
    drawn = uniform(3, np.arange(20_000))
    assert drawn.min() >= 0
    assert drawn.max() < 1
    counts = np.histogram(drawn, 10, (0, 1))[0]
    assert np.abs(counts - 2000).max() < 200  # more than four deviations
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.03
    assert abs(np.corrcoef(drawn, uniform(4, np.arange(20_000)))[0, 1]) < 0.03


def test_a_number_depends_on_its_position_alone():
    assert np.array_equal(uniform(3, np.arange(10))[4:], uniform(3, np.arange(4, 10)))


def test_a_seed_is_mixed_from_all_its_parts():
    seeds = {mixed(s, step, place) for s in range(5) for step in range(5) for place in ("a", "b")}
    assert len(seeds) == 50
    assert mixed(1, 2, "a") == mixed(1, 2, "a")
    assert mixed(1, 2) != mixed(2, 1)
    assert 0 <= mixed(-1, 2**70) < 2**64
