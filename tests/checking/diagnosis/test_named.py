import json

from minivit.checking.diagnosis import factors, kinds, shapes, values
from minivit.checking.diagnosis.named import Named, plain_values


def test_as_json():
    cause = Named("a-name", "a sentence", "a hint", "a line")
    assert json.loads(json.dumps(plain_values(cause))) == {
        "identifier": "a-name",
        "sentence": "a sentence",
        "hint": "a hint",
        "derivation": "a line",
    }
    assert plain_values(None) is None


def test_what_is_told_of_a_pattern_is_whole():
    named = [one for file in (factors, kinds, shapes, values) for one in vars(file).values()]
    named += [*kinds.DTYPE.values(), *kinds.WRITTEN.values(), *kinds.KINDS.values()]
    found = [one for one in named if isinstance(one, Named)]
    assert len(found) >= 13
    assert len({one.name for one in found}) == len({one.sentence for one in found})
    for one in found:
        assert one.name == one.name.lower() and " " not in one.name
        assert one.sentence and not one.sentence.endswith(".")
        assert one.hint.endswith((".", "?"))
        assert one.line
