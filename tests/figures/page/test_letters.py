"""Bytes and weights as the page holds them, read back by the page's own script: the same bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from javascript import v8
from page_letters import from_letters

from minivit.figures.page.floats import packed_floats
from minivit.figures.page.letters import AT_ONCE, in_letters, letters_for
from minivit.figures.page.sources import mathematics


@pytest.fixture(scope="module")
def run():
    with v8(mathematics()) as run:
        yield run


def read(run, content: bytes) -> bytes:
    return bytes(run("(text) => Array.from(bytes_of(text))", in_letters(content)))


@pytest.mark.parametrize(
    ("content", "letters"),
    [
        (b"", ""),
        (b"\0", "##"),  # 8 bits: a pair
        (b"\0\0", "###"),  # 13 and 3 bits: a pair and one alone
        (b"\xff\xff", "~$\\"),  # 13 ones are 90 x 91 + 1, and 111000 is 56, without "<"
    ],
)
def test_by_hand(content, letters):
    assert in_letters(content) == letters and from_letters(letters) == content


@given(content=st.binary(max_size=60))
def test_bytes_come_back(run, content):
    assert read(run, content) == content
    letters = in_letters(content)
    assert set(letters) <= set(map(chr, range(35, 127))) - {"<"}
    assert len(letters) <= letters_for(len(content)) <= len(letters) + 2


def test_many_bytes_come_back(run):
    content = np.random.default_rng(0).bytes(AT_ONCE + 5)
    assert read(run, content) == content


FLOATS = st.lists(st.floats(width=32, allow_nan=False) | st.floats(-1, 1, width=32), max_size=40)


@given(numbers=FLOATS)
def test_weights_come_back_with_all_their_bits(run, numbers):
    weights = np.array(numbers, np.float32)
    content = list(packed_floats(weights))
    bits = run("(b) => Array.from(new Uint32Array(unpacked_floats(new Uint8Array(b)).buffer))",
               content)  # fmt: skip
    assert bits == weights.view(np.uint32).tolist()


def test_exponents_of_weights_take_few_bits():
    weights = np.random.default_rng(0).normal(0, 0.05, 9000).astype(np.float32)
    exponents = np.frexp(weights)[1]
    bits = int(np.ptp(exponents) + 1).bit_length()
    assert bits <= 5 and len(packed_floats(weights)) == 2 + 9000 * 3 + -(-9000 * bits // 8)
