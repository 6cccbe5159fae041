import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError
from minivit.checking import adjoint_error
from minivit.ops.masking import MASK, WAYS, Masking, sources

ways, parts = st.sampled_from(WAYS), st.integers(0, 7)


def inputs_of(source, B, N, D, way, part, has_cls):
    """x and the mask token, and the options, for a way to pick."""
    masking = Masking(N, min(part, N), seed=source.seed, first_image=part)
    T = N - masking.hidden * (way == "restored") + has_cls
    token = source.weights(D) if way in ("corrupted", "restored") else None
    return (source.data(B, T, D), token), {"masking": masking, "way": way, "has_cls": has_cls}


@given(drawn, few, sides, sides, ways, parts, st.booleans())
def test_gradients_and_law(ops, source, B, N, D, way, part, has_cls):
    inputs, options = inputs_of(source, B, N, D, way, part, has_cls)
    if inputs[0].size and sources(way, options["masking"], B, has_cls).size:
        assert_right(ops, "pick_tokens", *inputs, seed=source.seed, complex_step=True, **options)


@given(drawn, few, sides, sides, ways, parts, st.booleans())
def test_backward_is_the_exact_adjoint(ops, source, B, N, D, way, part, has_cls):
    inputs, options = inputs_of(source, B, N, D, way, part, has_cls)
    x, token = inputs

    def of_x(x, **options):  # linear in each, where the other is 0
        return ops.pick_tokens_forward(x, None if token is None else 0 * token, **options)

    def of_token(token, **options):
        return ops.pick_tokens_forward(0 * x, token, **options)

    def dx(dy, cache):
        return ops.pick_tokens_backward(dy, cache)[0]

    def dtoken(dy, cache):
        return ops.pick_tokens_backward(dy, cache)[1]

    assert adjoint_error(of_x, dx, x, options=options) < 1e-13
    if token is not None:
        assert adjoint_error(of_token, dtoken, token, options=options) < 1e-13


@pytest.mark.parametrize("way", WAYS)
def test_picks_as_an_obvious_loop_does(ops, way):
    masking = Masking(6, 3, seed=4)
    rng, patches = np.random.default_rng(0), 3 if way == "restored" else 6
    x = rng.standard_normal((4, patches + 1, 5))
    token = rng.standard_normal(5) if way in ("corrupted", "restored") else None
    y, _ = ops.pick_tokens_forward(x, token, masking=masking, way=way, has_cls=True)
    found = sources(way, masking, 4, has_cls=True)
    expected = [[token if s == MASK else x[b, s] for s in row] for b, row in enumerate(found)]
    assert np.array_equal(y, expected)
    assert way == "hidden" or np.array_equal(y[:, 0], x[:, 0])


@pytest.mark.parametrize(
    ("tokens", "token", "way", "words"),
    [
        (5, None, "visible", "x has 5 tokens, and with 3 of 6 patches hidden there are 6"),
        (6, np.ones(2), "restored", "x has 6 tokens, .* there are 3 to be restored"),
        (6, np.ones(2), "hidden", "'hidden', which puts a mask token nowhere: leave the token out"),
        (6, None, "corrupted", r"token is None: give the mask token \(D,\)"),
        (6, None, "all", "way is 'all': choose"),
    ],
)
def test_what_does_not_fit_is_refused(ops, tokens, token, way, words):
    with pytest.raises(InputError, match=words):
        ops.pick_tokens_forward(np.ones((2, tokens, 2)), token, masking=Masking(6, 3, 0), way=way)
