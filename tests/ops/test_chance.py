import numpy as np
import pytest

from minivit.ops.chance import drawn_32, image_keys, least_kept, mixed, scramble, uniform


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


def test_the_published_scrambling_of_32_bits():
    """MurmurHash3 of nothing with the seeds 1 and 2^32 - 1 scrambles the seed, and no more."""
    plain = drawn_32(np.zeros((1, 2), np.uint32), 2)
    assert [hex(n) for n in plain[0]] == ["0x0", "0x514e28b7"]
    last = np.array([[2**32 - 1, 0]], np.uint32)  # as a key: position 0 becomes 2^32 - 1
    assert hex(drawn_32(last, 1)[0, 0]) == "0x81f16f39"


def test_a_value_is_scrambled_with_both_keys():
    """The definition, in whole numbers of any length, cut to 32 bits."""
    keys = image_keys(11, np.arange(3))
    for image, position in np.ndindex(3, 50):
        n = position
        for key, shift, factor in zip(keys[image], (16, 13), (0x85EBCA6B, 0xC2B2AE35), strict=True):
            n ^= int(key)
            n = (n ^ n >> shift) * factor % 2**32
        assert drawn_32(keys, 50)[image, position] == n ^ n >> 16


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_the_rate_is_kept_to(rate):
    """In all, in every image, and at every position of the images."""
    kept = drawn_32(image_keys(7, np.arange(1000)), 1000) >= least_kept(rate)
    deviation = np.sqrt(rate * (1 - rate))
    for part, count in ((kept.mean(), 1e6), (kept.mean(axis=0), 1e3), (kept.mean(axis=1), 1e3)):
        assert (np.abs(part - (1 - rate)) <= 4.5 * deviation / np.sqrt(count)).all()
    assert least_kept(np.nextafter(1, 0)) == 2**32 - 1


def test_values_are_independent():
    """Of those beside them, in a later row, in the next images, at other places, of other seeds."""
    seeds = [mixed(3, place, purpose) for place in ("a", "b") for purpose in ("inside", "out")]
    seeds += [mixed(4, "a", "inside"), mixed(3, "a", "inside") + 1]
    for rate in (0.1, 0.5):
        kept = np.array([drawn_32(image_keys(s, np.arange(60)), 64 * 64) >= least_kept(rate)
                         for s in seeds]) - (1 - rate)  # fmt: skip
        pairs = [(a, b) for i, a in enumerate(kept) for b in kept[:i]]
        pairs += [(kept[..., apart:], kept[..., :-apart]) for apart in (1, 2, 3, 16, 64, 128, 2048)]
        pairs += [(kept[:, apart:], kept[:, :-apart]) for apart in (1, 2, 3, 32)]
        for a, b in pairs:
            assert abs((a * b).mean()) < 4.5 * rate * (1 - rate) / np.sqrt(a.size)


def test_every_bit_of_a_position_moves_every_bit_of_its_number():
    """Half of the time. (A bit of the position is one of the first key.)"""
    keys = image_keys(1, np.arange(4000))
    for bit in range(32):
        moved = drawn_32(keys, 1) ^ drawn_32(keys ^ np.array([1 << bit, 0], np.uint32), 1)
        each = [(moved >> np.uint32(b) & np.uint32(1)).mean() for b in range(32)]
        assert max(abs(part - 0.5) for part in each) < 0.05, bit
