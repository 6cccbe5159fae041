"""What is told of the caches that a lone backward gets, against the caches themselves."""

import numpy as np
import pytest

from minivit import ops
from minivit.checking.calls import OPS, calls
from minivit.checking.student.caches import cache_of, fields, lines


def test_layernorm():
    assert lines("layernorm") == [
        "layernorm_backward(dy, cache): cache is a named tuple, minivit.ops' LayerNormCache:",
        "  x_hat  np.ndarray  (..., D)",
        "  rstd   np.ndarray  (..., 1), 1 / sqrt(var + eps)",
        "  gamma  np.ndarray  (D,)",
    ]


@pytest.mark.parametrize("op", OPS)
def test_the_fields_are_those_of_the_cache_that_a_forward_makes(op):
    call, cache = calls(op)[0], cache_of(op)
    rng = np.random.default_rng(0)
    inputs = [array and array.draw(rng, "float64") for array in call.inputs]
    _, made = getattr(ops, f"{op}_forward")(*inputs, **call.options)
    assert cache.kind == type(made).__name__
    for field in cache.fields:
        value, names = made, field.path.split(".")
        for name in names:
            value = None if value is None else getattr(value, name)
        if isinstance(value, np.ndarray):
            assert field.kind.startswith("np.ndarray") and "(" in field.meaning, field
    assert [field.path for field in cache.fields if "." not in field.path] == list(made._fields)


def test_a_field_may_have_a_default_and_no_comment():
    (kept,) = [field for field in fields(ops.attention.AttentionCache) if field.path == "kept"]
    assert kept.kind == "DropoutCache | None" and kept.meaning.startswith("probs -> probs_kept")
    assert cache_of("gelu").fields[-1] == ("form", "str", "")
