import numpy as np
import pytest
from looked_at import KINDS, build, images_for

import minivit
from minivit.inspection import recorded
from minivit.inspection.recording import AT_ONCE, BATCH, at_once


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_what_a_trace_holds(kind):
    model = build(**KINDS[kind])
    images = images_for(model)
    values = model.trace(images).values
    found = recorded(model, images, values)
    assert list(found) == list(values)
    for name, array in found.items():
        np.testing.assert_array_equal(array, values[name])
    some = [name for name in values if name.endswith(("probs", "embed.x"))]
    assert list(recorded(model, images, some)) == some


def test_a_name_that_no_trace_has_is_refused():
    model = build()
    with pytest.raises(minivit.InputError, match=r"no blocks\.2\.attention\.probs, probs; see"):
        recorded(model, images_for(model), ["probs", "head.logits", "blocks.2.attention.probs"])


def test_as_many_at_once_as_fit():
    assert at_once(1, np.float32) == at_once(0, np.float32) == BATCH
    assert at_once(AT_ONCE // 12, np.float32) == 3 and at_once(AT_ONCE // 24, np.float64) == 3
    assert at_once(AT_ONCE, np.float64) == 1
